import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { type INestApplication, Module } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  RtmpHls,
  RtmpHlsModule,
  type RtmpHlsOptions,
  RtmpHttpModule,
  RtmpModule,
  RtmpServer,
  StreamRegistry,
} from '#src';
import { CertificateMaker } from '#test/certificates';
import { enterHls } from '#test/hls-player';
import { parseMediaPlaylist } from '#test/playlist-tags';
import { RawHttpClient } from '#test/raw-http-client';
import { until } from '#test/until';
import { HandStream } from './hand-stream.js';
import { LogBook } from './start-app.js';

// The files of HLS as they go over the wire, by each way there is: many at a time, held, in gzip, to clients that vanish.

const made = new CertificateMaker();
const tls = made.selfSigned('hls', 'localhost');

let app: INestApplication | undefined;
const clients: Array<{ destroy(): void }> = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await app?.close();
  app = undefined;
});
afterAll(() => made.dispose());

/** A stream of which there are eight seconds, and the paths of its media playlist for two viewers. */
async function watching(given: Partial<RtmpHlsOptions> = {}, adapter: AbstractHttpAdapter = new FastifyAdapter()) {
  const options = { start: 'always', segmentDuration: 1000, partDuration: 500, window: 8000, ...given } as const;
  @Module({
    imports: [
      RtmpModule.forRoot({ listeners: [{ kind: 'https', port: 0, tls }], isGlobal: true }),
      RtmpHttpModule.forRoot(),
      RtmpHlsModule.forRoot(options),
    ],
  })
  class TestModule {}
  const settings = { logger: new LogBook(), abortOnError: false, forceCloseConnections: true };
  app = await NestFactory.create(TestModule, adapter, settings);
  app.connectMicroservice({ strategy: app.get(RtmpServer) });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  const port = ((app.getHttpServer() as { address(): unknown }).address() as AddressInfo).port;
  const source = new HandStream(app.get(StreamRegistry), 'one');
  source.publish(8);
  const enter = async (query = ''): Promise<string> => {
    const { playlists } = await enterHls(`http://127.0.0.1:${port}/live/one.m3u8${query}`);
    return playlists[0]!.pathname + playlists[0]!.search;
  };
  const client = (): RawHttpClient => {
    const opened = RawHttpClient.open(port);
    clients.push(opened);
    return opened;
  };
  const waiting = async (count: number): Promise<void> => {
    await until(`${count} wait`, () => app!.get(RtmpHls).get('live/one')!.waiting === count);
  };
  return { source, enter, client, waiting, http2Port: app.get(RtmpServer).addresses[0]!.port! };
}

/** The next part and the playlist that lists it. */
function nextOf(media: string, playlist: Buffer): { part: string; reload: string } {
  const { preloadHint } = parseMediaPlaylist(playlist.toString());
  const [, number, part] = /main_(\d+)\.(\d+)\./u.exec(preloadHint!)!;
  const join = media.includes('?') ? '&' : '?';
  return { part: beside(media, preloadHint!), reload: `${media}${join}_HLS_msn=${number}&_HLS_part=${part}` };
}

function beside(path: string, uri: string): string {
  const { pathname, search } = new URL(uri, `http://x${path}`);
  return pathname + search;
}

const GZIP = { headers: { 'Accept-Encoding': 'gzip, deflate' } };

describe.each([
  ['Fastify', () => new FastifyAdapter() as AbstractHttpAdapter],
  ['Express', () => new ExpressAdapter()],
])('with %s', (_name, adapter) => {
  it('all who wait for the same get the same, on connections that stay open', async () => {
    const { source, enter, client, waiting } = await watching({}, adapter());
    const [media, other] = [await enter(), await enter()];
    const first = client();
    first.ask(media);
    const { reload, part } = nextOf(media, (await first.next()).body);
    const viewers = Array.from({ length: 12 }, (_, index) => {
      const [playlists, parts] = [client(), client()];
      // One viewer may have sixteen requests that wait.
      const base = index < 6 ? media : other;
      playlists.ask(beside(base, reload.slice(reload.lastIndexOf('/') + 1)), index % 2 === 0 ? GZIP : {});
      parts.ask(beside(base, part.slice(part.lastIndexOf('/') + 1)));
      return { playlists, parts };
    });
    await waiting(24);
    source.publish(1);
    const answers = await Promise.all(
      viewers.map(async ({ playlists, parts }) => ({ playlist: await playlists.next(), part: await parts.next() })),
    );
    await waiting(0);
    const texts = answers.map(({ playlist: { headers, body } }) =>
      (headers.get('content-encoding') === 'gzip' ? gunzipSync(body) : body).toString(),
    );
    expect(answers.map(({ playlist: { headers } }) => headers.get('content-encoding'))).toEqual(
      answers.map((_, index) => (index % 2 === 0 ? 'gzip' : undefined)),
    );
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toContain(part.slice(part.lastIndexOf('/') + 1));
    expect(new Set(answers.map(({ part: { body } }) => body.toString('hex'))).size).toBe(1);
    // The connections are good for more.
    for (const { playlists } of viewers) playlists.ask(media);
    const again = await Promise.all(viewers.map(({ playlists }) => playlists.next()));
    expect(again.map(({ status }) => status)).toEqual(viewers.map(() => 200));
  });

  it('requests that are sent before the one ahead is answered are answered in their order', async () => {
    const { source, enter, client, waiting } = await watching({}, adapter());
    const media = await enter();
    const one = client();
    one.ask(media);
    const { body } = await one.next();
    const { reload, part } = nextOf(media, body);
    const [segment] = parseMediaPlaylist(body.toString()).segments;
    one.ask(reload);
    one.ask(part, { method: 'HEAD' });
    one.ask(beside(media, segment!.uri!), { headers: { Range: 'bytes=4-7' } });
    one.ask(beside(media, 'none.m3u8'));
    await waiting(2);
    source.publish(1);
    const [playlist, head, range, none] = [await one.next(), await one.next(), await one.next(), await one.next()];
    expect(playlist.body.toString()).toContain('#EXTM3U');
    expect([head.status, head.headers.get('content-type'), Number(head.headers.get('content-length')) > 0]).toEqual([
      200,
      'video/mp4',
      true,
    ]);
    expect([range.status, range.body.toString()]).toEqual([206, 'moof']);
    expect([none.status, none.headers.get('access-control-allow-origin')]).toEqual([404, '*']);
  });
});

describe('clients that', () => {
  it('vanish while they wait are not waited for, and cost the others nothing', async () => {
    const { source, enter, client, waiting } = await watching();
    const media = await enter();
    const there = client();
    there.ask(media);
    const { reload, part } = nextOf(media, (await there.next()).body);
    const leaving = Array.from({ length: 7 }, () => {
      const one = client();
      one.ask(reload);
      return one;
    });
    there.ask(part);
    await waiting(8);
    for (const one of leaving) one.destroy();
    await waiting(1);
    source.publish(1);
    expect((await there.next()).status).toBe(200);
    // They do not count as requests of the viewer that wait any more.
    const more = nextOf(media, await load(there, media)).reload;
    for (let i = 0; i < 15; i++) client().ask(more);
    await waiting(15);
  });

  it('do not read get everything when they do, and keep nobody waiting', async () => {
    const { source, enter, client } = await watching();
    const media = await enter();
    const slow = client();
    const { segments } = parseMediaPlaylist((await load(slow, media)).toString());
    const segment = beside(media, segments[0]!.uri!);
    const whole = await load(slow, segment);
    slow.pause();
    for (let i = 0; i < 1000; i++) slow.ask(segment);
    const quick = client();
    for (let i = 0; i < 4; i++) {
      const { part } = nextOf(media, await load(quick, media));
      quick.ask(part);
      source.publish(1);
      expect((await quick.next()).status).toBe(200);
    }
    slow.resume();
    for (let i = 0; i < 1000; i++) expect((await slow.next()).body.equals(whole)).toBe(true);
  });

  it('were sent away get nothing more, also of what they wait for', async () => {
    const { source, enter, client, waiting } = await watching();
    const media = await enter();
    const one = client();
    const { part } = nextOf(media, await load(one, media));
    one.ask(part);
    await waiting(1);
    app!.get(RtmpHls).get('live/one')!.viewers[0]!.disconnect('enough');
    one.ask(media);
    source.publish(1);
    expect([(await one.next()).status, (await one.next()).status]).toEqual([403, 403]);
  });

  it('ask for more than may wait are told so', async () => {
    const { enter, client, waiting } = await watching();
    const media = await enter();
    const first = client();
    const { reload } = nextOf(media, await load(first, media));
    for (let i = 0; i < 16; i++) client().ask(reload);
    await waiting(16);
    first.ask(reload);
    const { status, headers } = await first.next();
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('say that they close their connections have them closed', async () => {
    const { enter, client } = await watching();
    const one = client();
    one.ask(await enter(), { headers: { Connection: 'close' } });
    const { status, headers } = await one.next();
    expect([status, headers.get('connection')]).toEqual([200, 'close']);
    await until('the end', () => one.isClosed);
  });
});

describe('playlists', () => {
  it('are sent in gzip to those who accept it, and say so to caches', async () => {
    const { enter, client } = await watching();
    const media = await enter();
    const one = client();
    const ask = async (accepts: string | undefined, method = 'GET') => {
      one.ask(media, { method, headers: accepts === undefined ? {} : { 'Accept-Encoding': accepts } });
      const { headers, body } = await one.next();
      expect(headers.get('vary')).toBe('Accept-Encoding');
      return { coding: headers.get('content-encoding'), length: headers.get('content-length'), body };
    };
    const plain = await ask(undefined);
    const packed = await ask('br, gzip;q=0.5');
    expect([plain.coding, packed.coding]).toEqual([undefined, 'gzip']);
    expect(packed.body.length * 2).toBeLessThan(plain.body.length);
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    expect(await ask('gzip', 'HEAD')).toEqual({ coding: 'gzip', length: packed.length, body: Buffer.alloc(0) });
    for (const hostile of ['gzip;q=0', 'identity', `gzip;q=0, ${'*,'.repeat(2000)}`, 'gzip\t;q=1;q=0', '"gzip"']) {
      expect(await ask(hostile)).toEqual(plain);
    }
  });

  it('are not packed when they are short, and segments never are', async () => {
    const { enter, client } = await watching({ partDuration: 0, window: 1000 });
    const media = await enter();
    const one = client();
    one.ask(media, GZIP);
    const { headers, body } = await one.next();
    expect([headers.get('content-encoding'), body.length < 1024]).toEqual([undefined, true]);
    const [segment] = parseMediaPlaylist(body.toString()).segments;
    one.ask(beside(media, segment!.uri!), GZIP);
    const media2 = await one.next();
    expect([media2.headers.get('content-encoding'), media2.headers.get('vary')]).toEqual([undefined, undefined]);
  });

  it('differ in nothing but the query for viewers who came with another', async () => {
    const { enter, client } = await watching();
    const one = client();
    const texts: string[] = [];
    // More than are kept.
    for (let i = 0; i < 12; i++) {
      one.ask(await enter(`?ticket=$$${i}`), GZIP);
      const { headers, body } = await one.next();
      texts.push((headers.get('content-encoding') === 'gzip' ? gunzipSync(body) : body).toString());
    }
    texts.forEach((text, i) =>
      expect(text.replaceAll(`?ticket=$$${i}`, '')).toBe(texts[0]!.replaceAll('?ticket=$$0', '')),
    );
    expect(texts[11]).toContain('.m4s?ticket=$$11');
  });
});

describe('over HTTP/2', () => {
  let session: ClientHttp2Session;

  function ask(path: string, headers: Record<string, string> = {}) {
    const stream = session.request({ ':path': path, ...headers });
    const head = new Promise<IncomingHttpHeaders & { ':status'?: number }>((resolve) => stream.on('response', resolve));
    return { stream, answer: async () => ({ head: await head, body: await buffer(stream) }) };
  }

  it('many wait on one connection, for parts and playlists in gzip; those that are cancelled are not answered', async () => {
    const { source, enter, waiting, http2Port } = await watching();
    session = connectHttp2(`https://127.0.0.1:${http2Port}`, { rejectUnauthorized: false });
    clients.push(session);
    const media = await enter();
    const { body, head } = await ask(media).answer();
    expect([head[':status'], head['content-length'], head.vary]).toEqual([200, String(body.length), 'Accept-Encoding']);
    const { reload, part } = nextOf(media, body);
    const asked = [
      ask(reload, { 'accept-encoding': 'gzip' }),
      ask(reload),
      ask(part),
      ask(part, { ':method': 'HEAD' }),
    ];
    const cancelled = ask(reload);
    await waiting(5);
    cancelled.stream.on('error', () => {});
    cancelled.stream.close(8);
    await waiting(4);
    source.publish(1);
    const [packed, plain, whole, headOnly] = await Promise.all(asked.map(({ answer }) => answer()));
    expect(packed!.head['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed!.body).equals(plain!.body)).toBe(true);
    expect(plain!.body.toString()).toContain(part.slice(part.lastIndexOf('/') + 1));
    expect([whole!.head['content-type'], whole!.head['accept-ranges']]).toEqual(['video/mp4', 'bytes']);
    expect([headOnly!.head['content-length'], headOnly!.body.length]).toEqual([String(whole!.body.length), 0]);
    const range = await ask(part, { range: 'bytes=4-7' }).answer();
    expect([range.head[':status'], range.body.toString()]).toEqual([206, 'moof']);
    const preflight = await ask(part, { ':method': 'OPTIONS' }).answer();
    expect([preflight.head[':status'], preflight.head['access-control-allow-methods']]).toEqual([
      204,
      'GET, HEAD, OPTIONS',
    ]);
  });
});

/** What a path is answered with. */
async function load(client: RawHttpClient, path: string): Promise<Buffer> {
  client.ask(path);
  const { status, body } = await client.next();
  expect(status).toBe(200);
  return body;
}
