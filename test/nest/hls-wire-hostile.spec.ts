import { connect, type Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RtmpHls } from '#src';
import type { RawHttpClient } from '#test/raw-http-client';
import { until } from '#test/until';
import { filesOf, HlsApp } from './hls-app.js';

// Clients that mean no good, on connections of HLS that are read past the HTTP server.

let test: HlsApp;
const sockets: Socket[] = [];

beforeEach(async () => {
  test = await HlsApp.start({ http: {}, adapter: new FastifyAdapter({ bodyLimit: 1000 }) });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await test.close();
});

/** A connection of our own, or of node:http, that has loaded the playlist; and what comes back from then on. */
async function opened(media: string, isOurs: boolean): Promise<RawHttpClient> {
  const client = test.client();
  client.ask(isOurs ? media : '/nothing');
  await client.next();
  return client;
}

const HOST = 'Host: x';
const text = (...lines: string[]): string => lines.join('\r\n');
/** Does not stay open. */
const LAST = text('GET /nothing HTTP/1.1', HOST, 'Connection: close', '', '');

describe('what is said behind a playlist', () => {
  it.each<[string, (media: string) => string]>([
    ['bare LF', (media) => `GET ${media} HTTP/1.1\nHost: x\n\n${LAST}`],
    ['CR alone', (media) => text(`GET ${media} HTTP/1.1`, 'Host: x\rX: y', '', '')],
    ['NUL', (media) => text(`GET ${media} HTTP/1.1`, HOST, 'X: \0', '', '')],
    ['a value over two lines', (media) => text(`GET ${media} HTTP/1.1`, HOST, 'X: y', ' z', '', LAST)],
    ['a blank before a colon', (media) => text(`GET ${media} HTTP/1.1`, HOST, 'Content-Length : 5', '', '')],
    ['no Host', (media) => text(`GET ${media} HTTP/1.1`, 'X: y', '', LAST)],
    ['two of Host', (media) => text(`GET ${media} HTTP/1.1`, HOST, HOST, '', LAST)],
    ['a target with a scheme', (media) => text(`GET http://x${media} HTTP/1.1`, HOST, '', LAST)],
    ['HTTP/1.0', (media) => text(`GET ${media} HTTP/1.0`, HOST, '', '')],
    ['HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    [
      'a request in the body of another',
      (media) =>
        text(
          `GET ${media} HTTP/1.1`,
          HOST,
          'Content-Length: 44',
          '',
          `GET /smuggled HTTP/1.1\r\nHost: x\r\nX: 12345\r\n\r\n${LAST}`,
        ),
    ],
    [
      'two lengths',
      (media) =>
        text(
          `GET ${media} HTTP/1.1`,
          HOST,
          'Content-Length: 0',
          'Content-Length: 30',
          '',
          `GET /smuggled HTTP/1.1\r\n\r\n${LAST}`,
        ),
    ],
    [
      'a length and chunks',
      (media) =>
        text(`GET ${media} HTTP/1.1`, HOST, 'Content-Length: 4', 'Transfer-Encoding: chunked', '', `0\r\n\r\n${LAST}`),
    ],
    ['chunks', (media) => text(`GET ${media} HTTP/1.1`, HOST, 'Transfer-Encoding: chunked', '', `0\r\n\r\n${LAST}`)],
    [
      'chunks in disguise',
      (media) => text(`GET ${media} HTTP/1.1`, HOST, 'Transfer-Encoding: xchunked', '', `0\r\n\r\n${LAST}`),
    ],
    ['POST', (media) => text(`POST ${media} HTTP/1.1`, HOST, 'Content-Length: 3', '', `abc${LAST}`)],
    [
      'a body that is too long',
      () => text('POST /nothing HTTP/1.1', HOST, 'Content-Length: 5000', '', `${'x'.repeat(5000)}${LAST}`),
    ],
    [
      'an upgrade that nobody takes',
      (media) => text(`GET ${media} HTTP/1.1`, HOST, 'Connection: upgrade', 'Upgrade: x', '', LAST),
    ],
    ['an expectation', (media) => text(`GET ${media} HTTP/1.1`, HOST, 'Expect: 100-continue', '', LAST)],
    ['another one', (media) => text(`GET ${media} HTTP/1.1`, HOST, 'Expect: wonders', '', LAST)],
    ['a head without an end', (media) => text(`GET ${media} HTTP/1.1`, HOST, `X: ${'y'.repeat(70_000)}`)],
    ['a target without an end', (media) => `GET ${media}?${'y'.repeat(70_000)}`],
    [
      'very many headers',
      (media) => text(`GET ${media} HTTP/1.1`, HOST, ...Array.from({ length: 5000 }, () => 'X: y'), '', LAST),
    ],
  ])('is answered as node:http does, and harms nobody: %s', async (_what, say) => {
    const media = await test.enter();
    const [ours, theirs] = [await opened(media, true), await opened(media, false)];
    const witness = await opened(media, true);
    for (const client of [ours, theirs]) client.say(Buffer.from(say(media), 'latin1'));
    await until('both are closed', () => ours.isClosed && theirs.isClosed);
    const heard = [ours, theirs].map(({ unread }) =>
      unread.toString('latin1').replaceAll(/^Date: .*$/gmu, 'Date: now'),
    );
    expect(heard[0]).toBe(heard[1]);
    expect(heard[0]).toMatch(/^HTTP\/1\.1 /u);
    expect(test.seen).not.toContain('/smuggled');
    witness.ask(media);
    expect((await witness.next()).status).toBe(200);
  });
});

it('a head that comes drop by drop is waited for no longer than the server says', async () => {
  const media = await test.enter();
  const client = await opened(media, true);
  test.server.headersTimeout = 200;
  let drops = 0;
  client.say(`GET ${media} HTTP/1.1\r\nX: `);
  const dropping = setInterval(() => {
    drops++;
    client.say('y');
  }, 20);
  await until('it is closed', () => client.isClosed);
  clearInterval(dropping);
  expect(drops).toBeGreaterThan(2);
  expect(client.unread.toString()).toBe('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
});

it('a connection that has nothing more to ask is closed when the server says', async () => {
  const media = await test.enter();
  test.server.keepAliveTimeout = 300;
  const client = await opened(media, true);
  await until('it is closed', () => client.isClosed);
  expect(client.unread.length).toBe(0);
});

it('ten thousand requests at once are all answered, and others meanwhile', async () => {
  const media = await test.enter();
  const client = await opened(media, true);
  client.ask(media);
  const { body } = await client.next();
  test.seen.length = 0;
  for (let i = 0; i < 10_000; i++) client.ask(media, { method: i % 100 === 0 ? 'GET' : 'HEAD' });
  const other = await opened(media, true);
  other.ask(media);
  expect((await other.next()).body).toEqual(body);
  for (let i = 0; i < 10_000; i++) {
    const answer = await client.next();
    expect([i, answer.status, answer.body.length]).toEqual([i, 200, i % 100 === 0 ? body.length : 0]);
  }
  expect(test.seen).toEqual([]);
}, 60_000);

it('clients that read nothing stop being read, and are answered no further', async () => {
  const media = await test.enter();
  const first = await opened(media, true);
  first.ask(media);
  const { segment } = filesOf(media, (await first.next()).body);
  // Much more than the buffers of both ends hold.
  const socket = connect(test.port, '127.0.0.1').pause();
  sockets.push(socket);
  const requests = Buffer.from(text(`GET ${segment} HTTP/1.1`, HOST, `X: ${'y'.repeat(8000)}`, '', '').repeat(4000));
  socket.write(requests);
  let before = -1;
  await until('nothing more is taken', async () => {
    const isStill = socket.bytesWritten > 0 && socket.writableLength === before;
    before = socket.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return isStill;
  });
  expect(socket.writableLength).toBeGreaterThan(0);
  first.ask(media);
  expect((await first.next()).status).toBe(200);
});

it('clients that vanish in the middle of anything leave nothing behind', async () => {
  const media = await test.enter();
  const first = await opened(media, true);
  first.ask(media);
  const { reload, part, segment } = filesOf(media, (await first.next()).body);
  const request = (path: string) => text(`GET ${path} HTTP/1.1`, HOST, '', '');
  const texts = [
    request(reload) + request(part),
    request(reload) + request('/live/one.m3u8'),
    request(reload) + LAST,
    request('/live/none.m3u8'), // is waited for
    request(segment).repeat(50),
    request(segment) + request(segment).slice(0, 40),
  ];
  for (let i = 0; i < 60; i++) {
    const socket = connect(test.port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    sockets.push(socket);
    socket.write(texts[i % texts.length]!);
    if (i % 2 === 0) setTimeout(() => socket.resetAndDestroy(), i);
    else setTimeout(() => socket.end(), i);
  }
  await until('nobody waits', () => test.waiting === 0 && sockets.every(({ closed }) => closed), { timeout: 20_000 });
  expect(test.app.get(RtmpHls).get('live/one')!.waiting).toBe(0);
  await until('all are gone', async () => (await connections()) <= 2); // fetch's and the first
  first.ask(media);
  expect((await first.next()).status).toBe(200);
}, 40_000);

const connections = (): Promise<number> =>
  new Promise((resolve, reject) =>
    test.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
