import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { authorityOf, hostNameOf, isLoopbackName, isOwnName } from './request-host.js';

const request = (headers: object) => ({ headers }) as IncomingMessage;

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

it.each([
  [hostname().toLowerCase(), true],
  ['192.168.1.5', true],
  ['[2001:db8::1]', true],
  ['localhost', true],
  ['evil.example', false],
  ['1.2.3.4.evil.example', false],
])('isOwnName(%j) is %j', (name, isIt) => expect(isOwnName(name)).toBe(isIt));
