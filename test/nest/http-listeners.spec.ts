import { once } from 'node:events';
import { get as getHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2';
import { get as getHttps } from 'node:https';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { join } from 'node:path';
import { copyFileSync } from 'node:fs';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { Controller, Get, type INestApplication, Module, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WebSocket } from 'ws';
import { RtmpHttpModule, type RtmpListenerOptions, RtmpModule, RtmpServer, RtmpStreams } from '#src';
import { CertificateMaker } from '#test/certificates';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { postOverHttp2, TunnelSocket } from '#test/rtmpt-client';
import { until } from '#test/until';
import { LogBook } from './start-app.js';

@Controller()
class WhoController {
  @Get('who')
  who(@Req() { ip, raw }: { ip: string; raw: IncomingMessage }): string {
    return `${ip} by HTTP/${raw.httpVersion}`;
  }
}

const made = new CertificateMaker();
const certificate = made.selfSigned('one', 'one.example');
const tls = { cert: certificate.cert, key: certificate.key };

let app: INestApplication | undefined;
let log: LogBook;

async function start(
  listeners: RtmpListenerOptions[],
  { withHttp = true, adapter = new FastifyAdapter() as AbstractHttpAdapter, maxConnections = 100 } = {},
): Promise<number[]> {
  @Module({
    imports: [
      RtmpModule.forRoot({ listeners, maxConnections, isGlobal: true }),
      ...(withHttp ? [RtmpHttpModule.forRoot()] : []),
    ],
    controllers: [WhoController],
  })
  class TestModule {}
  log = new LogBook();
  app = await NestFactory.create(TestModule, adapter, { logger: log, abortOnError: false });
  app.connectMicroservice({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  return app.get(RtmpServer).addresses.map(({ port }) => port!);
}

afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(() => made.dispose());

async function body(get: typeof getHttp | typeof getHttps, options: RequestOptions): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', rejectUnauthorized: false, ...options } as RequestOptions, resolve).on('error', reject);
  });
  return text(response);
}

async function bodyOverHttp2(session: ClientHttp2Session, path: string): Promise<string> {
  return text(session.request({ [constants.HTTP2_HEADER_PATH]: path }));
}

/** First line of the answer to a request on a connection that is kept. */
async function statusOn(socket: Socket): Promise<string> {
  socket.write('GET /who HTTP/1.1\r\nHost: x\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString().split('\r\n', 1)[0]!;
}

describe('listeners for HTTP', () => {
  it('are listed like those for RTMP', async () => {
    const [http, https] = await start([
      { kind: 'http', port: 0 },
      { kind: 'https', host: '::1', port: 0, tls },
    ]);
    expect(app!.get(RtmpServer).addresses.map(({ url }) => url)).toEqual([
      `http://127.0.0.1:${http}`,
      `https://[::1]:${https}`,
    ]);
  });

  it('serve the routes of the application, over HTTP/1.1 and HTTP/2 on one port', async () => {
    const [plain, secure] = await start([
      { kind: 'http', port: 0 },
      { kind: 'https', port: 0, tls },
    ]);
    expect(await body(getHttp, { port: plain, path: '/who' })).toBe('127.0.0.1 by HTTP/1.1');
    expect(await body(getHttps, { port: secure, path: '/who' })).toBe('127.0.0.1 by HTTP/1.1');
    const session = connectHttp2(`https://127.0.0.1:${secure}`, { rejectUnauthorized: false });
    expect(await bodyOverHttp2(session, '/who')).toBe('127.0.0.1 by HTTP/2.0');
    session.close();
    // Whoever says nothing of ALPN, as FFmpeg, means HTTP/1.1.
    const silent = connectTls({ port: secure!, host: '127.0.0.1', rejectUnauthorized: false });
    let received = '';
    silent.on('data', (bytes) => (received += String(bytes))).write('GET /who HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('an answer', () => received.endsWith('127.0.0.1 by HTTP/1.1'));
    silent.destroy();
  });

  it('take tunnels, and play FLV over HTTP/2 and WebSocket', async () => {
    const [port] = await start([{ kind: 'https', port: 0, tls }]);
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    const client = await RawRtmpClient.publishing(await TunnelSocket.open(postOverHttp2(session)), 'cam');
    const stream = app!.get(RtmpStreams).get('live/cam')!;
    expect(stream.session).toMatchObject({ transport: 'rtmpts', isSecure: true, remoteAddress: '127.0.0.1' });

    const player = session.request({ [constants.HTTP2_HEADER_PATH]: '/live/cam.flv' });
    const socket = new WebSocket(`wss://127.0.0.1:${port}/live/cam.flv`, { rejectUnauthorized: false });
    const seen = { http2: Buffer.alloc(0), webSocket: Buffer.alloc(0) };
    player.on('data', (bytes: Buffer) => (seen.http2 = Buffer.concat([seen.http2, bytes])));
    socket.on('message', (bytes: Buffer) => (seen.webSocket = Buffer.concat([seen.webSocket, bytes])));
    let time = 0;
    for (const way of ['http2', 'webSocket'] as const) {
      await until(`audio over ${way}`, () => {
        client.audio(1, (time += 20), 0xaf, 1, 0xc0, 0xff, 0xee);
        return seen[way].includes(Buffer.of(0xaf, 1, 0xc0, 0xff, 0xee));
      });
      expect(seen[way].subarray(0, 3).toString()).toBe('FLV');
    }
    await app!.close(); // ends them all
    app = undefined;
    await client.closed;
  });

  it('know whom a proxy speaks for', async () => {
    const [plain, secure] = await start([
      { kind: 'http', port: 0, proxyProtocol: true },
      { kind: 'https', port: 0, proxyProtocol: true, tls },
    ]);
    const header = 'PROXY TCP4 203.0.113.7 192.0.2.1 56324 80\r\n';
    const socket = connect(plain!, '127.0.0.1');
    let received = '';
    // In one write: the request must not get lost behind the header.
    socket.on('data', (bytes) => (received += String(bytes))).write(`${header}GET /who HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until('an answer', () => received.endsWith('203.0.113.7 by HTTP/1.1'));
    socket.destroy();

    const below = connect(secure!, '127.0.0.1');
    below.write(header);
    const above = connectTls({ socket: below, ALPNProtocols: ['h2'], rejectUnauthorized: false });
    await new Promise((resolve) => above.once('secureConnect', resolve));
    const session = connectHttp2('https://x', { createConnection: () => above });
    expect(await bodyOverHttp2(session, '/who')).toBe('203.0.113.7 by HTTP/2.0');
    session.destroy();
  });

  it('can be Unix sockets', async () => {
    const path = join(made.folder, 'http.sock');
    await start([{ kind: 'http', path }]);
    expect(app!.get(RtmpServer).addresses[0]!.url).toBe(`http+unix:${path}`);
    expect(await body(getHttp, { socketPath: path, path: '/who' })).toMatch(/ by HTTP\/1\.1$/u);
  });

  it('close connections that never finish their request', async () => {
    const adapter = new FastifyAdapter({ http: { headersTimeout: 50, connectionsCheckingInterval: 50 } });
    const [port] = await start([{ kind: 'https', port: 0, tls }], { adapter });
    const socket = connectTls({ port: port!, host: '127.0.0.1', rejectUnauthorized: false });
    let received = '';
    socket.on('data', (bytes) => (received += String(bytes))).write('GET /who HT');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received).toMatch(/^HTTP\/1\.1 408 /u);
  });

  it('close connections beyond maxConnections at once, and those that are there go on', async () => {
    const [plain, secure] = await start(
      [
        { kind: 'http', port: 0 },
        { kind: 'https', port: 0, tls },
      ],
      { maxConnections: 2 },
    );
    const sockets = [
      connect(plain!, '127.0.0.1'),
      connectTls({ port: secure!, host: '127.0.0.1', rejectUnauthorized: false }),
    ];
    for (const socket of sockets) expect(await statusOn(socket)).toBe('HTTP/1.1 200 OK');
    const third = connect(plain!, '127.0.0.1').on('error', () => {});
    await once(third, 'close');
    expect(log.of('connection refused')).toEqual([{ remote: '127.0.0.1', reason: 'maxConnections' }]);
    for (const socket of sockets) expect(await statusOn(socket)).toBe('HTTP/1.1 200 OK');
    for (const socket of sockets) socket.destroy();
  });

  it('take new certificates for new connections, and choose them by name', async () => {
    const installed = { cert: join(made.folder, 'live.pem'), key: join(made.folder, 'live.key') };
    const install = ({ cert, key }: typeof tls) => {
      copyFileSync(cert, installed.cert);
      copyFileSync(key, installed.key);
    };
    install(tls);
    const two = made.selfSigned('two', 'two.example');
    const [port] = await start([{ kind: 'https', port: 0, tls: { ...installed, sni: { 'two.example': two } } }]);
    const subjectFor = async (servername: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTls({ port: port!, host: '127.0.0.1', servername, rejectUnauthorized: false });
        socket.on('error', reject).once('secureConnect', () => {
          resolve(socket.getPeerCertificate().subject.CN as string);
          socket.destroy();
        });
      });
    expect(await subjectFor('one.example')).toBe('one.example');
    expect(await subjectFor('two.example')).toBe('two.example');
    install(made.selfSigned('three', 'three.example'));
    expect(await app!.get(RtmpServer).reloadCertificates()).toBe(true);
    expect(await subjectFor('one.example')).toBe('three.example');
  });

  it('need RtmpHttpModule', async () => {
    await expect(start([{ port: 0 }, { kind: 'http', port: 0 }], { withHttp: false })).rejects.toThrow(
      'RtmpModule option listeners[1].kind: "http" is not possible; import RtmpHttpModule, which serves it.',
    );
    app = undefined;
  });

  it('need an HTTP server of their kind', async () => {
    const adapter = new FastifyAdapter({ http2: true });
    await expect(start([{ kind: 'http', port: 0 }], { adapter })).rejects.toThrow('plain server of node:http');
    app = undefined;
  });
});
