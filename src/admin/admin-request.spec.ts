import type { IncomingMessage } from 'node:http';
import { bearerOf, cookieOf, isEncrypted } from './admin-request.js';

const request = (headers: object, socket: object = {}) => ({ headers, socket }) as IncomingMessage;

describe('isEncrypted()', () => {
  it.each([
    ['plain HTTP', {}, {}, false],
    ['TLS of our own', {}, { encrypted: true }, true],
    ['a proxy that ends TLS', { 'x-forwarded-proto': 'https' }, {}, true],
    ['a proxy that was asked without TLS', { 'x-forwarded-proto': 'http' }, {}, false],
  ])('%s', (_what, headers, socket, isIt) => expect(isEncrypted(request(headers, socket))).toBe(isIt));
});

it('cookieOf() takes the cookie of that very name', () => {
  const cookie = 'xa=1; a = 2;a=3; b=c=d';
  expect([cookieOf(request({ cookie }), 'a'), cookieOf(request({ cookie }), 'b')]).toEqual(['2', 'c=d']);
  expect([cookieOf(request({ cookie }), 'c'), cookieOf(request({}), 'a')]).toEqual([undefined, undefined]);
});

it('bearerOf() takes a token whatever the case of its scheme', () => {
  const of = (authorization?: string) => bearerOf(request({ authorization }));
  expect([of('Bearer x+/='), of('bearer  y '), of('Basic eA=='), of('Bearer'), of()]).toEqual([
    'x+/=',
    'y',
    undefined,
    undefined,
    undefined,
  ]);
});
