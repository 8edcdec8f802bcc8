import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  LiveStream,
  RtmpAdminModule,
  RtmpHls,
  RtmpHlsModule,
  type RtmpHlsOptions,
  RtmpModule,
  RtmpServer,
  StreamRegistry,
} from '#src';
import { enterHls, fetchHls } from '#test/hls-player';
import { PlaylistChecker } from '#test/playlist-checker';
import { parseMediaPlaylist } from '#test/playlist-tags';
import { until } from '#test/until';
import { LogBook } from './start-app.js';

// What all streams together may take of memory, whatever publishers send.

jest.setTimeout(30_000);

const MIB = 1024 * 1024;
/** The sequence header of x264, 160 × 100. */
const AVC_CONFIG = Buffer.from(
  '17000000000142c00cffe100176742c00cda05067e7c0440000003004000000c83c50aa801000468ce0fc8',
  'hex',
);
const STEP = 250;

/** A stream of so many bytes a second, and audio tracks beside the picture. */
class BulkStream {
  readonly stream: LiveStream;
  #time = 0;

  constructor(
    readonly registry: StreamRegistry,
    readonly name: string,
    readonly bytesPerSecond: number,
    readonly audioTracks = 0,
  ) {
    this.stream = new LiveStream({ id: name, app: 'live', name, path: `live/${name}`, startedAt: 0 });
    registry.add(this.stream);
    this.stream.push(9, 0, AVC_CONFIG);
    for (let id = 0; id < audioTracks; id++) this.stream.push(8, 0, audioOf(id, 0, Buffer.of(0x12, 0x10)));
  }

  /** What may have come since the last part, which is when it is looked at. */
  get uncounted(): number {
    return this.bytesPerSecond / 2;
  }

  /** A key frame every second. */
  publish(seconds: number): void {
    const length = Math.ceil((this.bytesPerSecond * STEP) / 1000 / (1 + this.audioTracks));
    for (const end = this.#time + seconds * 1000; this.#time < end; this.#time += STEP) {
      this.picture(this.#time, length, this.#time % 1000 === 0);
      for (let id = 0; id < this.audioTracks; id++) {
        this.stream.push(8, this.#time, audioOf(id, 1, Buffer.alloc(length, 1)));
      }
    }
  }

  picture(time: number, length: number, isKey: boolean): void {
    const payload = Buffer.alloc(9 + length, 0x11);
    payload.set([isKey ? 0x17 : 0x27, 1, 0, 0, 0], 0);
    payload.writeUInt32BE(length, 5);
    payload[9] = isKey ? 0x65 : 0x41;
    this.stream.push(9, time, payload);
  }

  end(): void {
    this.registry.remove(this.stream);
  }
}

/** Enhanced RTMP: one track of several, AAC. */
function audioOf(id: number, packetType: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x95, packetType), Buffer.from('mp4a'), Buffer.of(id), body]);
}

const heldBy = (hls: RtmpHls): number => hls.list().reduce((sum, { byteLength }) => sum + byteLength, 0);

let app: NestFastifyApplication;
let log: LogBook;

async function start(hls: Partial<RtmpHlsOptions>) {
  log = new LogBook();
  @Module({
    imports: [
      RtmpModule.forRoot({ listeners: [{ port: 0 }], isGlobal: true, playback: { waitForPublisher: 100 } }),
      RtmpHlsModule.forRoot({ start: 'always', segmentDuration: 1000, window: 8000, ...hls }),
      RtmpAdminModule.forRoot({}),
    ],
  })
  class TestModule {}
  app = await NestFactory.create<NestFastifyApplication>(
    TestModule,
    new FastifyAdapter({ forceCloseConnections: true }),
    { logger: log, abortOnError: false },
  );
  app.connectMicroservice({ strategy: app.get(RtmpServer) });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  const registry = app.get(StreamRegistry);
  return {
    base: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`,
    hls: app.get(RtmpHls),
    stream: (name: string, rate: number, tracks?: number) => new BulkStream(registry, name, rate, tracks),
  };
}

afterEach(() => app.close());

it('the largest gives up its oldest segments first, and the small keep theirs', async () => {
  const { base, hls, stream } = await start({ maxTotalBytes: 4 * MIB, window: 3_600_000 });
  const [big, small] = [stream('big', 400_000), stream('small', 4000)];
  const checkers = new Map([big, small].map(({ name }) => [name, new PlaylistChecker()]));
  const [bigMedia, smallMedia] = await Promise.all(
    [big, small].map(async (source) => {
      source.publish(4);
      return (await enterHls(`${base}/live/${source.name}.m3u8`)).playlists[0]!;
    }),
  );
  const load = async (name: string, url: URL) => checkers.get(name)!.add((await fetchHls(url)).bytes.toString());
  for (let i = 0; i < 40; i++) {
    big.publish(1);
    small.publish(1);
    expect(heldBy(hls)).toBeLessThanOrEqual(4 * MIB + big.uncounted);
    await load('small', smallMedia!);
  }
  const [bigNow, smallNow] = [await load('big', bigMedia!), await load('small', smallMedia!)];
  expect(smallNow.segments[0]!.number).toBe(0);
  expect(bigNow.segments[0]!.number).toBeGreaterThan(30);
  expect(bigNow.segments.filter(({ uri }) => uri !== undefined).length).toBeGreaterThanOrEqual(3);
  expect(checkers.get('small')!.problems).toEqual([]);
  const { bytes, droppedSegments, refused } = hls.memory;
  expect([bytes > 3 * MIB, droppedSegments > 25, refused]).toEqual([true, true, 0]);
  await until('all is counted', () => hls.memory.bytes === heldBy(hls));
});

it('is bounded over many streams of many tracks, and none of them hurts another', async () => {
  const limit = 6 * MIB;
  const { base, hls, stream } = await start({ maxTotalBytes: limit, window: 60_000 });
  const many = Array.from({ length: 4 }, (_one, index) => stream(`many${index}`, 330_000, 32));
  const plain = stream('plain', 20_000);
  for (let i = 0; i < 12; i++) {
    for (const source of [plain, ...many]) {
      source.publish(1);
      expect(heldBy(hls)).toBeLessThanOrEqual(limit + many.length * many[0]!.uncounted);
    }
  }
  expect(hls.list()).toHaveLength(5);
  for (const name of ['plain', 'many0', 'many3']) {
    const { playlists } = await enterHls(`${base}/live/${name}.m3u8`);
    expect(playlists).toHaveLength(name === 'plain' ? 1 : 33);
    const { segments } = parseMediaPlaylist((await fetchHls(playlists.at(-1)!)).bytes.toString());
    const last = segments.findLast(({ uri }) => uri !== undefined)!;
    expect((await fetchHls(new URL(last.uri!, playlists.at(-1)))).status).toBe(200);
  }
  const kept = parseMediaPlaylist(
    (await fetchHls((await enterHls(`${base}/live/plain.m3u8`)).playlists[0]!)).bytes.toString(),
  );
  expect(kept.segments[0]!.number).toBe(0);
  for (const source of [...many, plain]) source.end();
});

it('more streams are refused when those that are watched need all of it, and told why', async () => {
  const { base, hls, stream } = await start({ maxTotalBytes: 2 * MIB, start: 'demand', endedTimeout: 0 });
  const first = stream('first', 400_000);
  const second = stream('second', 4000);
  const entering = enterHls(`${base}/live/first.m3u8`);
  await until('somebody waits', () => hls.get('live/first')?.waiting === 1);
  first.publish(10);
  const [media] = (await entering).playlists;
  second.publish(10);
  const refusal = await fetchHls(`${base}/live/second.m3u8`);
  expect([refusal.status, refusal.headers.get('retry-after'), JSON.parse(refusal.bytes.toString())]).toEqual([
    503,
    '1',
    { code: 'NetStream.Play.Failed', description: expect.stringContaining('memory') },
  ]);
  expect([hls.get('live/second'), hls.memory.refused]).toEqual([undefined, 1]);
  expect(log.of('HLS not started: maxTotalBytes')).toMatchObject([{ stream: 'live/second' }]);
  expect((await fetchHls(media!)).status).toBe(200);
  const metrics = (await fetchHls(`${base}/metrics`)).bytes.toString();
  expect(metrics).toContain(`\nrtmp_hls_max_memory_bytes ${2 * MIB}\n`);
  const bytes = Number(/^rtmp_hls_memory_bytes (\d+)$/mu.exec(metrics)?.[1]);
  expect([bytes > MIB / 2, bytes <= 2 * MIB]).toEqual([true, true]);
  expect(metrics).toContain('\nrtmp_hls_refused_total 1\n');
  // There is room again.
  first.end();
  await until('the first is gone', () => hls.get('live/first') === undefined);
  const again = enterHls(`${base}/live/second.m3u8`);
  await until('it is being made', () => hls.get('live/second')?.waiting === 1);
  second.publish(1);
  expect((await again).playlists).toHaveLength(1);
});

it('a stream of which nothing can be given up is given up, and others stay', async () => {
  const { hls, stream } = await start({ maxTotalBytes: 2 * MIB });
  const other = stream('other', 4000);
  other.publish(5);
  const hostile = stream('hostile', 4000);
  hostile.publish(2);
  // All of it at one moment: no segment ever ends.
  for (let i = 0; i < 30; i++) hostile.picture(2000, 100_000, i === 0);
  await until('it is gone', () => hls.get('live/hostile') === undefined);
  expect(log.of('HLS given up: maxTotalBytes')).toMatchObject([{ stream: 'live/hostile' }]);
  expect(hls.list().map(({ path }) => path)).toEqual(['live/other']);
  expect(hls.memory.bytes).toBeLessThan(2 * MIB);
  other.publish(1);
  expect(hls.get('live/other')!.state).toBe('live');
});

it('an event that has more than may be kept of it ends whole, and another one begins', async () => {
  const { base, hls, stream } = await start({ playlist: 'event', maxBytes: MIB });
  const source = stream('event', 200_000);
  source.publish(3);
  const enter = async () => (await enterHls(`${base}/live/event.m3u8`)).playlists[0]!;
  const media = await enter();
  const checker = new PlaylistChecker();
  const load = async (url: URL) => checker.add((await fetchHls(url)).bytes.toString());
  for (let i = 0; i < 12 && !(await load(media)).isEnded; i++) source.publish(1);
  const playlist = await load(media);
  expect([playlist.isEnded, playlist.segments[0]!.number, checker.problems]).toEqual([true, 0, []]);
  source.publish(2);
  const next = await enter();
  expect(next.href).not.toBe(media.href);
  const later = parseMediaPlaylist((await fetchHls(next)).bytes.toString());
  expect([later.isEnded, hls.list().map(({ state }) => state)]).toEqual([false, ['ended', 'live']]);
});
