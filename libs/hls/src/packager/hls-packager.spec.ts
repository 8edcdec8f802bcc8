import { encodeAmf0 } from '#lib/amf';
import { LiveStream } from '#lib/live';
import { hex } from '#test/hex';
import { PlaylistChecker } from '#test/playlist-checker';
import { type MediaPlaylist, parseMediaPlaylist } from '#test/playlist-tags';
import { renderMediaPlaylist } from '../playlist/media-playlist.js';
import type { HlsSegment } from '../playlist/segment.js';
import { HlsPackager } from './hls-packager.js';
import type { PackagerOptions } from './packager-options.js';
import type { PackagerReceiver } from './packager-receiver.js';

// What playlists become of publishers that pause, stutter and change; every one that was to be seen has to keep the rules.

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const AVC_CONFIG = '17000000000164000affe100186764000aacb4313f36022000000300200000030281e244d401000468ef3cb0fdf8f800';
const CONFIG = { video: bytes(AVC_CONFIG), audio: bytes('af001210') };
const AAC_FRAME = bytes('af0121000005');
const FRAME = 1024 / 44.1;
const STEP = 40;

interface TestOptions extends Partial<PackagerOptions> {
  readonly metadata?: Record<string, number>;
}

/** A packager, and a publisher that sends what it is told to. */
class Bench implements PackagerReceiver {
  readonly packager: HlsPackager;
  readonly problems: string[] = [];
  readonly segments = new Map<string, HlsSegment[]>();
  readonly outgrown: string[] = [];
  readonly leftOut: string[] = [];
  readonly #checkers = new Map<string, PlaylistChecker>();
  #stream = this.#newStream();
  #wallTime = 1.7e12;
  #publishedAt = 0;
  #counts = { video: 0, audio: 0 };

  constructor({ metadata, ...options }: TestOptions = {}) {
    this.packager = new HlsPackager({ window: 4000, ...options }, this);
    if (metadata !== undefined) this.#stream.push(18, 0, encodeAmf0('@setDataFrame', 'onMetaData', metadata));
  }

  onPart(): void {
    if (!this.packager.prepare()) return;
    for (const rendition of this.packager.renditions) {
      const checker = this.#checkers.get(rendition.name) ?? new PlaylistChecker();
      this.#checkers.set(rendition.name, checker);
      checker.add(renderMediaPlaylist(rendition));
    }
  }

  onSegment({ name }: { name: string }, segment: HlsSegment, rest?: HlsSegment): void {
    const known = this.segments.get(name) ?? [];
    const parts = [...segment.parts, ...(rest?.parts ?? [])];
    this.segments.set(name, [...known, { ...segment, parts, duration: segment.duration + (rest?.duration ?? 0) }]);
  }

  onOutgrown(reason: string): void {
    this.outgrown.push(reason);
  }

  onLeftOut(what: string): void {
    this.leftOut.push(what);
  }

  get sent(): { video: number; audio: number } {
    return this.#counts;
  }

  configure(...kinds: Array<'video' | 'audio'>): this {
    for (const kind of kinds) this.#stream.push(kind === 'video' ? 9 : 8, 0, CONFIG[kind]);
    return this;
  }

  /** A sequence header of another video track. */
  configureTrack(trackId: number): this {
    this.#stream.push(9, 0, enhanced(0, trackId, bytes(AVC_CONFIG).subarray(5)));
    return this;
  }

  /**
   * Publishes from one moment to another, in milliseconds, with a key frame every two seconds.
   *
   * @param of whether there is a message of a kind at a moment
   */
  publish(from: number, to: number, of: (kind: 'video' | 'audio', time: number) => boolean = () => true): this {
    let sound = Math.ceil(from / FRAME);
    for (let time = from; time < to; time += STEP) {
      if (of('video', time)) this.picture(time, time % 2000 === 0);
      for (; sound * FRAME < time + STEP; sound++)
        if (of('audio', sound * FRAME)) this.sound(Math.round(sound * FRAME));
    }
    return this;
  }

  /** @param late milliseconds it is shown later than decoded */
  picture(time: number, isKey: boolean, trackId = 0, late = 0): void {
    this.#counts.video++;
    const nal = isKey ? '0000000465000001' : '0000000441000001';
    const payload = trackId === 0 ? bytes(`${isKey ? 17 : 27}01${late.toString(16).padStart(6, '0')}${nal}`) : enhanced(isKey ? 1 : 33, trackId, bytes(`${late.toString(16).padStart(6, '0')}${nal}`)); // prettier-ignore
    this.push(9, time, payload);
  }

  sound(time: number): void {
    this.#counts.audio++;
    this.push(8, time, AAC_FRAME);
  }

  /** The connection is lost, and another publisher comes. */
  reconnect(): this {
    this.packager.discontinue();
    this.#stream = this.#newStream();
    this.#publishedAt = 0;
    return this;
  }

  end(): this {
    this.packager.end();
    this.onPart();
    for (const { problems } of this.#checkers.values()) this.problems.push(...problems);
    return this;
  }

  playlist(name = 'main'): MediaPlaylist {
    return parseMediaPlaylist(renderMediaPlaylist(this.packager.find(name)!));
  }

  /** Samples in all segments. */
  samples(name = 'main'): number {
    return this.segments.get(name)!.reduce((sum, { parts }) => sum + parts.reduce((all, part) => all + samplesOf(part.bytes), 0), 0); // prettier-ignore
  }

  durations(name = 'main'): number[] {
    return this.segments.get(name)!.map(({ duration }) => Math.round(duration * 100) / 100);
  }

  push(type: number, time: number, payload: Uint8Array): void {
    this.#wallTime += Math.max(0, time - this.#publishedAt);
    this.#publishedAt = Math.max(time, this.#publishedAt);
    this.#stream.push(type, time, payload);
  }

  #newStream(): LiveStream {
    const stream = new LiveStream({ id: '1', app: 'live', name: 'x', path: 'live/x', startedAt: 0 });
    stream.addSink({ onMessage: (message) => this.packager.push(message, this.#wallTime), onEnd: () => {} });
    return stream;
  }
}

/** A message of one track of several (Enhanced RTMP v2): the frame type is the high nibble of `type`, the packet type the low one. */
function enhanced(type: number, trackId: number, body: Uint8Array): Uint8Array {
  const frameType = type >= 32 ? 2 : 1;
  return Buffer.concat([Uint8Array.of(0x80 | (frameType << 4) | 6, type & 15), Buffer.from('avc1'), Uint8Array.of(trackId), body]); // prettier-ignore
}

/** Samples of a fragment, of all its runs. */
function samplesOf(fragment: Uint8Array): number {
  const buffer = Buffer.from(fragment);
  let count = 0;
  for (let at = buffer.indexOf('trun'); at >= 0; at = buffer.indexOf('trun', at + 4))
    count += buffer.readUInt32BE(at + 8);
  return count;
}

const between = (from: number, to: number) => (time: number) => time >= from && time < to;

it('a stream that goes on has segments of the length of its groups of pictures', () => {
  const bench = new Bench().configure('video', 'audio').publish(0, 20_000).end();
  expect(bench.problems).toEqual([]);
  expect(bench.durations()).toEqual(Array(10).fill(2));
  expect(bench.samples()).toBe(bench.sent.video + bench.sent.audio);
});

describe('when pictures pause and audio goes on', () => {
  it.each([300, 1200, 12_000])('for %d ms, parts and segments go on, with everything in them', (length) => {
    const isPause = between(8400, 8400 + length);
    const bench = new Bench().configure('video', 'audio');
    bench.publish(0, 30_000, (kind, time) => kind === 'audio' || !isPause(time)).end();
    expect(bench.problems).toEqual([]);
    expect(bench.samples()).toBe(bench.sent.video + bench.sent.audio);
    expect(bench.durations().reduce((sum, one) => sum + one)).toBeCloseTo(30, 0);
  });

  it('players get new parts meanwhile', () => {
    const bench = new Bench().configure('video', 'audio').publish(0, 8400);
    const before = bench.playlist();
    bench.publish(8400, 14_400, (kind) => kind === 'audio');
    const now = bench.playlist();
    expect(now.segments.at(-1)!.number).toBeGreaterThan(before.segments.at(-1)!.number + 1);
  });
});

describe('when the publisher pauses', () => {
  it('for a moment, everything is in the segments there are', () => {
    const bench = new Bench().configure('video', 'audio');
    bench.publish(0, 20_000, (_kind, time) => !between(8100, 8700)(time)).end();
    expect(bench.problems).toEqual([]);
    expect(bench.samples()).toBe(bench.sent.video + bench.sent.audio);
    expect(bench.playlist().segments.some(({ isDiscontinuity }) => isDiscontinuity)).toBe(false);
  });

  it('for longer than a segment may be, the next one is behind a discontinuity', () => {
    const bench = new Bench({ playlist: 'event' }).configure('video', 'audio');
    bench.publish(0, 20_000, (_kind, time) => !between(8400, 14_000)(time)).end();
    expect(bench.problems).toEqual([]);
    expect(bench.samples()).toBe(bench.sent.video + bench.sent.audio);
    const { segments } = bench.playlist();
    expect(segments.filter(({ isDiscontinuity }) => isDiscontinuity)).toHaveLength(1);
    const at = segments.findIndex(({ isDiscontinuity }) => isDiscontinuity);
    expect(segments[at - 1]!.duration).toBeCloseTo(0.4, 1);
    expect(segments[at]!.programDateTime! - segments[0]!.programDateTime!).toBe(14_000);
  });

  it('and nobody else is there, pictures that are far apart stay together', () => {
    const bench = new Bench({ playlist: 'event' }).configure('video');
    for (let time = 0; time < 20_000; time += 1500) bench.picture(time, time % 3000 === 0);
    bench.end();
    expect(bench.problems).toEqual([]);
    expect([bench.samples(), bench.durations().filter((one) => one > 3.5)]).toEqual([bench.sent.video, []]);
  });
});

describe('of several tracks', () => {
  /** A second video track whose key frames are elsewhere. */
  const both = (bench: Bench, from: number, to: number, isThere: (time: number) => boolean = () => true) => {
    for (let time = from; time < to; time += STEP) {
      bench.publish(time, time + STEP, (kind) => kind === 'audio' || isThere(time));
      bench.picture(time, time % 3320 === 0, 1);
    }
  };

  it('all have the same segments, wherever their key frames are', () => {
    const bench = new Bench({ playlist: 'event' }).configure('video', 'audio').configureTrack(1);
    both(bench, 0, 20_000);
    const tagged = [bench.playlist('video0'), bench.playlist('video1')];
    bench.end();
    expect(bench.problems).toEqual([]);
    expect([...bench.segments.keys()].sort()).toEqual(['audio0', 'video0', 'video1']);
    const [one, two] = [bench.durations('video0'), bench.durations('video1')];
    expect(two).toHaveLength(one.length);
    for (const [index, duration] of one.entries()) expect(Math.abs(two[index]! - duration)).toBeLessThan(0.05);
    expect(bench.samples('video1')).toBe(500);
    expect(tagged.map(({ lines }) => lines.some(({ tag }) => tag === 'EXT-X-INDEPENDENT-SEGMENTS'))).toEqual([true, false]); // prettier-ignore
  });

  it.each([
    ['both', 0, 80],
    ['one of them', 80, 0],
  ])('segments begin with a key frame where B pictures of %s are decoded before others', (_name, later, late) => {
    const bench = new Bench({ playlist: 'event' }).configure('video', 'audio').configureTrack(1);
    for (let time = 0; time < 20_000; time += STEP) {
      // What is shown together is decoded together, or so much later.
      bench.publish(time, time + STEP, (kind) => kind === 'audio');
      bench.picture(time, time % 2000 === 0, 0, 80);
      if (time >= later) bench.picture(time, (time - later) % 2000 === 0, 1, late);
    }
    expect(bench.end().problems).toEqual([]);
    const independent = bench.segments.get('video1')!.map(({ isIndependent }) => isIndependent);
    expect(independent).toEqual(Array.from({ length: 10 }, () => true));
    expect(bench.segments.get('video0')).toHaveLength(10);
  });

  it.each([0, 100, 400])('segments of audio that is %d ms ahead have what they say they have', (ahead) => {
    const bench = new Bench({ playlist: 'event' }).configure('video', 'audio').configureTrack(1);
    let sound = 0;
    for (let time = 0; time < 12_000; time += STEP) {
      bench.publish(time, time + STEP, (kind) => kind === 'video');
      bench.picture(time, time % 2000 === 0, 1);
      for (; sound * FRAME < time + ahead + STEP; sound++) bench.sound(Math.round(sound * FRAME));
    }
    expect(bench.end().problems).toEqual([]);
    for (const { parts } of bench.segments.get('audio0')!) {
      for (const { duration, bytes: part } of parts)
        expect(Math.abs(samplesOf(part) * FRAME - duration * 1000)).toBeLessThan(FRAME);
    }
    expect(bench.samples('audio0')).toBe(bench.sent.audio);
  });

  it('the others go on when that which leads pauses', () => {
    const bench = new Bench({ playlist: 'event' }).configure('video', 'audio').configureTrack(1);
    both(bench, 0, 30_000, (time) => !between(8400, 18_400)(time));
    bench.end();
    expect(bench.problems).toEqual([]);
    const { segments } = bench.playlist('video0');
    expect(segments.filter(({ isGap }) => isGap).length).toBeGreaterThan(2);
    expect(bench.playlist('audio0').segments).toHaveLength(segments.length);
    expect(bench.samples('video1')).toBe(750);
  });
});

describe('tracks that are others', () => {
  const kinds = ['video', 'audio'] as const;

  it.each([
    ['video', 'both'],
    ['both', 'audio'],
    ['both', 'video'],
  ])('%s, and %s when the publisher comes back: the playlists end', (before, after) => {
    const bench = new Bench();
    const publish = (which: string) => {
      const there = kinds.filter((kind) => which === 'both' || which === kind);
      bench.configure(...there).publish(0, 8000, (kind) => there.includes(kind));
    };
    publish(before);
    bench.reconnect();
    publish(after);
    expect(bench.outgrown).toEqual(['tracks']);
    expect(bench.end().problems).toEqual([]);
    expect(bench.playlist().isEnded).toBe(true);
  });

  it('the same when the publisher comes back, and the playlists go on', () => {
    const bench = new Bench({ playlist: 'event' }).configure('video', 'audio').publish(0, 8000).reconnect();
    bench.configure('video', 'audio').publish(0, 8000).end();
    expect([bench.outgrown, bench.problems]).toEqual([[], []]);
    // And the last part, which is a segment of its own.
    expect(bench.playlist().segments).toHaveLength(8 + 1);
  });

  it('are waited for when metadata speaks of them', () => {
    const metadata = { videocodecid: 7, audiocodecid: 10 };
    const bench = new Bench({ metadata }).configure('video');
    bench
      .publish(0, 4000, (kind) => kind === 'video')
      .configure('audio')
      .publish(4000, 8000);
    expect(bench.end().problems).toEqual([]);
    expect([bench.outgrown, bench.packager.renditions.map(({ tracks }) => tracks.length)]).toEqual([[], [2]]);
  });

  it.each([
    ['neither', { width: 320, height: 180 }, { video: false, audio: false }],
    ['video alone, and sound was published before', { videocodecid: 7 }, { video: true, audio: true }],
  ])('are waited for when metadata speaks of %s', (_name, metadata, kinds) => {
    const bench = new Bench({ metadata }).configure('video');
    bench.packager.expectKinds(kinds);
    bench.picture(0, true);
    bench.push(8, 20, hex('2e fffb9064')); // MP3 has no sequence header
    expect(bench.packager.renditions.flatMap(({ tracks }) => tracks.map(({ format }) => format.codec))).toEqual(['avc', 'mp3']); // prettier-ignore
  });

  it('and come later without a word of them: the playlists end', () => {
    const bench = new Bench().configure('video');
    bench
      .publish(0, 8000, (kind) => kind === 'video')
      .configure('audio')
      .publish(8000, 12_000);
    expect(bench.outgrown).toEqual(['tracks']);
    expect(bench.end().problems).toEqual([]);
  });

  it.each([
    ['pictures in AV1', 9, '90 61763031 81000c00', 'a1 61763031 0000'],
    ['sound in Opus', 8, '90 4f707573 4f707573486561640102380180bb0000000000', '91 4f707573 fc'],
  ])('and go on as %s, which MPEG-TS cannot have: the playlists end', (_name, type, header, frame) => {
    const metadata = { width: 320, height: 180 };
    const bench = new Bench({ container: 'ts', metadata }).configure('video', 'audio').publish(0, 8000);
    const isOther = (kind: string) => (kind === 'video') === (type === 9);
    bench.push(type, 8000, hex(header));
    bench.push(type, 8000, hex(frame));
    bench.publish(8000, 9000, (kind) => !isOther(kind));
    expect(bench.outgrown).toEqual(['tracks']);
    expect(bench.end().problems).toEqual([]);
    expect(bench.playlist().isEnded).toBe(true);
  });

  it('are not led by one of which nothing comes', () => {
    const bench = new Bench()
      .configure('video', 'audio')
      .publish(0, 8000, (kind) => kind === 'audio')
      .end();
    expect(bench.durations('audio').length).toBeGreaterThan(2);
  });
});

it('an event that has more than may be kept ends whole', () => {
  const bench = new Bench({ playlist: 'event', maxBytes: 20_000 }).configure('video', 'audio').publish(0, 60_000);
  expect(bench.outgrown).toEqual(['bytes']);
  expect(bench.end().problems).toEqual([]);
  expect([bench.playlist().isEnded, bench.playlist().segments[0]!.number]).toEqual([true, 0]);
  expect(bench.packager.byteLength).toBeLessThan(30_000);
});

it('a variant of which nothing was measured has the rate that metadata says', () => {
  const bench = new Bench({ metadata: { videocodecid: 7, videodatarate: 500 } }).configure('video').configureTrack(1);
  bench.picture(0, true, 1);
  bench.picture(0, true);
  for (let time = 40; time < 3000; time += 40) bench.picture(time, false);
  const rates = [...bench.packager.multivariant('').matchAll(/[^-]BANDWIDTH=(\d+)/gu)].map(([, rate]) => Number(rate));
  expect(rates).toHaveLength(2);
  expect(rates[1]).toBe(600_000);
});

it.each([
  ['Speex beside pictures', [8, 'b2 0102'], ['video'], ['audio in speex']],
  ['AAC whose header is cut off', [8, 'af01 2110'], ['video'], ['audio in aac whose configuration is missing or cannot be used']], // prettier-ignore
  ['H.263 beside sound', [9, '12 0000'], ['audio'], ['video in sorenson-h263']],
] as const)('%s is left out, which is told once', (_name, [type, payload], kinds, told) => {
  const bench = new Bench().configure(...kinds);
  for (let time = 0; time < 8000; time += 1000) {
    bench.publish(time, time + 1000, (kind) => (kinds as readonly string[]).includes(kind));
    bench.push(type, time, hex(payload));
  }
  expect([bench.leftOut, bench.end().problems]).toEqual([told, []]);
});

it('keeps nothing of a stream that is to have no playlist', () => {
  const metadata = { width: 320, height: 180 };
  const bench = new Bench({ container: 'ts', metadata });
  bench.push(9, 0, hex('90 61763031 81000c00'));
  const picture = Buffer.concat([hex('91 61763031'), new Uint8Array(50_000)]);
  for (let time = 0; time < 20_000; time += 40) bench.push(9, time, picture);
  expect(bench.leftOut).toEqual(['video in av1']);
  expect(bench.packager.byteLength).toBeLessThan(2_000_000);
  // Sound that comes after all has a playlist.
  bench.configure('audio').publish(20_000, 26_000, (kind) => kind === 'audio');
  expect(bench.end().durations('audio').length).toBeGreaterThan(1);
});
