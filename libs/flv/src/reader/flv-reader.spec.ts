import { readFileSync } from 'node:fs';
import { FlvDemuxer } from '../demuxer/flv-demuxer.js';
import { FLV_PREAMBLE_LENGTH, writeFlvHeader } from '../file-header.js';
import { writeOnMetaData } from '../script/write-on-meta-data.js';
import { classifyMedia } from '../tag/classify-media.js';
import { MediaFlags } from '../tag/media-flags.js';
import { tagLength, TagType, writePreviousTagSize, writeTagHeader } from '../tag/tag-header.js';
import { type FlvMessage, FlvReader } from './flv-reader.js';

/** A file that FFmpeg wrote: two key frames and no index. */
const published = readFileSync('test/fixtures/published.flv');

interface Tag {
  readonly type: number;
  readonly time: number;
  readonly payload: Uint8Array;
}

const video = (time: number, ...payload: number[]): Tag => ({
  type: TagType.Video,
  time,
  payload: Uint8Array.from(payload),
});
const header = (time: number, byte = 0) => video(time, 0x17, 0, 0, 0, 0, byte);
const key = (time: number) => video(time, 0x17, 1, 0, 0, 0, 9);
const inter = (time: number) => video(time, 0x27, 1, 0, 0, 0, 9);
const audio = (time: number): Tag => ({ type: TagType.Audio, time, payload: Uint8Array.of(0x2e, 1, 2) });
const script = (properties: Parameters<typeof writeOnMetaData>[0]): Tag => ({
  type: TagType.Script,
  time: 0,
  payload: writeOnMetaData(properties),
});

/** A file, and where each of its tags begins. */
function fileOf(...tags: Tag[]): { bytes: Uint8Array; positions: number[] } {
  const parts = [writeFlvHeader({ hasAudio: true, hasVideo: true })];
  const positions: number[] = [];
  let position = FLV_PREAMBLE_LENGTH;
  for (const { type, time, payload } of tags) {
    const bytes = new Uint8Array(tagLength(payload.length));
    const at = writeTagHeader(bytes, 0, type, payload.length, time);
    bytes.set(payload, at);
    writePreviousTagSize(bytes, at + payload.length, payload.length);
    parts.push(bytes);
    positions.push(position);
    position += bytes.length;
  }
  return { bytes: Buffer.concat(parts), positions };
}

/** A file, read in pieces; counts what was read. */
class Reading {
  readonly reader = new FlvReader();
  read = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly piece = 40,
  ) {}

  head(): boolean {
    while (!this.reader.readHead()) if (!this.#more()) return false;
    return true;
  }

  next(): FlvMessage | undefined {
    for (;;) {
      const message = this.reader.next();
      if (message !== undefined) return message;
      if (!this.#more() && !this.reader.end()) return undefined;
    }
  }

  /** Seeks; what comes then. */
  seek(time: number): FlvMessage | undefined {
    this.reader.seek(time);
    return this.next();
  }

  rest(): FlvMessage[] {
    const messages: FlvMessage[] = [];
    for (let message = this.next(); message !== undefined; message = this.next()) messages.push(message);
    return messages;
  }

  #more(): boolean {
    const { wanted } = this.reader;
    const bytes = this.bytes.slice(wanted, wanted + this.piece);
    this.read += bytes.length;
    if (bytes.length > 0) this.reader.push(bytes);
    return bytes.length > 0;
  }
}

/** Coded tags by another way. */
function codedTags(bytes: Uint8Array): Array<{ timestamp: number; position: number; isKey: boolean }> {
  const demuxer = new FlvDemuxer();
  demuxer.push(bytes.slice());
  const tags: Array<{ timestamp: number; position: number; isKey: boolean }> = [];
  for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
    if (unit.type !== 'tag') continue;
    const flags = classifyMedia(unit.tagType, unit.payload);
    const { timestamp, position } = unit;
    if (flags & MediaFlags.Coded) tags.push({ timestamp, position, isKey: (flags & MediaFlags.KeyFrame) !== 0 });
  }
  return tags;
}

describe('a file of FFmpeg', () => {
  const tags = codedTags(published);
  const lastKeyBefore = (time: number) => tags.findLast((tag) => tag.isKey && tag.timestamp <= time) ?? tags[0]!;

  it.each([7, 1000, 1 << 20])('is read to the end in pieces of %i bytes', (piece) => {
    const reading = new Reading(published, piece);
    expect(reading.head()).toBe(true);
    expect(reading.reader.metadata).toMatchObject({ width: expect.any(Number), encoder: expect.any(String) });
    const positions = reading.rest().filter(({ flags }) => flags & MediaFlags.Coded);
    expect(positions.map(({ position }) => position)).toEqual(tags.map(({ position }) => position));
    expect(
      reading.reader
        .configurationsAt(Infinity)
        .map(({ tagType }) => tagType)
        .sort((a, b) => a - b),
    ).toEqual([8, 9]);
  });

  it('is read on from the last key frame at or before any time', () => {
    expect(tags.filter((tag) => tag.isKey).length).toBeGreaterThan(1);
    const reading = new Reading(published, 1000);
    reading.head();
    const times = [0, 1, 500, 999, 1000, 1001, 2500, 1200, 1e9, 3000, 0, ...tags.map(({ timestamp }) => timestamp)];
    for (const time of times) expect(reading.seek(time)!.position).toBe(lastKeyBefore(time).position);
  });

  it('gives the rest behind a key frame, each tag once', () => {
    const reading = new Reading(published, 1000);
    reading.head();
    const first = reading.seek(1500)!;
    const rest = [first, ...reading.rest()].filter(({ flags }) => flags & MediaFlags.Coded);
    const wanted = tags.filter(({ position }) => position >= first.position);
    expect(rest.map(({ position }) => position)).toEqual(wanted.map(({ position }) => position));
  });
});

/** 100 groups of a second, each of four pictures, with an index of every tenth. */
function long(metadata: (positions: number[]) => Tag): { bytes: Uint8Array; positions: number[] } {
  const groups = Array.from({ length: 100 }, (_, i) =>
    [0, 250, 500, 750].map((ms) => (ms === 0 ? key : inter)(i * 1000 + ms)),
  );
  const tags = [header(0), ...groups.flat()];
  // The metadata tag is as long in both rounds: numbers always are.
  const { positions } = fileOf(metadata(tags.map(() => 0)), ...tags);
  const file = fileOf(metadata(positions), ...tags);
  return file;
}

const everyTenth = (positions: number[], shift = 0): Tag =>
  script({
    duration: 100,
    keyframes: {
      filepositions: Array.from({ length: 10 }, (_, i) => (positions[2 + i * 40] ?? 0) + shift),
      times: Array.from({ length: 10 }, (_, i) => i * 10),
    },
  });

describe('the index of key frames', () => {
  const file = long((positions) => everyTenth(positions));

  it.each([0, 999, 10_000, 13_500, 99_999])('leads to %i ms without reading what lies before', (time) => {
    const reading = new Reading(file.bytes);
    reading.head();
    const before = reading.read;
    expect(reading.reader.duration).toBe(100_000);
    expect(reading.seek(time)!.timestamp).toBe(Math.floor(time / 1000) * 1000);
    expect(reading.read - before).toBeLessThan(file.bytes.length / 8);
  });

  it.each([
    ['of another file', (positions: number[]) => everyTenth(positions, 27)],
    ['that leads behind the end', (positions: number[]) => everyTenth(positions, 1e9)],
    ['that leads to other key frames', (positions: number[]) => everyTenth(positions, 4 * 24)],
    ['of nothing but nonsense', () => script({ keyframes: { filepositions: [NaN, -1, 7], times: ['a', 1, 2] } })],
    ['without times', () => script({ keyframes: { filepositions: [100, 200] } })],
  ])('is not believed when it is one %s', (_what, metadata) => {
    const reading = new Reading(long(metadata).bytes);
    reading.head();
    expect(reading.seek(55_500)!.timestamp).toBe(55_000);
    expect(reading.seek(20_100)!.timestamp).toBe(20_000);
  });

  it('is made while reading when there is none', () => {
    const reading = new Reading(long(() => script({ duration: 0 })).bytes);
    reading.head();
    expect(reading.reader.duration).toBeUndefined();
    expect(reading.seek(90_500)!.timestamp).toBe(90_000);
    const before = reading.read;
    expect(reading.seek(89_500)!.timestamp).toBe(89_000);
    expect(reading.seek(10_500)!.timestamp).toBe(10_000);
    expect(reading.read - before).toBeLessThan(1000);
  });
});

describe('configurations', () => {
  it('are those that hold at the place, also after going back', () => {
    const { bytes } = fileOf(header(0, 1), key(0), inter(500), header(1000, 2), key(1000), inter(1500));
    const reading = new Reading(bytes);
    reading.head();
    const last = (time: number) =>
      reading.reader.configurationsAt(reading.seek(time)!.position).map(({ payload }) => payload[5]);
    expect(last(0)).toEqual([1]);
    expect(last(1200)).toEqual([2]);
    expect(last(500)).toEqual([1]);
  });
});

describe('odd files', () => {
  it('begin at audio when there is no picture before', () => {
    const reading = new Reading(fileOf(header(0), audio(0), audio(100), audio(200), key(300), inter(400)).bytes);
    reading.head();
    expect(reading.seek(150)!.timestamp).toBe(100);
    expect(reading.seek(300)!.timestamp).toBe(300);
  });

  it('without video are sought in as well', () => {
    const reading = new Reading(fileOf(...Array.from({ length: 50 }, (_, i) => audio(i * 100))).bytes);
    reading.head();
    expect(reading.seek(2550)!.timestamp).toBe(2500);
    expect(reading.seek(1e6)!.timestamp).toBe(4900);
    expect(reading.seek(0)!.timestamp).toBe(0);
  });

  it('end where they are no FLV any more, and say so', () => {
    const { bytes } = fileOf(header(0), key(0), key(1000));
    const reading = new Reading(Buffer.concat([bytes, Buffer.alloc(200, 0xff), fileOf(key(2000)).bytes.subarray(13)]));
    reading.head();
    expect(reading.rest().map(({ timestamp }) => timestamp)).toEqual([0, 1000]);
    expect(reading.reader.damage).toContain('tag header');
    expect(reading.seek(1e6)!.timestamp).toBe(1000);
    expect(reading.rest()).toEqual([]);
  });

  it('that are cut off give all whole tags, and more when it has been written', () => {
    const { bytes } = fileOf(header(0), key(0), inter(100), inter(200));
    const reading = new Reading(bytes.subarray(0, bytes.length - 10));
    reading.head();
    expect(reading.rest().map(({ timestamp }) => timestamp)).toEqual([0, 100]);
    reading.reader.push(bytes.slice(reading.reader.wanted));
    expect(reading.next()!.timestamp).toBe(200);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['no FLV', Buffer.from('this is no FLV, but long enough for a header')],
    ['a header only', writeFlvHeader({ hasAudio: true, hasVideo: true })],
    ['configurations only', fileOf(header(0)).bytes],
  ])('that hold %s have no head', (_what, bytes) => {
    expect(new Reading(bytes).head()).toBe(false);
  });

  it('give no negative times, and leave out what cannot be played', () => {
    const { bytes } = fileOf(video(0), video(0, 0x17), key(-5), inter(20));
    const reading = new Reading(bytes);
    reading.head();
    expect(reading.rest().map(({ timestamp }) => timestamp)).toEqual([0, 20]);
  });
});
