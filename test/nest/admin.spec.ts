import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type AdminHistories,
  type AdminSnapshot,
  RtmpAdminModule,
  type RtmpAdminOptions,
  RtmpHttpModule,
  RtmpModule,
  type RtmpModuleOptions,
  RtmpPageModule,
  RtmpServer,
} from '#src';
import { VirtualEncoder } from '../../src/test-kit/index.js';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { LogBook } from './start-app.js';

@Module({})
class TestModule {}

const TOKEN = 'a-long-admin-token';

let app: NestFastifyApplication | undefined;
let log: LogBook;
let port: number;
let rtmpPort: number;

async function start(
  admin: Partial<RtmpAdminOptions> = {},
  { host = '127.0.0.1', rtmp = {} }: { host?: string; rtmp?: RtmpModuleOptions } = {},
): Promise<void> {
  log = new LogBook();
  const module: DynamicModule = {
    module: TestModule,
    imports: [
      RtmpModule.forRoot({ listeners: [{ port: 0 }], ...rtmp, isGlobal: true }),
      RtmpHttpModule.forRoot(),
      RtmpAdminModule.forRoot(admin),
      RtmpPageModule.forRoot(),
    ],
  };
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: log, abortOnError: false });
  app.connectMicroservice({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
  await app.init();
  await app.startAllMicroservices();
  await app.listen(0, host);
  port = (app.getHttpServer().address() as AddressInfo).port;
  rtmpPort = app.get(RtmpServer).addresses[0]!.port!;
}

afterEach(async () => {
  await app?.close();
  app = undefined;
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the server says
  readonly body: any;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** By node:http, since fetch() does not let one say who one is. */
function ask(path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = text === undefined ? {} : { 'content-type': 'application/json' };
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers: { ...type, ...headers } });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const all = Buffer.concat(chunks).toString();
        const isJson = response.headers['content-type']?.includes('json') === true && all !== '';
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          text: all,
          body: isJson ? (JSON.parse(all) as unknown) : undefined,
        });
      });
    });
    request.end(text);
  });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function publish(name: string): Promise<RawRtmpClient> {
  const client = await RawRtmpClient.connected(rtmpPort, 'live', { flashVer: 'a <b>pretty</b> encoder' });
  expect(await client.publish(name)).toMatchObject({ code: 'NetStream.Publish.Start' });
  for (let time = 0; time <= 4000; time += 500) client.video(1, time, time % 2000 === 0 ? 0x17 : 0x27, 1, 0, 0, 0, 9);
  client.audio(1, 4000, 0x2f, 0xff, 0xfb, 0x90, 0x64);
  return client;
}

async function live(path: string): Promise<AdminSnapshot['streams'][number]> {
  return until(`${path} in /api/streams`, async () => {
    const { streams } = (await ask('/api/streams')).body as AdminSnapshot;
    return streams.find((stream) => stream.path === path && stream.incoming.bytes === 59);
  });
}

describe('what is live', () => {
  it('is told as it is when the time of day has been set back', async () => {
    await start();
    const client = await publish('cam');
    await live('live/cam');
    const now = Date.now();
    const time = jest.spyOn(Date, 'now').mockImplementation(() => now - 3_600_000);
    try {
      client.video(1, 4500, 0x27, 1, 0, 0, 0, 9);
      const frames = async () => ((await ask('/api/streams')).body as AdminSnapshot).streams[0]?.incoming.frames;
      await until('the tenth picture is told', async () => (await frames()) === 10);
    } finally {
      time.mockRestore();
      await client.destroy();
    }
  });

  it('is told, with figures out of its counters', async () => {
    await start();
    expect((await ask('/api/streams')).body).toMatchObject({ total: 0, streams: [] });
    const client = await publish('cam');
    const stream = await live('live/cam');
    expect(stream).toMatchObject({
      app: 'live',
      name: 'cam',
      publisher: { address: '127.0.0.1', client: 'a <b>pretty</b> encoder', transport: 'rtmp', isSecure: false },
      incoming: { frames: 9, keyFrames: 3, gop: 2, invalid: 0, missing: [], bytes: 59 },
      viewers: { total: 0, byProtocol: {} },
      tracks: [
        { kind: 'video', id: 0, codec: 'h264', label: 'H.264' },
        { kind: 'audio', id: 0, codec: 'mp4a.40.34', label: 'MP3', sampleRate: 44_100, channels: 2 },
      ],
      isRecording: false,
    });
    await client.destroy();
    await until('it is gone', async () => ((await ask('/api/streams')).body as AdminSnapshot).total === 0);
  });

  it('says how fast a stream comes, as soon as it has been read twice', async () => {
    await start();
    const encoder = await VirtualEncoder.publish(`rtmp://127.0.0.1:${rtmpPort}/live/cam`);
    encoder.start();
    const speed = await until('a speed', async () => {
      const { streams } = (await ask('/api/streams')).body as AdminSnapshot;
      return streams[0]?.incoming.speed ?? undefined;
    });
    expect(speed).toBeGreaterThan(0);
    expect((await ask('/metrics')).text).toMatch(/^rtmp_stream_speed_ratio\{app="live",name="cam"\} [\d.]+$/mu);
    await encoder.end();
  });

  it('counts viewers by protocol, and what they were sent', async () => {
    await start();
    const client = await publish('cam');
    await live('live/cam');
    const bytesBefore = await viewFor('/live/cam.flv', async () => {
      const { viewers, outgoing } = await until('a viewer', async () => {
        const stream = await live('live/cam');
        return stream.viewers.total === 1 && stream;
      });
      expect(viewers).toEqual({ total: 1, byProtocol: { 'http-flv': 1 } });
      expect(outgoing.bytes).toBeGreaterThan(20);
      return outgoing.bytes;
    });
    const gone = await until('the viewer is gone', async () => {
      const stream = await live('live/cam');
      return stream.viewers.total === 0 && stream;
    });
    expect(gone.outgoing.bytes).toBe(bytesBefore);
    await client.destroy();
  });

  it('is sent as events', async () => {
    await start({ maxEventClients: 1 });
    const client = await publish('cam');
    await live('live/cam');
    await viewFor('/api/streams/events', async (text) => {
      const events = await until('two events', () => {
        const found = [...text().matchAll(/^data: (.*)\n\n/gmu)].map(([, data]) => JSON.parse(data!) as AdminSnapshot);
        return found.length >= 2 && found;
      });
      expect(events.map(({ streams }) => streams[0]!.path)).toEqual(events.map(() => 'live/cam'));
      expect(events[1]!.time).toBeGreaterThan(events[0]!.time);
      expect(await ask('/api/streams/events')).toMatchObject({
        status: 503,
        body: { code: 'ADMIN_ERR_TOO_MANY_CLIENTS' },
      });
    });
    await client.destroy();
  });

  it('is sent as events that middleware of the application may not compress, and so keep back', async () => {
    await start();
    const { headers } = await ask('/api/streams/events', { method: 'HEAD' });
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
    });
  });

  it('has a history of a sample a second', async () => {
    await start();
    const client = await publish('cam');
    const history = await until('two samples', async () => {
      const histories = (await ask('/api/streams/history')).body as AdminHistories;
      const found = histories['live/cam'];
      return found !== undefined && found.times.length >= 2 && found;
    });
    const { length } = history.times;
    expect(history).toMatchObject({ viewers: Array.from({ length }, () => 0) });
    expect([history.bitrate.length, history.fps.length]).toEqual([length, length]);
    expect(history.times).toEqual([...history.times].sort((a, b) => a - b));
    await client.destroy();
  });

  it('is there for Prometheus, with names escaped', async () => {
    await start();
    const client = await publish('a"b');
    await live('live/a"b');
    const { text, headers } = await ask('/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/u);
    expect(text).toContain('\nrtmp_streams 1\n');
    expect(text).toContain(String.raw`rtmp_stream_video_frames_total{app="live",name="a\"b"} 9` + '\n');
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^(?:# (?:HELP|TYPE) )?[a-z_]+(?:\{.*\})? \S/u);
    await client.destroy();
  });

  it('can be ended, and the publisher is told', async () => {
    await start();
    const client = await publish('folder/cam');
    await live('live/folder/cam');
    expect((await ask('/api/streams/live/folder%2Fcam', { method: 'DELETE' })).status).toBe(204);
    await until('it has ended', async () => ((await ask('/api/streams')).body as AdminSnapshot).total === 0);
    expect(await ask('/api/streams/live/folder%2Fcam', { method: 'DELETE' })).toMatchObject({
      status: 404,
      body: { code: 'ADMIN_ERR_NOT_LIVE' },
    });
    expect(log.of('publish ended by the administrator')).toEqual([{ stream: 'live/folder/cam' }]);
    await client.destroy();
  });

  it.each(['a/b/c/d/e', 'x'.repeat(200), 'ü %'])('named %s can be ended', async (name) => {
    await start();
    const client = await publish(name);
    await live(`live/${name}`);
    const path = name.split('/').map(encodeURIComponent).join('/');
    expect((await ask(`/api/streams/live/${path}`, { method: 'DELETE' })).status).toBe(204);
    await client.destroy();
  });
});

describe('without a credential', () => {
  it('answers on loopback, to whoever calls this machine by its name, and shows no keys', async () => {
    await start({ publishKeys: [{ name: 'cam', key: 'secret-key' }] });
    const { status, body, text } = await ask('/api/server');
    expect([status, body.publish]).toEqual([200, { isNeeded: true, keys: null }]);
    expect(text).not.toContain('secret-key');
    expect((await ask('/api/server', { headers: { host: `localhost:${port}` } })).status).toBe(200);
    expect((await ask('/api/server', { headers: { host: `[::1]:${port}` } })).status).toBe(200);
    for (const host of ['rebound.example', `127.0.0.1.rebound.example:${port}`, '10.0.0.1']) {
      const refused = await ask('/api/server', { headers: { host } });
      expect(refused).toMatchObject({ status: 403, body: { code: 'ADMIN_ERR_HOST' } });
    }
  });

  it.each([
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }, 'ADMIN_ERR_CROSS_SITE'],
    ['a page of another port', { 'sec-fetch-site': 'same-site' }, 'ADMIN_ERR_CROSS_SITE'],
    ['an old browser', { origin: 'https://elsewhere.example' }, 'ADMIN_ERR_CROSS_SITE'],
    ['a sandboxed frame', { origin: 'null' }, 'ADMIN_ERR_CROSS_SITE'],
    ['a proxy on this machine', { 'x-forwarded-for': '203.0.113.7' }, 'ADMIN_ERR_CLOSED'],
  ])('refuses %s', async (_who, headers, code) => {
    await start();
    for (const method of ['GET', 'DELETE']) {
      const path = method === 'GET' ? '/api/streams' : '/api/streams/live/cam';
      expect(await ask(path, { method, headers })).toMatchObject({ status: 403, body: { code } });
    }
  });

  it('answers nobody when others reach the server, by its own port or a listener', async () => {
    await start({}, { host: '0.0.0.0' });
    expect(await ask('/api/streams')).toMatchObject({ status: 403, body: { code: 'ADMIN_ERR_CLOSED' } });
    await app!.close();
    await start({}, { rtmp: { listeners: [{ port: 0 }, { kind: 'http', host: '0.0.0.0', port: 0 }] } });
    expect(await ask('/api/streams')).toMatchObject({ status: 403, body: { code: 'ADMIN_ERR_CLOSED' } });
  });
});

describe('with a credential', () => {
  const options = { token: TOKEN, publishKeys: [{ key: 'secret-key' }] };

  it('asks for it everywhere, and shows keys to whoever has it', async () => {
    await start(options, { host: '0.0.0.0' });
    for (const path of ['/api/streams', '/api/streams/events', '/api/server', '/metrics']) {
      expect(await ask(path)).toMatchObject({ status: 401, body: { code: 'ADMIN_ERR_CREDENTIAL' } });
    }
    expect((await ask('/api/streams/live/cam', { method: 'DELETE' })).status).toBe(401);
    expect((await ask('/api/streams', { headers: bearer(`${TOKEN}x`) })).status).toBe(401);
    const { status, body } = await ask('/api/server', {
      headers: { ...bearer(TOKEN), 'sec-fetch-site': 'cross-site' },
    });
    expect([status, body.publish, body.hasSession]).toEqual([
      200,
      { isNeeded: true, keys: [{ key: 'secret-key' }] },
      false,
    ]);
  });

  it('makes a session for the page, which is no good for other sites', async () => {
    await start(options);
    const login = await ask('/api/session', { method: 'POST', body: { token: TOKEN } });
    expect(login.status).toBe(204);
    const [set = ''] = login.headers['set-cookie'] as string[];
    expect(set).toMatch(/^nest_rtmp_admin=[\w.-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/u);
    expect(set).not.toContain(TOKEN);
    const cookie = set.split(';')[0]!;
    // A proxy that ends TLS says so; a browser then sends the cookie over nothing else.
    const overTls = await ask('/api/session', {
      method: 'POST',
      body: { token: TOKEN },
      headers: { 'x-forwarded-proto': 'https' },
    });
    expect(overTls.headers['set-cookie']).toEqual([expect.stringMatching(/; SameSite=Strict; Secure$/u)]);
    expect(await ask('/api/server', { headers: { cookie } })).toMatchObject({
      status: 200,
      body: { hasSession: true },
    });
    expect((await ask('/api/streams', { headers: { cookie: `a=b; ${cookie}; c=d` } })).status).toBe(200);
    const foreign = { cookie, origin: 'https://elsewhere.example' };
    expect(await ask('/api/streams/live/cam', { method: 'DELETE', headers: foreign })).toMatchObject({ status: 403 });
    const forged = cookie.replace(/=\w+/u, '=zzzzzzzz');
    expect((await ask('/api/server', { headers: { cookie: forged } })).status).toBe(401);
    const logout = await ask('/api/session', { method: 'DELETE', headers: { cookie } });
    expect(logout.headers['set-cookie']).toEqual([expect.stringContaining('nest_rtmp_admin=; Path=/; Max-Age=0')]);
  });

  it('lets nobody try tokens by the thousand', async () => {
    await start({ ...options, maxAttempts: 2 });
    const attempt = (token: unknown) => ask('/api/session', { method: 'POST', body: { token } });
    expect((await attempt('wrong')).status).toBe(401);
    expect((await attempt({ wrong: true })).status).toBe(401);
    expect(await attempt(TOKEN)).toMatchObject({ status: 429, body: { code: 'ADMIN_ERR_TOO_MANY_ATTEMPTS' } });
    expect((await ask('/api/streams', { headers: bearer(TOKEN) })).status).toBe(429);
    expect(log.of('wrong admin credential')).toHaveLength(2);
  });
});

describe('options', () => {
  it.each([
    [{ token: 'short' }, 'RtmpAdminModule option token: "5 characters" is not possible; write 8 or more'],
    [
      { maxEventClients: 0 },
      'RtmpAdminModule option maxEventClients: 0 is not possible; write a whole number 1 or more',
    ],
    [{ trustedProxies: ['proxy'] }, 'RtmpAdminModule option trustedProxies[0]: "proxy" is not possible; write a list'],
    [{ tokn: 'x' } as never, 'RtmpAdminModule option tokn: "x" is not possible; there is no such option'],
  ])('that are wrong are named: %j', async (options, message) => {
    await expect(start(options)).rejects.toThrow(message);
  });
});

describe('the page', () => {
  it('is served with a policy that lets nothing else in, compressed, and asked for again only when it changed', async () => {
    await start();
    const page = await ask('/');
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self'"),
      'x-content-type-options': 'nosniff',
    });
    const etag = page.headers['etag'] as string;
    expect(await ask('/', { headers: { 'if-none-match': etag } })).toMatchObject({ status: 304, text: '' });
    const compressed = await ask('/page/vendor/uplot.mjs', { headers: { 'accept-encoding': 'gzip, br' } });
    expect(compressed.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' });
    expect(compressed.text.length).toBeLessThan(60_000);
    expect((await ask('/page/missing')).body).toEqual([]);
  });

  it.each(['/page/../package.json', '/page/%2e%2e/package.json', '/page/vendor/..%2f..%2fpage.css', '/page/x.js'])(
    'has no file %s',
    async (path) => {
      await start();
      expect((await ask(path)).status).toBe(404);
    },
  );
});

/** Keeps a response open while something is looked at. */
function viewFor<T>(path: string, look: (text: () => string) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path });
    let text = '';
    request.on('error', reject);
    request.on('response', (response) => {
      response.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
      response.on('error', () => {}); // it is cut off below
      look(() => text)
        .then(resolve, reject)
        .finally(() => request.destroy());
    });
    request.end();
  });
}
