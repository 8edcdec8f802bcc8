import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type ArchiveList,
  FileHlsStorage,
  LiveStream,
  HLS_STORAGE,
  type HlsStorage,
  type HlsStoredFile,
  type PlayCommand,
  type PublishReply,
  RtmpArchiveModule,
  RtmpCommand,
  RtmpContext,
  RtmpController,
  RtmpEvent,
  RtmpHls,
  RtmpHlsModule,
  type RtmpHlsOptions,
  type RtmpHlsVod,
  RtmpHlsVods,
  RtmpModule,
  type RtmpModuleOptions,
  RtmpServer,
  RtmpStatusException,
  StreamRegistry,
} from '#src';
import { captured, sentMessages } from '#test/captures';
import { enterHls, fetchHls } from '#test/hls-player';
import { multivariantProblems, PlaylistChecker } from '#test/playlist-checker';
import { type MediaPlaylist, parseMediaPlaylist } from '#test/playlist-tags';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { HandStream } from './hand-stream.js';
import { LogBook } from './start-app.js';

// Broadcasts that are recorded as HLS: what is in the storage, what is served of it, what is left by a failure.

jest.setTimeout(30_000);

const SECOND = 1000;
/** The sequence header of x264, 160 × 100. */
const AVC_CONFIG = Buffer.from(
  '17000000000142c00cffe100176742c00cda05067e7c0440000003004000000c83c50aa801000468ce0fc8',
  'hex',
);
/** One of 1920 × 1080. */
const FULL_HD_CONFIG = Buffer.from(
  '1700000000014d4028ffe10019674d4028f403c0227ef011000003000100000300321f162ea001000468de0fc8',
  'hex',
);

const told: Array<{ event: string; [name: string]: unknown }> = [];
const played: Array<{ name: string; start: number }> = [];

@RtmpController('live')
class LiveController {
  @RtmpCommand('publish')
  publish(@Ctx() { query }: RtmpContext): PublishReply {
    return query.private === undefined ? {} : { record: false };
  }

  @RtmpCommand('play')
  play(@Payload() { start }: PlayCommand, @Ctx() { query, stream }: RtmpContext): void {
    played.push({ name: stream!.name, start });
    if (stream!.name === 'closed' && query.ticket !== 'good') {
      throw new RtmpStatusException('NetStream.Play.Failed', 'No ticket.');
    }
  }

  @RtmpEvent('vod.completed')
  completed(@Payload() event: object): void {
    told.push({ event: 'completed', ...event });
  }

  @RtmpEvent('vod.failed')
  failed(@Payload() event: object): void {
    told.push({ event: 'failed', ...event });
  }
}

/** As little as a storage can be. */
class Bucket implements HlsStorage {
  readonly files = new Map<string, Buffer>();
  /** Writes that succeed. */
  room = Infinity;

  async write({ run, file }: HlsStoredFile, chunks: readonly Uint8Array[]): Promise<void> {
    if (--this.room < 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    this.files.set(`${run}/${file}`, Buffer.concat(chunks));
  }

  async read({ run, file }: HlsStoredFile): Promise<Uint8Array> {
    const bytes = this.files.get(`${run}/${file}`);
    if (bytes === undefined) throw new Error('there is no such file');
    return bytes;
  }

  async remove({ run, file }: HlsStoredFile): Promise<void> {
    this.files.delete(`${run}/${file}`);
  }
}

let directory: string;
const running: NestFastifyApplication[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-vod-'));
  told.length = 0;
  played.length = 0;
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
  // Nobody waits for a write of a recording that has failed: it may still be on its way.
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
});

async function start(
  given: Partial<RtmpHlsOptions> = {},
  storage: HlsStorage = new FileHlsStorage({ directory }),
  rtmp: RtmpModuleOptions = {},
) {
  const options = { record: true, segmentDuration: SECOND, partDuration: 500, window: 4 * SECOND, ...given };
  const log = new LogBook();
  @Module({
    imports: [
      RtmpModule.forRoot({
        listeners: [{ port: 0 }],
        isGlobal: true,
        playback: { waitForPublisher: 100 },
        recording: { directory },
        ...rtmp,
      }),
      RtmpHlsModule.forRoot(options, { providers: [{ provide: HLS_STORAGE, useValue: storage }] }),
      RtmpArchiveModule.forRoot({ guard: false, ffmpeg: false }),
    ],
    controllers: [LiveController],
  })
  class TestModule {}
  const app = await NestFactory.create<NestFastifyApplication>(
    TestModule,
    new FastifyAdapter({ forceCloseConnections: true }),
    { logger: log, abortOnError: false },
  );
  running.push(app);
  app.connectMicroservice({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  const base = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  const vods = app.get(RtmpHlsVods);
  return {
    app,
    base,
    log,
    vods,
    hls: app.get(RtmpHls),
    stream: (name: string) => new HandStream(app.get(StreamRegistry), name),
    list: async () => {
      const found: RtmpHlsVod[] = [];
      for await (const vod of vods.list()) found.push(vod);
      return found.sort((a, b) => a.startedAt - b.startedAt);
    },
    stop: async () => {
      running.splice(running.indexOf(app), 1);
      await app.close();
    },
  };
}

const eventually = (event: string, count = 1) =>
  until(`${count} × ${event}`, () => told.filter((one) => one.event === event).length === count, {
    instead: () => JSON.stringify(told),
  });

/** Publishes so many seconds, and says goodbye. */
async function recorded(app: Awaited<ReturnType<typeof start>>, name: string, seconds: number): Promise<void> {
  const source = app.stream(name);
  await until('it is packaged', () => app.hls.get(`live/${name}`) !== undefined);
  // Not all at once: as many bytes may not wait to be written.
  for (let i = 0; i < seconds; i++) {
    source.publish(1);
    await new Promise(setImmediate);
  }
  source.end();
  await eventually('completed', told.filter(({ event }) => event === 'completed').length + 1);
}

/** A media playlist of type VOD that breaks no rule. */
function checkVod(text: string): MediaPlaylist {
  const checker = new PlaylistChecker();
  const playlist = checker.add(text);
  expect(checker.problems).toEqual([]);
  expect(playlist.isEnded).toBe(true);
  expect(text).toContain('#EXT-X-PLAYLIST-TYPE:VOD\n');
  expect(text).not.toMatch(/EXT-X-(?:PART|PRELOAD|SERVER-CONTROL|RENDITION-REPORT|SKIP)/u);
  return playlist;
}

async function vodAt(url: URL): Promise<MediaPlaylist> {
  const { status, bytes } = await fetchHls(url);
  expect([status, bytes.toString()]).toEqual([200, expect.stringContaining('#EXTM3U')]);
  return checkVod(bytes.toString());
}

describe('a recorded broadcast', () => {
  it('outlives the server, from its first segment to its last', async () => {
    const first = await start();
    await recorded(first, 'one', 12);
    expect(told[0]).toMatchObject({ app: 'live', name: 'one', isRepaired: false });
    expect(told[0]!.duration).toBeCloseTo(12, 0);
    const [vod] = await first.list();
    await first.stop();

    const second = await start();
    expect(await second.list()).toEqual([vod]);
    expect(vod!.path).toBe(`/live/one/vod/${vod!.id}.m3u8`);
    const { playlists, text } = await enterHls(`${second.base}${vod!.path}?a=1&b=%22`);
    expect(text).toContain('/main.m3u8?a=1&b=%22\n');
    const { segments } = await vodAt(playlists[0]!);
    // The live playlist had four seconds in the end.
    expect(segments.map(({ number }) => number)).toEqual([...Array(12).keys()]);
    expect(new Set(segments.map(({ map }) => map))).toEqual(new Set(['main_init_0.mp4?a=1&b=%22']));
    for (const uri of [segments[0]!.map, ...segments.map((segment) => segment.uri!)]) {
      const { status, headers, bytes } = await fetchHls(new URL(uri, playlists[0]));
      expect([status, headers.get('content-type')]).toEqual([200, 'video/mp4']);
      expect(headers.get('cache-control')).toBe('private, max-age=3600, immutable');
      expect(bytes.subarray(4, 8).toString()).toMatch(/ftyp|styp|moof/u);
    }
    const range = await fetchHls(new URL(segments[0]!.uri!, playlists[0]), { headers: { range: 'bytes=4-7' } });
    expect([range.status, range.bytes.length]).toEqual([206, 4]);
    expect(played).toEqual([{ name: 'one', start: 0 }]);
  });

  it('is a folder that any web server could serve: relative names, no tokens', async () => {
    const app = await start();
    await recorded(app, 'north/one', 6);
    const [vod] = await app.list();
    const folder = join(directory, `live/north/one-${vod!.id}.hls`);
    const files = readdirSync(folder);
    const index = readFileSync(join(folder, 'index.m3u8'), 'utf8');
    expect(multivariantProblems(index)).toEqual([]);
    expect(index).toContain('\nmain.m3u8\n');
    const { segments } = checkVod(readFileSync(join(folder, 'main.m3u8'), 'utf8'));
    const named = segments.flatMap(({ uri, map }) => [uri!, map]);
    expect(files.sort()).toEqual([...new Set([...named, 'index.m3u8', 'main.m3u8'])].sort());
    const bytes = segments.reduce((sum, { uri }) => sum + readFileSync(join(folder, uri!)).length, 0);
    expect(vod!.bytes).toBe(bytes);
    expect((await enterHls(`${app.base}${vod!.path}`)).playlists).toHaveLength(1);
  });

  it('says which codecs all its segments have between them, and the largest picture', async () => {
    const app = await start();
    const source = app.stream('one');
    await until('it is packaged', () => app.hls.get('live/one') !== undefined);
    source.publish(2);
    source.stream.push(9, 2 * SECOND, FULL_HD_CONFIG);
    source.publish(2);
    source.stream.push(9, 4 * SECOND, AVC_CONFIG);
    source.publish(2);
    source.end();
    await eventually('completed');
    const [vod] = await app.list();
    const index = readFileSync(join(directory, `live/one-${vod!.id}.hls`, 'index.m3u8'), 'utf8');
    expect(index).toMatch(/,CODECS="avc1\.64000a,mp4a\.40\.2,avc1\.4d4028,avc1\.42c00c",RESOLUTION=1920x1080,/u);
  });

  it('is in the list of recordings, with the others', async () => {
    const app = await start();
    await recorded(app, 'one', 4);
    const [vod] = await app.list();
    writeFileSync(join(directory, 'live', 'one-2001-01-02T03-04-05.678Z.flv'), 'FLV');
    const list = JSON.parse(
      (await fetchHls(`${app.base}/api/recordings?app=live&name=one`)).bytes.toString(),
    ) as ArchiveList;
    expect(list.recordings.map(({ type, path }) => [type, path])).toEqual([
      ['application/vnd.apple.mpegurl', vod!.path],
      ['video/x-flv', '/api/recordings/live/one-2001-01-02T03-04-05.678Z.flv'],
    ]);
    expect([list.total, list.bytes]).toEqual([2, vod!.bytes + 3]);
  });

  it('goes on behind a pause of the publisher, with a discontinuity', async () => {
    const app = await start();
    const client = await publishing(app, 'one', 4);
    await client.destroy();
    await until('it is away', () => app.hls.get('live/one')?.state === 'away');
    const again = await publishing(app, 'one', 4);
    await goodbye(app, again);
    const [vod, ...more] = await app.list();
    expect(more).toEqual([]);
    const { segments } = await vodAt((await enterHls(`${app.base}${vod!.path}`)).playlists[0]!);
    expect(segments.filter(({ isDiscontinuity }) => isDiscontinuity)).toHaveLength(1);
  });

  it('has a playlist of each track when there are several, all cut at the same places', async () => {
    const app = await start();
    const stream = new LiveStream({ id: 'multi', app: 'live', name: 'multi', path: 'live/multi', startedAt: 0 });
    app.app.get(StreamRegistry).add(stream);
    await until('it is packaged', () => app.hls.get('live/multi') !== undefined);
    for (const { type, timestamp, payload } of sentMessages(captured('multi'))) stream.push(type, timestamp, payload);
    app.app.get(StreamRegistry).remove(stream);
    await eventually('completed');
    const [vod] = await app.list();
    const { playlists } = await enterHls(`${app.base}${vod!.path}`);
    expect(playlists.map(({ pathname }) => pathname.replace(/.*\//u, '')).sort()).toEqual(
      ['audio0', 'audio1', 'video0', 'video1'].map((name) => `${name}.m3u8`),
    );
    const starts: number[][] = [];
    let bytes = 0;
    for (const url of playlists) {
      const { segments } = await vodAt(url);
      starts.push(segments.map(({ programDateTime }) => programDateTime!));
      for (const { uri } of segments) bytes += (await fetchHls(new URL(uri!, url))).bytes.length;
    }
    expect(bytes).toBe(vod!.bytes);
    for (const times of starts) {
      expect(times).toHaveLength(starts[0]!.length);
      // Each track begins with its own first picture or sound.
      expect(times.filter((time, index) => Math.abs(time - starts[0]![index]!) > 100)).toEqual([]);
    }
  });

  it('is several when it is longer than one may be, and nothing is lost between them', async () => {
    const app = await start({ recordMaxDuration: 3 * SECOND });
    const source = app.stream('one');
    await until('it is packaged', () => app.hls.get('live/one') !== undefined);
    source.publish(8);
    source.end();
    await eventually('completed', 3);
    const numbers: number[] = [];
    const vods = await app.list();
    for (const vod of vods) {
      const { segments } = await vodAt((await enterHls(`${app.base}${vod.path}`)).playlists[0]!);
      numbers.push(...segments.map(({ number }) => number));
    }
    expect(numbers).toEqual([...Array(8).keys()]);
    expect(vods.map(({ duration }) => Math.round(duration))).toEqual([3, 3, 2]);
  });

  it('is there when the server is stopped while it is live', async () => {
    const app = await start();
    const source = app.stream('one');
    await until('it is packaged', () => app.hls.get('live/one') !== undefined);
    source.publish(5);
    await app.stop();
    expect(told).toMatchObject([{ event: 'completed' }]);
    expect(await (await start()).list()).toHaveLength(1);
  });

  it('has what players of an event ask for that is not in memory any more', async () => {
    const app = await start({ playlist: 'event', recordMaxDuration: 5 * SECOND });
    const source = app.stream('one');
    await until('it is packaged', () => app.hls.get('live/one') !== undefined);
    source.publish(2);
    const [media] = (await enterHls(`${app.base}/live/one.m3u8`)).playlists;
    const first = new URL('main_0.m4s', media);
    const before = (await fetchHls(first)).bytes;
    source.publish(20);
    // Those are in four recordings.
    await until('most is not in memory', () => app.hls.get('live/one')!.byteLength < before.length * 12);
    for (let number = 0; number < 20; number++) {
      const { status, bytes } = await fetchHls(new URL(`main_${number}.m4s`, media));
      expect([number, status, bytes.length]).toEqual([number, 200, before.length]);
    }
    expect((await fetchHls(first)).bytes.equals(before)).toBe(true);
  });

  it('can be removed', async () => {
    const app = await start();
    await recorded(app, 'one', 4);
    const [vod] = await app.list();
    expect(await app.vods.remove(vod!)).toBe(true);
    expect(await app.list()).toEqual([]);
    expect((await fetchHls(`${app.base}${vod!.path}`)).status).toBe(404);
  });
});

/** Publishes so many seconds over RTMP: a handler has been asked. */
async function publishing(
  app: Awaited<ReturnType<typeof start>>,
  name: string,
  seconds: number,
): Promise<RawRtmpClient> {
  const client = await RawRtmpClient.publishing(app.app.get(RtmpServer).addresses[0]!.port!, name);
  client.send(9, 1, 0, AVC_CONFIG);
  for (let time = 0; time <= seconds * SECOND; time += 500) {
    const isKey = time % SECOND === 0;
    client.video(1, time, isKey ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0, 2, isKey ? 0x65 : 0x41, 0x88);
  }
  const path = `live/${name.split('?')[0]!}`;
  await until('all has come', () => (app.app.get(StreamRegistry).get(path)?.timestamp ?? 0) >= seconds * SECOND);
  return client;
}

async function goodbye(app: Awaited<ReturnType<typeof start>>, client: RawRtmpClient): Promise<void> {
  client.command(0, 'deleteStream', 0, null, 1);
  await eventually('completed');
  await client.destroy();
  expect(app.log.of('HLS recording failed')).toEqual([]);
}

describe('what is not recorded', () => {
  it('is a publish whose handler said so', async () => {
    const app = await start({ start: 'always' });
    const client = await publishing(app, 'one?private=1', 4);
    expect(app.hls.get('live/one')).toMatchObject({ isRecorded: false });
    await client.destroy();
    await app.stop();
    // Segments are there while they are listed, and no longer.
    expect([told, readdirSync(directory, { recursive: true })]).toEqual([[], ['live']]);
  });

  it('stays in memory when the storage is for recordings alone', async () => {
    const app = await start({ record: false, storage: 'recordings', playlist: 'event', start: 'always' });
    const source = app.stream('one');
    source.publish(20);
    expect((await enterHls(`${app.base}/live/one.m3u8`)).playlists).toHaveLength(1);
    source.end();
    await app.stop();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is such a publish that goes on in the place of one that was', async () => {
    const app = await start();
    await (await publishing(app, 'one', 4)).destroy();
    await until('it is away', () => app.hls.get('live/one')?.state === 'away');
    const second = await publishing(app, 'one?private=1', 4);
    await eventually('completed');
    const [vod] = await app.list();
    const { segments } = await vodAt((await enterHls(`${app.base}${vod!.path}`)).playlists[0]!);
    expect(segments.some(({ isDiscontinuity }) => isDiscontinuity)).toBe(false);
    await second.destroy();
  });

  it('is a stream of which nothing came', async () => {
    const app = await start();
    const source = app.stream('one');
    await until('it is packaged', () => app.hls.get('live/one') !== undefined);
    source.end();
    await app.stop();
    expect([told, readdirSync(directory)]).toEqual([[], []]);
  });
});

describe('who may watch', () => {
  it('is decided by the handler of play, and the addresses are good for that recording alone', async () => {
    const app = await start();
    await recorded(app, 'closed', 4);
    await recorded(app, 'open', 4);
    const [closed, open] = await app.list();
    const refused = await fetchHls(`${app.base}${closed!.path}`);
    expect([refused.status, JSON.parse(refused.bytes.toString())]).toEqual([
      403,
      { code: 'NetStream.Play.Failed', description: 'No ticket.' },
    ]);
    const [media] = (await enterHls(`${app.base}${closed!.path}?ticket=good`)).playlists;
    const [other] = (await enterHls(`${app.base}${open!.path}`)).playlists;
    const status = async (url: string | URL) => (await fetchHls(url)).status;
    expect(await status(media!.href.replace(/\?.*/u, ''))).toBe(200);
    const [, token] = /\/([^/]+)\/main\.m3u8/u.exec(other!.pathname)!;
    const [, good] = /\/([^/]+)\/main\.m3u8/u.exec(media!.pathname)!;
    const withToken = (one: string) => media!.href.replace(good!, one);
    for (const wrong of [token!, '0.AAAAAAAAAAAAAAAAAAAAAA', `${good}x`, good!.replace(/^./u, 'z'), 'x', '%00']) {
      expect([wrong, await status(withToken(wrong))]).toEqual([wrong, 403]);
    }
  });

  it('is told that there is nothing where there is nothing, or nothing that is whole', async () => {
    const app = await start();
    const source = app.stream('live');
    await until('it is packaged', () => app.hls.get('live/live') !== undefined);
    source.publish(4);
    await recorded(app, 'one', 4);
    const [vod] = await app.list();
    const folder = () => readdirSync(join(directory, 'live')).find((name) => name.startsWith('live-'));
    await until('it is being written', () => folder() !== undefined);
    const unfinished = folder()!.replace(/^live-|\.hls$/gu, '');
    const [media] = (await enterHls(`${app.base}${vod!.path}`)).playlists;
    for (const path of [
      `/live/live/vod/${unfinished}.m3u8`,
      `/live/other/vod/${vod!.id}.m3u8`,
      `/live/one%3Fx/vod/${vod!.id}.m3u8`,
      `/live/one/vod/${vod!.id.replace(/.$/u, 'g')}.m3u8`,
      '/live/one/vod/2026-01-02T03-04-05.678Z-..%2F..%2Fx.m3u8',
      '/live/one/vod/x.m3u8',
    ]) {
      expect([path, (await fetchHls(`${app.base}${path}`)).status]).toEqual([path, 404]);
    }
    for (const file of ['main_99.m4s', 'main_0.0.m4s', '..%2Findex.m3u8', '.1@x.writing', 'other.m3u8']) {
      const { status } = await fetchHls(new URL(file, media));
      expect([file, status]).toEqual([file, 404]);
    }
  });

  it('shares addresses where they are to be shared', async () => {
    const app = await start({ sessions: false });
    await recorded(app, 'one', 4);
    const [vod] = await app.list();
    const enter = async () => (await enterHls(`${app.base}${vod!.path}`)).playlists[0]!;
    const media = await enter();
    expect((await enter()).href).toBe(media.href);
    expect((await fetchHls(media)).headers.get('cache-control')).toBe('public, max-age=3600');
  });

  it('may be a page of another origin', async () => {
    const app = await start();
    await recorded(app, 'one', 4);
    const [vod] = await app.list();
    const preflight = await fetchHls(`${app.base}${vod!.path}`, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
  });
});

describe('a storage that can no more than keep files', () => {
  it('is enough for a recording that can be played', async () => {
    const bucket = new Bucket();
    const first = await start({}, bucket);
    await recorded(first, 'one', 8);
    const { id, app, name } = told[0] as unknown as RtmpHlsVod;
    await first.stop();
    const second = await start({}, bucket);
    const vod = await second.vods.find(app, name, id);
    const { segments } = await vodAt((await enterHls(`${second.base}${vod!.path}`)).playlists[0]!);
    expect(segments).toHaveLength(8);
    expect(await second.list()).toEqual([]);
  });
});

describe('a storage that fails', () => {
  it('ends the recording, which is shown to nobody, and hurts no viewer', async () => {
    const bucket = new Bucket();
    bucket.room = 4;
    const app = await start({}, bucket);
    const source = app.stream('one');
    await until('it is packaged', () => app.hls.get('live/one') !== undefined);
    source.publish(6);
    await eventually('failed');
    expect(told[0]).toMatchObject({ name: 'one', error: new Error('no space left') });
    const [media] = (await enterHls(`${app.base}/live/one.m3u8`)).playlists;
    source.publish(2);
    const { segments } = parseMediaPlaylist((await fetchHls(media!)).bytes.toString());
    expect((await fetchHls(new URL(segments.findLast(({ uri }) => uri !== undefined)!.uri!, media))).status).toBe(200);
    source.end();
    await app.stop();
    expect(told).toHaveLength(1);
    expect([...bucket.files.keys()].filter((name) => name.endsWith('.m3u8'))).toEqual([]);
    expect(app.log.of('HLS recording failed')).toMatchObject([{ stream: 'live/one', code: 'ENOSPC' }]);
  });

  it('by saying nothing hurts no viewer either, and holds no more than it may', async () => {
    const bucket = new Bucket();
    const answers: Array<() => void> = [];
    bucket.write = () => new Promise((resolve) => answers.push(resolve));
    const app = await start({}, bucket);
    const source = app.stream('one');
    await until('it is packaged', () => app.hls.get('live/one') !== undefined);
    source.publish(3);
    const [media] = (await enterHls(`${app.base}/live/one.m3u8`)).playlists;
    for (let i = 0; i < 5; i++) {
      source.publish(100);
      const { status } = await fetchHls(media!);
      expect(status).toBe(200);
    }
    expect(app.hls.get('live/one')!.byteLength).toBeLessThan(70 * 1024 * 1024);
    source.end();
    bucket.write = () => Promise.resolve();
    while (answers.length > 0) answers.pop()!();
  });

  it('by saying nothing does not keep the application from closing', async () => {
    const never = () => new Promise<never>(() => {});
    const silent: HlsStorage = {
      write: never,
      read: never,
      remove: never,
      async *unfinished() {
        yield await never();
      },
    };
    const app = await start({}, silent, { shutdownTimeout: 100 });
    const source = app.stream('one');
    await until('it is packaged', () => app.hls.get('live/one') !== undefined);
    source.publish(3);
    await app.stop();
    expect(app.log.lines.map(({ message }) => message)).toContain(
      'Shutdown: gave up waiting for recordings to be finished',
    );
  }, 10_000);

  it('is not filled with thousands of files by a publisher that is another one with every picture', async () => {
    const app = await start();
    const client = await RawRtmpClient.publishing(app.app.get(RtmpServer).addresses[0]!.port!, 'one');
    for (let i = 0; i < 1000; i++) {
      client.send(9, 1, i * 40, AVC_CONFIG.with(7, i % 2));
      client.video(1, i * 40, 0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88);
    }
    await eventually('failed');
    expect((told[0]!.error as Error).message).toContain('too little for so many files');
    await client.destroy();
    await app.stop();
    expect(readdirSync(directory, { recursive: true }).length).toBeLessThan(200);
  });

  it('is found out at start where it is a directory that cannot be written to', async () => {
    const file = join(directory, 'a-file');
    writeFileSync(file, 'x');
    const storage = new FileHlsStorage({ directory: file });
    await expect(start({}, storage)).rejects.toMatchObject({
      name: 'RtmpConfigurationError',
      option: 'record',
      message: expect.stringContaining(`EEXIST: file already exists, mkdir '${file}'`),
    });
    await start({ record: false }, storage);
  });

  it('is no option: there has to be one', async () => {
    @Module({
      imports: [
        RtmpModule.forRoot({ listeners: [{ port: 0 }], isGlobal: true }),
        RtmpHlsModule.forRoot({ record: true }),
      ],
    })
    class TestModule {}
    const app = await NestFactory.create<NestFastifyApplication>(TestModule, new FastifyAdapter(), {
      logger: new LogBook(),
      abortOnError: false,
    });
    await expect(app.init()).rejects.toThrow('provide a storage under HLS_STORAGE');
  });
});

describe('what a crash left behind', () => {
  /** A copy of what there is of a broadcast while it goes on, as if its process had been killed. */
  async function crashed(): Promise<string> {
    const app = await start();
    const source = app.stream('one');
    await until('it is packaged', () => app.hls.get('live/one') !== undefined);
    source.publish(6);
    const [name] = await until('five segments are listed', () => {
      const folders = existsSync(join(directory, 'live')) ? readdirSync(join(directory, 'live')) : [];
      const main = folders[0] === undefined ? '' : join(directory, 'live', folders[0], 'main.m3u8');
      return main !== '' && existsSync(main) && readFileSync(main, 'utf8').includes('main_4.m4s\n') && folders;
    });
    const copy = join(directory, 'copy', 'live', name!);
    cpSync(join(directory, 'live', name!), copy, { recursive: true });
    source.end();
    await app.stop();
    const [owner] = readdirSync(copy).filter((file) => file.endsWith('.writing'));
    await rm(join(copy, owner!));
    writeFileSync(join(copy, `.4194305@${hostname()}.writing`), '');
    return copy;
  }

  it('plays as it is, and is finished by the next start', async () => {
    const copy = await crashed();
    const before = readFileSync(join(copy, 'main.m3u8'), 'utf8');
    const checker = new PlaylistChecker();
    checker.add(before);
    expect(checker.problems).toEqual([]);
    expect(before).toContain('#EXT-X-PLAYLIST-TYPE:EVENT\n');
    // Torn in the middle of a line, and of a file.
    writeFileSync(join(copy, 'main.m3u8'), `${before}## bytes=1 independent=1\n#EXTINF:1.000`);
    writeFileSync(join(copy, 'main_5.m4s.tmp'), 'half');
    told.length = 0;
    const app = await start({}, new FileHlsStorage({ directory: join(directory, 'copy') }));
    await until('it is repaired', () => app.log.of('HLS recording of an earlier run repaired').length === 1);
    const [vod] = await app.list();
    expect(vod).toMatchObject({ app: 'live', name: 'one' });
    const { segments } = await vodAt((await enterHls(`${app.base}${vod!.path}`)).playlists[0]!);
    expect(segments).toHaveLength(5);
    expect(readdirSync(copy).filter((file) => /\.(?:tmp|writing)$/u.test(file))).toEqual([]);
  });

  it('is taken away when there is nothing in it', async () => {
    const copy = await crashed();
    writeFileSync(join(copy, 'main.m3u8'), '#EXTM3U\n#EXT-X-VER');
    const app = await start({}, new FileHlsStorage({ directory: join(directory, 'copy') }));
    await until('it is gone', () => !existsSync(copy));
    expect(await app.list()).toEqual([]);
  });
});
