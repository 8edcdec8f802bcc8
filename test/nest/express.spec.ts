import { get as getHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { get as getHttps } from 'node:https';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { WebSocket } from 'ws';
import {
  FileHlsStorage,
  HLS_STORAGE,
  RtmpHls,
  RtmpHlsModule,
  RtmpHlsVods,
  RtmpHttpModule,
  RtmpModule,
  RtmpServer,
  RtmpStreams,
  RtmptTunnels,
  StreamRegistry,
} from '#src';
import { CertificateMaker } from '#test/certificates';
import { enterHls, fetchHls } from '#test/hls-player';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { postOverHttp1, postOverHttp2, TunnelSocket } from '#test/rtmpt-client';
import { until } from '#test/until';
import { HandStream } from './hand-stream.js';
import { LogBook } from './start-app.js';

// What goes over HTTP, with Express in place of Fastify.

@Controller()
class HelloController {
  @Get('hello')
  hello(): string {
    return 'hello';
  }
}

const made = new CertificateMaker();
const tls = made.selfSigned('express', 'localhost');
const AUDIO = Buffer.of(0xaf, 1, 0xc0, 0xff, 0xee);

let app: NestExpressApplication;
let httpPort: number;
let httpsPort: number;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-express-'));
  const listeners = [{ kind: 'https' as const, port: 0, tls }];
  @Module({
    imports: [
      RtmpModule.forRoot({ listeners, isGlobal: true }),
      RtmpHttpModule.forRoot(),
      RtmpHlsModule.forRoot(
        { record: true, segmentDuration: 1000 },
        { providers: [{ provide: HLS_STORAGE, useFactory: () => new FileHlsStorage({ directory }) }] },
      ),
    ],
    controllers: [HelloController],
  })
  class TestModule {}
  const options = { logger: new LogBook(), abortOnError: false, forceCloseConnections: true };
  app = await NestFactory.create<NestExpressApplication>(TestModule, new ExpressAdapter(), options);
  app.connectMicroservice({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  httpPort = ((app.getHttpServer() as { address(): unknown }).address() as AddressInfo).port;
  httpsPort = app.get(RtmpServer).addresses[0]!.port!;
});
afterEach(async () => {
  await app.close();
  await rm(directory, { recursive: true });
});
afterAll(() => made.dispose());

async function body(get: typeof getHttp | typeof getHttps, options: RequestOptions): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', rejectUnauthorized: false, ...options } as RequestOptions, resolve).on('error', reject);
  });
  return text(response);
}

it('serves the routes of the application by its own server and by a listener for HTTPS', async () => {
  expect(await body(getHttp, { port: httpPort, path: '/hello' })).toBe('hello');
  expect(await body(getHttps, { port: httpsPort, path: '/hello' })).toBe('hello');
});

it('takes tunnels, and plays FLV over HTTP and WebSocket', async () => {
  const client = await RawRtmpClient.publishing(await TunnelSocket.open(postOverHttp1(httpPort)), 'cam');
  expect(app.get(RtmpStreams).get('live/cam')!.session.transport).toBe('rtmpt');
  const seen = { http: Buffer.alloc(0), webSocket: Buffer.alloc(0) };
  getHttp({ host: '127.0.0.1', port: httpPort, path: '/live/cam.flv' }, (response) => {
    response.on('data', (bytes: Buffer) => (seen.http = Buffer.concat([seen.http, bytes]))).on('error', () => {});
  });
  const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}/live/cam.flv`, { rejectUnauthorized: false });
  socket.on('message', (bytes: Buffer) => (seen.webSocket = Buffer.concat([seen.webSocket, bytes])));
  let time = 0;
  for (const way of ['http', 'webSocket'] as const) {
    await until(`audio over ${way}`, () => {
      client.audio(1, (time += 20), ...AUDIO);
      return seen[way].includes(AUDIO);
    });
  }
  await client.destroy();
});

it.each(['a/b/c/d/e', 'x'.repeat(200)])('finds the stream %s', async (name) => {
  const client = await RawRtmpClient.publishing(await TunnelSocket.open(postOverHttp1(httpPort)), name);
  client.audio(1, 0, ...AUDIO);
  const status = await new Promise((resolve, reject) => {
    getHttp({ host: '127.0.0.1', port: httpPort, path: `/live/${name}.flv` }, (response) => {
      resolve(response.statusCode);
      response.on('error', () => {}).destroy();
    }).on('error', reject);
  });
  expect(status).toBe(200);
  await client.destroy();
});

// Express makes its own objects of requests, which those of HTTP/2 cannot be.
it('offers no HTTP/2 on a listener for HTTPS', async () => {
  const session = connectHttp2(`https://127.0.0.1:${httpsPort}`, { rejectUnauthorized: false });
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => session.once('error', resolve));
  expect(error.code).toMatch(/ERR_HTTP2_ERROR|ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL/u);
});

it('takes tunnels over HTTP/2 on a server of its own, which Express has nothing to do with', async () => {
  const server = createSecureServer({ ...made.read(tls), allowHTTP1: true });
  app.get(RtmptTunnels).attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const client = await RawRtmpClient.publishing(await TunnelSocket.open(postOverHttp2(session)), 'h2');
  expect(app.get(RtmpStreams).get('live/h2')!.session.transport).toBe('rtmpts');
  await client.destroy();
  session.destroy();
  await new Promise((resolve) => server.close(resolve));
});

it('serves HLS, and what was recorded of it', async () => {
  const source = new HandStream(app.get(StreamRegistry), 'a/b/c/one');
  await until('it is packaged', () => app.get(RtmpHls).get('live/a/b/c/one') !== undefined);
  source.publish(4);
  const base = `http://127.0.0.1:${httpPort}`;
  const live = await enterHls(`${base}/live/a/b/c/one.m3u8`);
  expect((await fetchHls(live.playlists[0]!)).status).toBe(200);
  source.end();
  const vod = await until('it is recorded', async () => {
    for await (const one of app.get(RtmpHlsVods).list()) return one;
    return undefined;
  });
  const [media] = (await enterHls(`${base}${vod.path}?a=1`)).playlists;
  const { bytes } = await fetchHls(media!);
  expect(bytes.toString()).toContain('main_0.m4s?a=1');
  expect((await fetchHls(new URL('main_0.m4s?a=1', media))).headers.get('content-type')).toBe('video/mp4');
  expect((await fetchHls(new URL('main_9.m4s?a=1', media))).status).toBe(404);
});
