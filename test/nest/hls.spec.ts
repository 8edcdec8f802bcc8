import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  HLS_STORAGE,
  type HlsStorage,
  type HlsStoredFile,
  RtmpCommand,
  RtmpContext,
  RtmpController,
  RtmpHls,
  RtmpHlsModule,
  type RtmpHlsOptions,
  RtmpModule,
  RtmpServer,
  RtmpStatusException,
  StreamRegistry,
} from '#src';
import { enterHls, fetchHls } from '#test/hls-player';
import { type MediaPlaylist, parseMediaPlaylist } from '#test/playlist-tags';
import { until } from '#test/until';
import { HandStream } from './hand-stream.js';
import { LogBook } from './start-app.js';

// What is asked for over HTTP and what is answered, with a stream whose time goes on when a test says so.

const SECOND = 1000;

@RtmpController('live')
class PlayController {
  @RtmpCommand('play')
  play(@Ctx() { query, stream }: RtmpContext): void {
    if (stream?.name === 'closed' && query.ticket !== 'good') {
      throw new RtmpStatusException('NetStream.Play.Failed', 'No ticket.');
    }
  }
}

class TestStorage implements HlsStorage {
  readonly files = new Map<string, Buffer>();
  reads = 0;

  async write({ file }: HlsStoredFile, chunks: readonly Uint8Array[]): Promise<void> {
    this.files.set(file, Buffer.concat(chunks));
  }

  async read({ file }: HlsStoredFile): Promise<Uint8Array> {
    this.reads++;
    return this.files.get(file)!;
  }

  async remove({ file }: HlsStoredFile): Promise<void> {
    this.files.delete(file);
  }
}

const running: NestFastifyApplication[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
});

async function start(given: Partial<RtmpHlsOptions> = {}, storage?: HlsStorage) {
  const extras = storage === undefined ? {} : { providers: [{ provide: HLS_STORAGE, useValue: storage }] };
  const options = { segmentDuration: SECOND, partDuration: 500, window: 4 * SECOND, ...given };
  @Module({
    imports: [
      RtmpModule.forRoot({ listeners: [{ port: 0 }], isGlobal: true, playback: { waitForPublisher: 100 } }),
      RtmpHlsModule.forRoot(options, extras),
    ],
    controllers: [PlayController],
  })
  class TestModule {}
  const app = await NestFactory.create<NestFastifyApplication>(
    TestModule,
    new FastifyAdapter({ forceCloseConnections: true }),
    { logger: new LogBook(), abortOnError: false },
  );
  running.push(app);
  app.connectMicroservice({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  const base = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/live`;
  const hls = app.get(RtmpHls);
  const stream = (name: string) => new HandStream(app.get(StreamRegistry), name);
  /** Enters a stream that is packaged on demand, and goes on when that has begun. */
  const enter = async (source: HandStream, query = '') => {
    const { name, path } = source.stream;
    const seen = hls.get(path) !== undefined;
    const entering = enterHls(`${base}/${name}.m3u8${query}`);
    if (!seen) await until('somebody waits', () => hls.get(path)?.waiting === 1);
    if (!seen) source.publish(1);
    return (await entering).playlists[0]!;
  };
  return { app, base, stream, hls, enter };
}

/** A stream of which there are four seconds, and a viewer of it. */
async function watching(hls: Partial<RtmpHlsOptions> = {}, storage?: HlsStorage) {
  const test = await start({ start: 'always', ...hls }, storage);
  const stream = test.stream('one');
  stream.publish(4);
  const { playlists, text } = await enterHls(`${test.base}/one.m3u8?a=1&b=%22`);
  const media = playlists[0]!;
  const playlist = parseMediaPlaylist((await fetchHls(media)).bytes.toString());
  return { ...test, source: stream, media, text, playlist };
}

function asking(media: URL, number: number, part?: number): URL {
  const url = new URL(media);
  url.searchParams.set('_HLS_msn', String(number));
  if (part !== undefined) url.searchParams.set('_HLS_part', String(part));
  return url;
}

async function playlistAt(url: URL): Promise<MediaPlaylist> {
  const { status, bytes } = await fetchHls(url);
  if (status !== 200) throw new Error(`${status}: ${bytes.toString()}`);
  return parseMediaPlaylist(bytes.toString());
}

describe('answers', () => {
  it.each([
    // video.js asks for the same number again until there is more: what its browser has kept would be old.
    ['private', true, 'private, no-cache'],
    ['public', false, 'public, max-age=0, s-maxage=6'],
  ])(
    'have the right type, may be kept (%s) as long as they are true, and may be read by any page',
    async (scope, sessions, numbered) => {
      const { media, playlist, base } = await watching({ sessions });
      const header = async (uri: string | URL) => {
        const { status, headers } = await fetchHls(new URL(uri, media));
        expect(headers.get('access-control-allow-origin')).toBe('*');
        return [status, headers.get('content-type'), headers.get('cache-control')];
      };
      const [segment] = playlist.segments;
      const part = playlist.segments.at(-1)!.parts[0]!;
      const forever = `${scope}, max-age=3600, immutable`;
      expect(await header(`${base}/one.m3u8`)).toEqual([200, 'application/vnd.apple.mpegurl', 'no-store']);
      expect(await header(media)).toEqual([200, 'application/vnd.apple.mpegurl', `${scope}, max-age=1`]);
      expect(await header(asking(media, segment!.number))).toEqual([200, 'application/vnd.apple.mpegurl', numbered]);
      for (const uri of [segment!.uri!, segment!.map, part.uri])
        expect(await header(uri)).toEqual([200, 'video/mp4', forever]);
    },
  );

  it('carry the query of the viewer in every URI', async () => {
    const { text, playlist } = await watching();
    expect(text).toContain('main.m3u8?a=1&b=%22');
    const { segments, preloadHint } = playlist;
    const parts = segments.flatMap((segment) => segment.parts);
    const uris = [...segments.map(({ uri }) => uri), ...segments.map(({ map }) => map), ...parts.map(({ uri }) => uri)];
    expect([...uris, preloadHint].filter((uri) => uri?.endsWith('?a=1&b=%22') === false)).toEqual([]);
  });

  it('to HEAD, OPTIONS and for ranges are what HTTP says', async () => {
    const { media, playlist } = await watching();
    const url = new URL(playlist.segments[0]!.uri!, media);
    const whole = (await fetchHls(url)).bytes;
    const head = await fetchHls(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([
      200,
      String(whole.length),
      0,
    ]);
    const range = async (value: string) => {
      const { status, headers, bytes } = await fetchHls(url, { headers: { range: value } });
      return [status, headers.get('content-range'), bytes.toString('hex')];
    };
    const size = whole.length;
    expect(await range('bytes=4-7')).toEqual([206, `bytes 4-7/${size}`, '6d6f6f66']);
    expect(await range('bytes=-2')).toEqual([
      206,
      `bytes ${size - 2}-${size - 1}/${size}`,
      whole.subarray(-2).toString('hex'),
    ]);
    expect(await range(`bytes=${size}-`)).toEqual([416, `bytes */${size}`, '']);
    for (const ignored of ['bytes=1-2,4-5', 'bytes=9-1', 'bytes=-']) {
      expect(await range(ignored)).toEqual([200, null, whole.toString('hex')]);
    }
    const preflight = await fetchHls(url, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, HEAD, OPTIONS',
    ]);
  });

  it('are refusals where there is nothing, or the question is wrong', async () => {
    const { media, base, playlist } = await watching();
    const status = async (url: string | URL) => (await fetchHls(url)).status;
    const last = playlist.segments.at(-1)!.number;
    const query = (text: string) => new URL(`${media.href}&${text}`);
    expect(await status(query('_HLS_part=1'))).toBe(400);
    expect(await status(query('_HLS_msn=x'))).toBe(400);
    expect(await status(asking(media, last + 5))).toBe(400);
    expect(await status(asking(media, last + 1, 50))).toBe(400);
    expect(await status(asking(media, 0))).toBe(200);
    expect(await status(new URL('main_999.m4s', media))).toBe(404);
    expect(await status(new URL('main_999.0.m4s', media))).toBe(404);
    expect(await status(new URL('main_init_9.mp4', media))).toBe(404);
    expect(await status(new URL('other.m3u8', media))).toBe(404);
    expect(await status(new URL('../AAAAAAAAAAAAAAAA/main.m3u8', media))).toBe(404);
    expect(await status(media.href.replace(/hls\/[^/]+/u, 'hls/AAAAAAAAAAAAAAAA'))).toBe(403);
    expect(await status(`${base}/nobody.m3u8`)).toBe(404);
  });
});

describe('what is not there yet', () => {
  it('is waited for, and answered at once when it comes', async () => {
    const { media, source, playlist, hls } = await watching();
    const { number, part } = (() => {
      const [, of, index] = /main_(\d+)\.(\d+)\./u.exec(playlist.preloadHint!)!;
      return { number: Number(of), part: Number(index) };
    })();
    const answers = Promise.all([
      playlistAt(asking(media, number, part)),
      fetchHls(new URL(playlist.preloadHint!, media)),
      playlistAt(asking(media, number)),
    ]);
    await until('three requests wait', () => hls.get('live/one')!.waiting === 3);
    source.publish(2);
    const [withPart, hinted, withSegment] = await answers;
    expect(withPart.segments.find((one) => one.number === number)!.parts.length).toBeGreaterThan(part);
    expect(hinted.status).toBe(200);
    expect(withSegment.segments.find((one) => one.number === number)!.uri).toBeDefined();
    expect(hls.get('live/one')!.waiting).toBe(0);
  });

  it('is given up when the publisher says goodbye: the playlists end', async () => {
    const { media, source, playlist, hls } = await watching();
    const last = playlist.segments.at(-1)!.number;
    const waiting = playlistAt(asking(media, last + 1));
    await until('a request waits', () => hls.get('live/one')!.waiting === 1);
    source.end();
    const ended = await waiting;
    expect([ended.isEnded, ended.preloadHint]).toEqual([true, undefined]);
    expect(hls.get('live/one')!.state).toBe('ended');
    expect((await playlistAt(asking(media, 999))).isEnded).toBe(true);
  });

  it('is not waited for by more than may', async () => {
    const { media, playlist, hls } = await watching({ maxWaiting: 1 });
    const last = playlist.segments.at(-1)!.number;
    const abort = new AbortController();
    const first = fetchHls(asking(media, last + 1), { signal: abort.signal }).catch(() => 'gone');
    await until('a request waits', () => hls.get('live/one')!.waiting === 1);
    const second = await fetchHls(asking(media, last + 1));
    expect([second.status, second.headers.get('retry-after'), second.headers.get('cache-control')]).toEqual([
      503,
      '1',
      'no-store',
    ]);
    abort.abort();
    expect(await first).toBe('gone');
    await until('nobody waits', () => hls.get('live/one')!.waiting === 0);
  });
});

describe('viewers', () => {
  it('are decided by the handler of play, once, and are sessions', async () => {
    const { base, stream, hls, enter } = await start();
    const source = stream('closed');
    source.publish(4);
    const refused = await fetchHls(`${base}/closed.m3u8`);
    expect([refused.status, JSON.parse(refused.bytes.toString())]).toEqual([
      403,
      { code: 'NetStream.Play.Failed', description: 'No ticket.' },
    ]);
    const media = await enter(source, '?ticket=good&base64=+/%3D');
    const [viewer] = hls.get('live/closed')!.viewers;
    expect([viewer!.transport, viewer!.app, viewer!.query]).toEqual(['hls', 'live', { ticket: 'good', base64: '+/=' }]);
    media.search = '';
    expect((await fetchHls(media)).status).toBe(200);
    viewer!.disconnect('enough');
    expect((await fetchHls(media)).status).toBe(403);
    await until('it is not counted', () => hls.get('live/closed')!.viewers.length === 0);
  });

  it('are forgotten when they ask for nothing, and the stream with them', async () => {
    const { stream, hls, enter } = await start({ viewerTimeout: 1000, idleTimeout: 1000 });
    const source = stream('idle');
    source.publish(4);
    await enter(source);
    expect(hls.get('live/idle')!.viewers).toHaveLength(1);
    await until('it is let go', () => hls.get('live/idle') === undefined);
  });

  it('are no more than maxViewers at a time', async () => {
    const { base, hls } = await watching({ maxViewers: 1 });
    const enter = () => fetchHls(`${base}/one.m3u8`);
    const refused = await enter();
    expect([refused.status, JSON.parse(refused.bytes.toString())]).toEqual([
      503,
      { code: 'NetStream.Play.Failed', description: 'Too many watch this stream.' },
    ]);
    expect(hls.get('live/one')!.viewers).toHaveLength(1);
    hls.get('live/one')!.viewers[0]!.disconnect('enough');
    await until('there is room', () => hls.get('live/one')!.viewers.length === 0);
    expect((await enter()).status).toBe(200);
  });

  it('share URIs where they are to be shared', async () => {
    const { stream, enter } = await start({ sessions: false });
    const source = stream('shared');
    source.publish(4);
    const [one, two] = [(await enter(source)).href, (await enter(source)).href];
    expect(one).toBe(two);
    expect((await fetchHls(one)).status).toBe(200);
  });
});

it('on demand the first viewer gets what there is, without waiting for a key frame', async () => {
  const { stream, enter } = await start({ segmentDuration: 10 * SECOND });
  const source = stream('demand');
  source.publish(2);
  const { segments, targetDuration } = await playlistAt(await enter(source));
  // What there was is no whole segment, and what follows it is one up to the next key frame.
  expect(segments.filter(({ uri }) => uri !== undefined).map(({ duration }) => duration)).toEqual([0.5, 0.5]);
  expect(targetDuration).toBe(10);
});

it('segments go to a storage, and come from there', async () => {
  const storage = new TestStorage();
  const { media, source, playlist } = await watching({ playlist: 'event' }, storage);
  const url = new URL(playlist.segments[0]!.uri!, media);
  const before = (await fetchHls(url)).bytes;
  source.publish(20);
  await until('many are stored', () => storage.files.size > 20);
  source.publish(1);
  await until('the first comes from there', async () => {
    expect((await fetchHls(url)).bytes.equals(before)).toBe(true);
    return storage.reads > 0;
  });
  const delta = await playlistAt(new URL(`${media.href}&_HLS_skip=YES`));
  expect(delta.skipped).toBeGreaterThan(10);
  expect((await playlistAt(media)).segments[0]!.number).toBe(0);
});

it('a storage that gives nothing where there was a segment is no harm to anything else', async () => {
  const storage = new TestStorage();
  const { media, source, playlist } = await watching({ playlist: 'event' }, storage);
  const url = new URL(playlist.segments[0]!.uri!, media);
  source.publish(20);
  await until('the first is stored', () => storage.files.size > 10);
  source.publish(1);
  storage.files.clear();
  await until('it is missed', async () => (await fetchHls(url)).status === 503);
  expect((await playlistAt(media)).segments[0]!.number).toBe(0);
});
