import type { IncomingMessage } from 'node:http';
import { authorityOf, bearerOf, cookieOf, hostNameOf, isEncrypted, isLoopbackName } from './admin-request.js';

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

it('authorityOf() and hostNameOf() name the server that was asked for, over HTTP/1.1 and HTTP/2', () => {
  expect(authorityOf(request({ host: 'Cam.example:8080' }))).toBe('Cam.example:8080');
  expect(authorityOf(request({ ':authority': '[::1]:8443', host: 'x' }))).toBe('[::1]:8443');
  expect(authorityOf(request({}))).toBe('');
  expect([hostNameOf('Cam.example:8080'), hostNameOf('[::1]:8443')]).toEqual(['cam.example', '[::1]']);
});

it.each([
  ['localhost', true],
  ['a.localhost', true],
  ['[::1]', true],
  ['127.1.2.3', true],
  ['::ffff:127.0.0.1', true],
  ['127.example.org', false],
  ['localhost.example.org', false],
  ['0.0.0.0', false],
  ['', false],
])('isLoopbackName(%j) is %j', (name, isIt) => expect(isLoopbackName(name)).toBe(isIt));
