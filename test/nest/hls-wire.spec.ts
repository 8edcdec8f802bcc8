import { execFile } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Ctx } from '@nestjs/microservices';
import { RtmpCommand, RtmpContext, RtmpServer, RtmpSessions } from '#src';
import { CertificateMaker } from '#test/certificates';
import type { RawAnswer, RawHttpClient } from '#test/raw-http-client';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { beside, filesOf, HlsApp, type HlsAppOptions } from './hls-app.js';

// Connections of players of HLS that are read past the HTTP server: what a client sees must not tell.

const run = promisify(execFile);
const made = new CertificateMaker();
const tls = made.selfSigned('hls', 'localhost');

let test: HlsApp | undefined;

afterEach(async () => {
  await test?.close();
  test = undefined;
});
afterAll(() => made.dispose());

async function start(options: HlsAppOptions = {}): Promise<HlsApp> {
  return (test = await HlsApp.start(options));
}

async function ask(
  client: RawHttpClient,
  path: string,
  options?: Parameters<RawHttpClient['ask']>[1],
): Promise<RawAnswer> {
  client.ask(path, options);
  return client.next();
}

const ADAPTERS: ReadonlyArray<[string, () => AbstractHttpAdapter]> = [
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
];

/** Without what is another at another time. */
const settled = ({ head, body }: RawAnswer) => ({
  head: head.replace(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/mu, 'Date: now'),
  body: body.toString('hex'),
});

describe.each(ADAPTERS)('with %s', (_name, adapter) => {
  it.each([{}, { cors: false, sessions: false }, { cors: 'https://one.example' }] as const)(
    'answers are those that node:http sends, header by header: %j',
    async (hls) => {
      const app = await start({ adapter: adapter(), hls });
      const { client, enter } = app;
      const media = await enter('?key=1');
      const wire = client();
      const own = client();
      expect((await ask(own, '/nothing')).status).toBe(404); // so it is that of node:http
      const { body } = await ask(wire, media);
      const { segment } = filesOf(media, body);
      const other = segment.replace(/\/hls\/[^/]+\//u, '/hls/AAAAAAAAAAAAAAAA/');
      const over = segment.replace(/[\w-]{16}(?=\/[^/]*$)/u, 'AAAAAAAAAAAAAAAA');
      const cases: Array<[string, string, Record<string, string>]> = [
        ['GET', media, {}],
        ['GET', media, { 'Accept-Encoding': 'gzip' }],
        ['HEAD', media, { 'Accept-Encoding': 'gzip' }],
        ['HEAD', media, {}],
        ['GET', segment, { Connection: 'Keep-Alive' }],
        ['HEAD', segment, {}],
        ['GET', segment, { Range: 'bytes=4-7' }],
        ['HEAD', segment, { Range: 'bytes=4-7' }],
        ['GET', segment, { range: 'bytes=-5' }],
        ['GET', segment, { Range: 'bytes=100-' }],
        ['GET', segment, { Range: 'bytes=99999999-' }],
        ['GET', segment, { Range: 'bytes=1-2,4-5' }],
        ['GET', segment, { 'Content-Length': '0' }],
        ['OPTIONS', segment, { Origin: 'https://one.example', 'Access-Control-Request-Method': 'GET' }],
        ['GET', beside(segment, 'none.m4s'), {}],
        ['GET', other, {}],
        ['GET', over, {}],
        ['GET', `${media}&_HLS_msn=x`, {}],
        ['GET', `${media}&_HLS_msn=99999`, {}],
      ];
      app.seen.length = 0;
      for (const [method, path, headers] of cases) {
        const [one, two] = [await ask(wire, path, { method, headers }), await ask(own, path, { method, headers })];
        expect([method, path, headers, settled(one)]).toEqual([method, path, headers, settled(two)]);
        expect(one.head).toMatch(/^HTTP\/1\.1 [2-4]\d\d [A-Z]/u);
      }
      expect(app.seen).toEqual(cases.map(([, path]) => path)); // those of one connection only
    },
  );

  it.each([0, 1500, 72_000])('they say how long a connection stays open: %i ms', async (keepAliveTimeout) => {
    const app = await start({ adapter: adapter() });
    const { client, enter, server } = app;
    const media = await enter();
    server.keepAliveTimeout = keepAliveTimeout;
    const [wire, own] = [client(), client()];
    await ask(own, '/nothing');
    expect(settled(await ask(wire, media))).toEqual(settled(await ask(own, media)));
  });

  it('the stream itself, refusals and pages are answered by the application, on the same connection', async () => {
    const big = 'x'.repeat(3_000_000);
    const seen: string[] = [];
    @Controller()
    class Pages {
      @Get('page')
      page(@Req() request: { raw?: IncomingMessage } & IncomingMessage): string {
        const { socket, headers } = request.raw ?? request;
        return `${socket.remoteAddress} ${'encrypted' in socket} ${String(headers['x-name'])}`;
      }

      @Get('big')
      big(): string {
        return big;
      }

      @Get('drip')
      drip(@Res() response: { raw?: ServerResponse } & ServerResponse): void {
        const raw = response.raw ?? response;
        (response as { hijack?(): void }).hijack?.();
        raw.writeHead(200, { 'Content-Length': big.length });
        for (let i = 0; i < 3; i++) raw.write(big.slice(0, 1_000_000));
        expect(raw.writableNeedDrain).toBe(true);
        raw.once('drain', () => raw.end());
        raw.once('close', () => seen.push('closed'));
      }
    }
    const app = await start({ adapter: adapter(), controllers: [Pages] });
    const { client, source } = app;
    const one = client();
    const entrance = await ask(one, '/live/one.m3u8', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(entrance.status).toBe(200);
    const media = beside('/live/one.m3u8', /^[^#\n].*$/mu.exec(entrance.body.toString())![0]);
    const { part, segment } = filesOf(media, (await ask(one, media)).body);
    expect((await ask(one, '/page', { headers: { 'X-Name': 'a' } })).body.toString()).toBe('127.0.0.1 false a');
    expect((await ask(one, '/big')).body.toString()).toBe(big);
    one.ask('/drip');
    one.ask(segment); // waits behind it
    expect((await one.next()).body.toString()).toBe(big);
    expect((await one.next()).status).toBe(200);
    expect(seen).toEqual(['closed']);
    one.ask(part);
    await app.untilWaiting(1);
    one.ask('/nothing');
    source.publish(1);
    expect([(await one.next()).status, (await one.next()).status]).toEqual([200, 404]);
    expect((await ask(one, '/live/one.m3u8', { method: 'OPTIONS' })).status).toBe(204);
    expect((await ask(one, '/live/one.m3u8', { method: 'HEAD' })).status).toBe(200);
    expect((await ask(one, media)).status).toBe(200);
    expect(app.seen).toEqual([
      '/live/one.m3u8',
      '/page',
      '/big',
      '/drip',
      '/nothing',
      '/live/one.m3u8',
      '/live/one.m3u8',
    ]);
  });

  it('guards and handlers see who it is', async () => {
    const addresses: unknown[] = [];
    @Injectable()
    class ByAddress implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const request = context.switchToHttp().getRequest<{ ip: string; headers: Record<string, string> }>();
        addresses.push(request.ip);
        return request.headers['authorization'] === 'let me in';
      }
    }
    @Controller()
    class Secret {
      @Get('secret.m3u8')
      @UseGuards(ByAddress)
      secret(): string {
        return 'secret';
      }
    }
    @Controller()
    class Streams {
      @RtmpCommand('play')
      play(@Ctx() { session }: RtmpContext): void {
        addresses.push(session.remoteAddress);
      }
    }
    const options = { adapter: adapter(), controllers: [Secret, Streams], hls: { trustedProxies: ['127.0.0.1'] } };
    const app = await start(options);
    const { client } = app;
    const one = client();
    expect((await ask(one, '/secret.m3u8')).status).toBe(403);
    const allowed = await ask(one, '/secret.m3u8', { headers: { Authorization: 'let me in' } });
    expect([allowed.status, allowed.body.toString()]).toEqual([200, 'secret']);
    expect((await ask(one, '/live/one.m3u8', { headers: { 'X-Forwarded-For': '203.0.113.9' } })).status).toBe(200);
    expect(addresses).toEqual(['127.0.0.1', '127.0.0.1', '203.0.113.9']);
  });

  it('what a client begins that has nothing to do with HLS is the application’s for good', async () => {
    const app = await start({ adapter: adapter() });
    const { client, enter } = app;
    const media = await enter();
    const one = client();
    expect((await ask(one, media)).status).toBe(200);
    app.seen.length = 0;
    // Behind a playlist, in the same bytes.
    one.say(
      `GET ${media} HTTP/1.1\r\nHost: x\r\n\r\nPOST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n{"a"`,
    );
    expect([(await one.next()).status, (await one.next()).status]).toEqual([200, 404]);
    expect(app.seen).toEqual(['/nothing']);
    expect((await ask(one, media)).status).toBe(200);
    expect(app.seen).toEqual(['/nothing', media]);
  });

  it('whoever closes is told so, and closed', async () => {
    const app = await start({ adapter: adapter() });
    const { client, enter } = app;
    const media = await enter();
    for (const path of [media, '/live/one.m3u8', '/nothing']) {
      const one = client();
      await ask(one, media);
      const { headers } = await ask(one, path, { headers: { Connection: 'close' } });
      expect([path, headers.get('connection')]).toEqual([path, 'close']);
      await until('the end', () => one.isClosed);
    }
  });

  it('a page that closes the connection closes it', async () => {
    @Controller()
    class Pages {
      @Get('bye')
      bye(@Res() response: { raw?: ServerResponse } & ServerResponse): void {
        (response as { hijack?(): void }).hijack?.();
        (response.raw ?? response).setHeader('Connection', 'close').end('bye');
      }
    }
    const app = await start({ adapter: adapter(), controllers: [Pages] });
    const { client, enter } = app;
    const one = client();
    await ask(one, await enter());
    expect((await ask(one, '/bye')).head).toContain('Connection: close');
    await until('the end', () => one.isClosed);
  });

  it('the application hears of a client that goes before it is answered', async () => {
    const gone: string[] = [];
    @Controller()
    class Pages {
      @Get('never')
      never(
        @Req() request: { raw?: IncomingMessage } & IncomingMessage,
        @Res() response: { raw?: ServerResponse },
      ): void {
        (response as { hijack?(): void }).hijack?.();
        (response.raw ?? (response as ServerResponse)).once('close', () => gone.push((request.raw ?? request).url!));
      }
    }
    const app = await start({ adapter: adapter(), controllers: [Pages] });
    const { client, enter } = app;
    const media = await enter();
    for (const leave of ['destroy', 'end'] as const) {
      const one = client();
      await ask(one, media);
      one.ask('/never');
      await until('it is asked', () => app.seen.at(-1) === '/never');
      one[leave]();
      await until(leave, () => gone.length === 1);
      gone.length = app.seen.length = 0;
    }
  });
});

it('a connection on which many other things are asked for is given to the HTTP server, which goes on', async () => {
  const app = await start();
  const { client, enter } = app;
  const media = await enter();
  const one = client();
  await ask(one, media);
  for (let i = 0; i < 40; i++) expect((await ask(one, '/nothing')).status).toBe(404);
  app.seen.length = 0;
  expect((await ask(one, media)).status).toBe(200);
  expect(app.seen).toEqual([media]);
});

it('FLV plays on such a connection too', async () => {
  const app = await start({ http: {} });
  const { client, enter } = app;
  const publisher = await RawRtmpClient.publishing(app.app.get(RtmpServer).addresses[0]!.port!, 'two');
  const one = client();
  await ask(one, await enter());
  one.say('GET /live/two.flv HTTP/1.1\r\nHost: x\r\n\r\n');
  let time = 0;
  await until('audio', () => {
    publisher.audio(1, (time += 20), 0xaf, 1, 0xc0, 0xff, 0xee);
    return one.unread.includes(Buffer.of(0xaf, 1, 0xc0, 0xff, 0xee));
  });
  await publisher.destroy();
  await until('the end', () => one.isClosed);
});

it('whoever has said everything gets what can be answered at once, as from node:http', async () => {
  const app = await start();
  const { client, enter } = app;
  const media = await enter();
  const first = client();
  const { segment } = filesOf(media, (await ask(first, media)).body);
  const whole = await ask(first, segment);
  const one = client();
  for (let i = 0; i < 20; i++) one.ask(segment);
  one.end();
  for (let i = 0; i < 20; i++) expect((await one.next()).body.equals(whole.body)).toBe(true);
  await until('the end', () => one.isClosed);
});

it('RtmpHttpModule takes nothing from it, and without RTMPT there is a door too', async () => {
  for (const http of [{}, { rtmpt: false } as const]) {
    const app = await start({ http });
    const { client, enter } = app;
    const media = await enter();
    const one = client();
    const tunnel = client();
    app.seen.length = 0;
    expect((await ask(one, media)).status).toBe(200);
    tunnel.say('POST /open/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-fcs\r\nContent-Length: 1\r\n\r\n\0');
    expect((await tunnel.next()).status).toBe(http.rtmpt === undefined ? 200 : 404);
    expect(app.seen).toEqual(http.rtmpt === undefined ? [] : ['/open/1']);
    await test!.close();
  }
  test = undefined;
});

it('servers that count requests of a connection, or limit its time, read all of them', async () => {
  const app = await start();
  const { client, enter } = app;
  const media = await enter();
  app.server.maxRequestsPerSocket = 2;
  const one = client();
  const answers = [await ask(one, media), await ask(one, media)];
  expect(answers.map(({ headers }) => headers.get('connection'))).toEqual(['keep-alive', 'close']);
  app.server.maxRequestsPerSocket = 0;
  app.server.timeout = 60_000;
  app.seen.length = 0;
  expect((await ask(client(), media)).status).toBe(200);
  expect(app.seen).toEqual([media]);
});

describe('listeners for HTTP', () => {
  it('with TLS, the PROXY protocol and Unix sockets have the door too', async () => {
    const path = join(made.folder, 'hls.sock');
    const addresses: string[] = [];
    @Controller()
    class Streams {
      @RtmpCommand('play')
      play(@Ctx() { session }: RtmpContext): void {
        addresses.push(`${session.remoteAddress} ${session.isSecure}`);
      }
    }
    const listeners = [
      { kind: 'https', port: 0, tls },
      { kind: 'http', port: 0, proxyProtocol: true },
      { kind: 'http', path },
    ] as const;
    const app = await start({ http: {}, rtmp: { listeners }, controllers: [Streams] });
    const { enter } = app;
    const media = await enter();
    app.seen.length = addresses.length = 0;
    const [secure, proxied] = app.app.get(RtmpServer).addresses.map(({ port }) => port);
    const sockets = [
      connectTls({ port: secure!, host: '127.0.0.1', rejectUnauthorized: false }),
      connect(proxied!, '127.0.0.1'),
      connect(path),
    ];
    sockets[1]!.write('PROXY TCP4 203.0.113.7 192.0.2.1 56324 80\r\n');
    const request = (target: string) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
    for (const socket of sockets) {
      let received = '';
      socket.on('data', (bytes) => (received += String(bytes))).write(request(media) + request('/live/one.m3u8'));
      await until('two playlists', () => received.split('#EXTM3U').length === 3);
      socket.write(request(media));
      await until('another', () => received.split('#EXTM3U').length === 4);
      socket.destroy();
    }
    expect(app.seen).toEqual(Array.from({ length: 3 }, () => '/live/one.m3u8'));
    expect(addresses.slice(0, 2)).toEqual(['127.0.0.1 true', '203.0.113.7 false']);
  });
});

it('a server of node:https has the door', async () => {
  const https = made.read(tls);
  const app = await start({ adapter: new FastifyAdapter({ https }) });
  const { server } = app;
  const { port } = server.address() as { port: number };
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  let received = '';
  socket.on('data', (bytes) => (received += String(bytes))).write('GET /live/one.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n');
  await until('the stream', () => received.includes('main'));
  const media = beside('/live/one.m3u8', /^[^#\s]+main\S*$/mu.exec(received)![0]);
  socket.write(`GET ${media} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until('the playlist', () => received.includes('#EXT-X-PRELOAD-HINT'));
  expect(app.seen).toEqual(['/live/one.m3u8']);
  expect(app.app.get(RtmpSessions).list()[0]).toMatchObject({ isSecure: true, tls: { protocol: 'TLSv1.3' } });
  socket.destroy();
});

describe('curl', () => {
  const curl = async (...args: string[]): Promise<string> => (await run('curl', ['-sS', '-m', '20', ...args])).stdout;

  it('loads the stream, its playlist and segments over one connection', async () => {
    const app = await start();
    const { enter, port, client } = app;
    const media = await enter('?key=1');
    const { segment } = filesOf(media, (await ask(client(), media)).body);
    app.seen.length = 0;
    const urls = ['/live/one.m3u8', media, segment, segment].map((path) => `http://127.0.0.1:${port}${path}`);
    const log = await curl(
      '--compressed',
      '-w',
      '%{http_code} %{num_connects} %{size_download}\n',
      '-o',
      '/dev/null',
      ...urls.flatMap((url, i) => (i === 0 ? [url] : ['-o', '/dev/null', url])),
    );
    const lines = log
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    expect(lines.map(([status, connects]) => [status, connects])).toEqual([
      [200, 1],
      [200, 0],
      [200, 0],
      [200, 0],
    ]);
    expect(lines[2]).toEqual(lines[3]);
    expect(app.seen).toEqual(['/live/one.m3u8']);
    const range = await curl('-r', '4-7', `http://127.0.0.1:${port}${segment}`);
    expect(range).toBe('moof');
    const head = await curl('-I', `http://127.0.0.1:${port}${segment}`);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/u);
    expect(head).toMatch(/content-length: \d+/iu);
  });
});

describe('when the application is closed', () => {
  it('idle connections are closed at once, and what is under way is answered', async () => {
    const app = await start();
    const { client, enter } = app;
    const media = await enter();
    const [idle, waiting, begun] = [client(), client(), client()];
    const { part } = filesOf(media, (await ask(idle, media)).body);
    waiting.ask(part);
    await app.untilWaiting(1);
    await ask(begun, media);
    begun.say(`GET ${media} HTTP`);
    const silent = client();
    // With that of fetch().
    await until('all are there', async () => (await connections(app.server)) === 5);
    const closed = app.app.close();
    await until('the idle one is closed', () => idle.isClosed && silent.isClosed);
    app.source.publish(1);
    const { status, headers } = await waiting.next();
    expect([status, headers.get('connection')]).toEqual([200, 'close']);
    await closed;
    await until('all are closed', () => waiting.isClosed && begun.isClosed);
    expect(await connections(app.server)).toBe(0);
  });

  it('requests that are held longer do not hold it up', async () => {
    const app = await start();
    const { client, enter } = app;
    const media = await enter();
    const one = client();
    const { reload } = filesOf(media, (await ask(one, media)).body);
    one.ask(reload);
    await app.untilWaiting(1);
    await app.app.close();
    expect(await connections(app.server)).toBe(0);
  });
});

const connections = (server: HlsApp['server']): Promise<number> =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
