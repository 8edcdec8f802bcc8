import { Amf0Decoder, type AmfObject, type AmfValue, AmfXml, typedObject } from '#lib/amf';
import { hex, toHex } from '#test/hex';
import { type Publisher, publishedMessages } from '#test/published-messages';
import { FlvDemuxer, type FlvTag } from '../demuxer/flv-demuxer.js';
import { FlvUsageError } from '../errors.js';
import { readOnMetaData } from '../script/script-tag.js';
import { tagLength, TagType } from '../tag/tag-header.js';
import { FlvMuxer, type FlvMuxerOptions } from './flv-muxer.js';
import type { FlvSummary } from './flv-summary.js';

const AVC_CONFIG = hex(
  '17 00 000000 0142c00cffe1 0017 6742c00cda05067e7c0440000003004000000c83c50aa8 01 0004 68ce0fc8',
);
const KEY = hex('17 01 000000 00000001 65');
const INTER = hex('27 01 000000 00000001 41');
const AAC_CONFIG = hex('AF 00 1190 56E500');
const AAC = hex('AF 01 2100');

function cycle(): AmfObject {
  const object: AmfObject = {};
  object['self'] = object;
  return object;
}

type Message = readonly [tagType: number, timestamp: number, payload: Uint8Array];

interface Written {
  /** The file as it grew, before anything was overwritten. */
  readonly growing: Uint8Array;
  readonly finished: Uint8Array;
  readonly summary: FlvSummary;
}

function write(messages: readonly Message[], options: Partial<FlvMuxerOptions> = {}, metadata?: AmfObject): Written {
  const muxer = new FlvMuxer(options);
  if (metadata !== undefined) muxer.setMetadata(metadata);
  const header = muxer.header();
  const length = messages.reduce((total, [, , payload]) => total + tagLength(payload.length), header.length);
  const growing = new Uint8Array(length);
  growing.set(header);
  let at = header.length;
  for (const [tagType, timestamp, payload] of messages) at = muxer.writeTag(growing, at, tagType, timestamp, payload);
  expect([at, muxer.position]).toEqual([length, length]);
  const summary = muxer.finish();
  const finished = growing.slice();
  for (const { position, bytes } of summary.patches) finished.set(bytes, position);
  return { growing, finished, summary };
}

function tags(file: Uint8Array): FlvTag[] {
  const demuxer = new FlvDemuxer();
  demuxer.push(file);
  const result: FlvTag[] = [];
  for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
    if (unit.type !== 'tag') continue;
    expect(unit.previousTagSize).toBe(11 + unit.payload.length);
    result.push(unit);
  }
  expect(demuxer.pendingLength).toBe(0);
  return result;
}

function metadataOf(file: Uint8Array): AmfObject {
  const [first] = tags(file);
  expect(first).toMatchObject({ tagType: TagType.Script, timestamp: 0, position: 13 });
  return readOnMetaData(first!.payload)!.properties;
}

function published(publisher: Publisher): Message[] {
  return publishedMessages(publisher)
    .filter(({ messageTypeId }) => messageTypeId !== TagType.Script)
    .map(({ messageTypeId, timestamp, payload }) => [messageTypeId, timestamp, payload]);
}

/** Key frames every second at 25 pictures per second, and audio in between. */
function clip(seconds: number): Message[] {
  const messages: Message[] = [
    [TagType.Video, 0, AVC_CONFIG],
    [TagType.Audio, 0, AAC_CONFIG],
  ];
  for (let frame = 0; frame < seconds * 25; frame += 1) {
    messages.push([TagType.Video, frame * 40, frame % 25 === 0 ? KEY : INTER]);
    messages.push([TagType.Audio, frame * 40 + 10, AAC]);
  }
  return messages;
}

describe('FlvMuxer', () => {
  it('writes tags byte for byte', () => {
    const { growing } = write([[TagType.Audio, 0x01020304, AAC]]);
    expect(toHex(growing.subarray(-19))).toBe(toHex(hex('08 000004 020304 01 000000 AF012100 0000000f')));
  });

  it('keeps 31 bits of a timestamp', () => {
    const { growing } = write([[TagType.Audio, 0x80000005, AAC]]);
    expect(tags(growing)[1]!.timestamp).toBe(5);
  });

  it('is a whole file at any moment, with a duration of 0', () => {
    const { growing } = write(clip(2));
    expect(toHex(growing.subarray(0, 13))).toBe(toHex(hex('464c56 01 05 00000009 00000000')));
    expect(tags(growing)).toHaveLength(1 + 2 + 100);
    expect(metadataOf(growing)).toEqual({ duration: 0, filesize: 0, metadatacreator: 'nest-rtmp' });
  });

  it('tells the truth in the end', () => {
    const { growing, finished, summary } = write(clip(3));
    expect(finished).toHaveLength(growing.length);
    expect(metadataOf(finished)).toMatchObject({
      duration: 3.01,
      width: 320,
      height: 180,
      framerate: 25,
      videocodecid: 7,
      audiocodecid: 10,
      audiosamplerate: 48000,
      audiochannels: 2,
      stereo: true,
      filesize: finished.length,
      hasVideo: true,
      hasAudio: true,
      hasKeyframes: true,
      canSeekToEnd: false,
      lasttimestamp: 2.97,
      lastkeyframetimestamp: 2,
    });
    expect(summary).toMatchObject({
      duration: 3010,
      fileSize: finished.length,
      keyframes: 3,
      tracks: [
        { kind: 'video', trackId: 0, codecId: 7, frames: 75, width: 320, height: 180 },
        { kind: 'audio', trackId: 0, codecId: 10, frames: 75, sampleRate: 48000, channels: 2 },
      ],
    });
  });

  it('counts rates over the whole duration', () => {
    const { finished } = write([
      [TagType.Video, 0, KEY],
      [TagType.Video, 500, new Uint8Array([0x27, 1, ...new Uint8Array(987)])],
    ]);
    // 21 and 1000 bytes of tags in one second
    expect(metadataOf(finished)).toMatchObject({ duration: 1, videosize: 1021, videodatarate: 8.168 });
  });

  it('does not take a gap for the length of the last frame', () => {
    const times = [0, 40, 80, 5000];
    expect(write(times.map((time) => [TagType.Video, time, INTER])).summary.duration).toBe(5040);
  });

  it('describes the first configuration when there are several', () => {
    const HALF_SIZE = hex(
      '17 00 000000 0142c00bffe1 0018 6742c00bda0a37e4c044000003000400000300c83c50aa80 01 0004 68ce0fc8',
    );
    const messages = clip(2);
    const { finished } = write([...messages, [TagType.Video, 2000, HALF_SIZE], [TagType.Video, 2000, KEY]]);
    const { keyframes, ...metadata } = metadataOf(finished);
    expect(metadata).toMatchObject({ width: 320, height: 180 });
    const { filepositions } = keyframes as { filepositions: number[] };
    expect(filepositions[0]).toBe(tags(finished)[1]!.position);
    expect(metadataOf(write([[TagType.Video, 0, HALF_SIZE]]).finished)).toMatchObject({ width: 160, height: 90 });
  });

  it('divides the bytes of a tag among its tracks', () => {
    const tag = hex('96 13 61766331 00 000005 0000000165 01 000006 000000024100');
    const { tracks } = write([[TagType.Video, 0, tag]]).summary;
    expect(tracks.map(({ trackId, bytes }) => [trackId, bytes])).toEqual([
      [0, 11 + tag.length - 6],
      [1, 6],
    ]);
  });

  it('finishes as often as one likes, and goes on', () => {
    const muxer = new FlvMuxer();
    const target = new Uint8Array(1000);
    muxer.header();
    for (const [tagType, timestamp, payload] of clip(1)) {
      muxer.writeTag(target, 0, tagType, timestamp, payload);
      muxer.finish();
    }
    expect(muxer.finish()).toMatchObject({ duration: 1010, fileSize: muxer.position });
    expect(muxer.duration).toBe(1010);
  });

  it('keeps books of tags that others write', () => {
    const [writing, accounting] = [new FlvMuxer(), new FlvMuxer()];
    const target = new Uint8Array(1000);
    for (const muxer of [writing, accounting]) muxer.header();
    for (const [tagType, timestamp, payload] of clip(3)) {
      writing.writeTag(target, 0, tagType, timestamp, payload);
      accounting.account(tagType, timestamp, payload);
    }
    expect(accounting.finish()).toEqual(writing.finish());
  });

  it.each([
    ['nothing', [], '00'],
    ['sequence headers alone', clip(0), '00'],
    ['audio', clip(1).filter(([tagType]) => tagType === TagType.Audio), '04'],
    ['video', clip(1).filter(([tagType]) => tagType === TagType.Video), '01'],
  ])('says in the header that there is %s', (_name, messages, flags) => {
    const { finished, summary } = write(messages);
    expect(toHex(finished.subarray(4, 5))).toBe(flags);
    expect(metadataOf(finished)).toMatchObject({ hasAudio: summary.hasAudio, hasVideo: summary.hasVideo });
  });

  it.each<[Publisher, AmfObject]>([
    ['h264_ac3', { videocodecid: 7, width: 320, height: 180, audiocodecid: 1633889587, audiosamplerate: 48000 }],
    ['hevc_opus', { videocodecid: 1752589105, width: 320, height: 180, audiocodecid: 1332770163, audiochannels: 1 }],
    ['av1_opus', { videocodecid: 1635135537, width: 320, height: 180, audiosamplerate: 48000, stereo: false }],
    ['vp9_flac', { videocodecid: 1987063865, audiocodecid: 1716281667, audiosamplerate: 48000, audiosamplesize: 16 }],
  ])('describes %s', (publisher, expected) => {
    const metadata = metadataOf(write(published(publisher)).finished);
    expect(metadata).toMatchObject({ ...expected, framerate: 25, hasKeyframes: true });
    expect(metadata['duration']).toBeCloseTo(3, 0);
  });

  it('describes further tracks in maps of their own', () => {
    const { finished, summary } = write(published('multi'));
    expect(metadataOf(finished)).toMatchObject({
      videocodecid: 7,
      width: 320,
      height: 180,
      videoTrackIdInfoMap: { '1': { videocodecid: 1635148593, width: 160, height: 90, framerate: 25 } },
      audioTrackIdInfoMap: { '1': { audiocodecid: 1836069985, samplerate: 48000, channels: 1 } },
    });
    expect(summary.tracks.map(({ kind, trackId, frames }) => [kind, trackId, frames])).toEqual([
      ['video', 0, 75],
      ['video', 1, 75],
      ['audio', 0, 142],
      ['audio', 1, 142],
    ]);
    const { videoTrackIdInfoMap } = metadataOf(finished) as { videoTrackIdInfoMap: Record<string, AmfObject> };
    expect(videoTrackIdInfoMap['1']!['videodatarate']).toBeCloseTo(
      (summary.tracks[1]!.bytes * 8) / summary.duration,
      2,
    );
    const sizes = summary.tracks.reduce((total, { bytes }) => total + bytes, 0);
    expect(sizes).toBe(
      tags(finished).reduce((total, { payload }) => total + 11 + payload.length, 0) -
        tags(finished)[0]!.payload.length -
        11,
    );
  });
});

describe('the index of key frames', () => {
  function indexOf(file: Uint8Array): { filepositions: number[]; times: number[] } {
    const { keyframes } = metadataOf(file) as { keyframes: { filepositions: number[]; times: number[] } };
    expect(Object.keys(keyframes)).toEqual(['filepositions', 'times']); // FFmpeg wants this order
    expect(keyframes.filepositions).toHaveLength(keyframes.times.length);
    return keyframes;
  }

  it('has the sequence header at its head, then every key frame', () => {
    const { finished } = write(clip(4));
    const { filepositions, times } = indexOf(finished);
    expect(times).toEqual([0, 0, 1, 2, 3]);
    const at = new Map(tags(finished).map((tag) => [tag.position, tag]));
    expect(filepositions.map((position) => toHex(at.get(position)!.payload.subarray(0, 2)))).toEqual([
      '1700',
      '1701',
      '1701',
      '1701',
      '1701',
    ]);
    expect(times.slice(1)).toEqual(filepositions.slice(1).map((position) => at.get(position)!.timestamp / 1000));
  });

  it('thins out when it is full, and stays true', () => {
    const { growing, finished } = write(clip(100), { keyframeIndexSlots: 16 });
    expect(growing.length).toBe(finished.length);
    const { filepositions, times } = indexOf(finished);
    expect(times).toEqual([0, 0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96]);
    const at = new Map(tags(finished).map((tag) => [tag.position, tag]));
    expect(filepositions.map((position) => at.get(position)!.timestamp / 1000)).toEqual(times);
  });

  it('gives way to the description of further tracks', () => {
    const messages = [...published('multi'), ...published('multi'), ...published('multi')];
    const metadata = metadataOf(write(messages, { keyframeIndexSlots: 16 }).finished);
    expect(metadata).toHaveProperty('videoTrackIdInfoMap');
    const { times } = metadata['keyframes'] as { times: number[] };
    expect(times.length).toBeGreaterThan(1);
    expect(times.length).toBeLessThan(10);
  });

  it('can be left out, and the description of further tracks with it', () => {
    const metadata = metadataOf(write(published('multi'), { keyframeIndexSlots: 0 }).finished);
    expect(metadata).not.toHaveProperty('keyframes');
    expect(metadata).not.toHaveProperty('videoTrackIdInfoMap');
    expect(metadata).toMatchObject({ width: 320, hasKeyframes: false });
  });

  it('is not there without key frames', () => {
    const { finished } = write(clip(1).filter(([tagType]) => tagType === TagType.Audio));
    expect(metadataOf(finished)).not.toHaveProperty('keyframes');
  });

  it('takes its room from a value behind the properties, so that no tag is padded', () => {
    const [growing, finished] = [write(clip(4)).growing, write(clip(4)).finished].map((file) => tags(file)[0]!.payload);
    expect(growing!.length).toBe(finished!.length);
    for (const payload of [growing!, finished!]) {
      const decoder = new Amf0Decoder(payload);
      expect([decoder.next(), typeof decoder.next(), typeof decoder.next()]).toEqual([
        'onMetaData',
        'object',
        'string',
      ]);
      expect(decoder.done).toBe(true);
    }
  });
});

describe("the publisher's metadata", () => {
  const OBS = {
    duration: 0,
    fileSize: 0,
    width: 1920,
    height: 1080,
    videocodecid: 'avc1',
    framerate: 60,
    audiosamplerate: 44100,
    stereo: true,
    '2.1': false,
    encoder: 'obs-output module (libobs version 32.2.0)',
  };

  it('is kept where it is not known, and from the start', () => {
    const { growing, finished } = write([], {}, OBS);
    const kept = { encoder: OBS.encoder, '2.1': false, width: 1920, height: 1080, framerate: 60, stereo: true };
    expect(metadataOf(growing)).toEqual({
      duration: 0,
      filesize: 0,
      audiosamplerate: 44100,
      metadatacreator: 'nest-rtmp',
      ...kept,
    });
    expect(metadataOf(finished)).toMatchObject(kept);
    expect(metadataOf(finished)).not.toHaveProperty('fileSize');
    expect(metadataOf(finished)).not.toHaveProperty('videocodecid');
  });

  it('gives way to what is in the file', () => {
    const metadata = metadataOf(write(clip(2), {}, OBS).finished);
    expect(metadata).toMatchObject({ width: 320, height: 180, framerate: 25, videocodecid: 7, audiosamplerate: 48000 });
    expect(Object.keys(metadata).slice(0, 3)).toEqual(['duration', 'width', 'height']);
  });

  it('is believed about the frame rate when what was counted is near', () => {
    expect(metadataOf(write(clip(2), {}, { framerate: 24.97 }).finished)['framerate']).toBe(25);
    const video = clip(2).filter(([, , payload]) => payload !== AVC_CONFIG);
    expect(metadataOf(write(video, {}, { framerate: 24.97 }).finished)['framerate']).toBe(24.97);
    expect(metadataOf(write(video, {}, { framerate: 30 }).finished)['framerate']).toBe(25);
  });

  it('loses what is too long, what can not be said and what a file says itself', () => {
    const { finished } = write(
      [],
      { maxMetadataLength: 130 },
      {
        long: 'x'.repeat(200),
        short: 'y',
        first: 'x'.repeat(40),
        second: 'x'.repeat(60),
        many: Array.from({ length: 20 }, () => 1),
        nan: NaN,
        nothing: undefined,
        width: NaN,
        stereo: 'yes',
        '': 'nameless',
        filesize: 99,
        keyframes: { filepositions: [1], times: [0] },
        nested: { deeper: { value: 1 } },
      },
    );
    const metadata = metadataOf(finished);
    expect(metadata).toMatchObject({
      short: 'y',
      first: 'x'.repeat(40),
      nested: { deeper: { value: 1 } },
      filesize: finished.length,
    });
    for (const key of ['long', 'second', 'many', 'nan', 'nothing', 'width', 'stereo', '', 'keyframes']) {
      expect(metadata).not.toHaveProperty([key]);
    }
  });

  it.each<[string, AmfValue]>([
    ['bytes', Uint8Array.of(1)],
    ['XML', new AmfXml('<a/>')],
    ['a typed object', typedObject('A', { b: 1 })],
    ['an array of them', [1, Uint8Array.of(1)]],
    ['an object with a nameless property', { '': 1 }],
    ['a value inside itself', cycle()],
  ])('loses what readers of files choke on: %s', (_name, value) => {
    const metadata = metadataOf(write([], {}, { before: 1, value, after: new Date(0) }).finished);
    expect(metadata).toMatchObject({ before: 1, after: new Date(0) });
    expect(metadata).not.toHaveProperty('value');
  });

  it('can not reach the prototypes', () => {
    const hostile = JSON.parse('{"__proto__": {"duration": 5}, "constructor": "x"}') as AmfObject;
    const metadata = metadataOf(write([], {}, hostile).finished);
    expect(Object.keys(metadata)).toEqual(expect.arrayContaining(['__proto__', 'constructor', 'duration']));
    expect(({} as { duration?: number }).duration).toBeUndefined();
  });
});

describe('wrong use of FlvMuxer', () => {
  it.each<[string, Partial<FlvMuxerOptions>]>([
    ['one slot', { keyframeIndexSlots: 1 }],
    ['half a slot', { keyframeIndexSlots: 2.5 }],
    ['more slots than a tag can hold', { keyframeIndexSlots: 1_000_000 }],
    ['a negative length', { maxMetadataLength: -1 }],
    ['a long name', { creator: 'x'.repeat(256) }],
  ])('rejects %s', (_name, options) => {
    expect(() => new FlvMuxer(options).header()).toThrow(FlvUsageError);
  });

  it('rejects calls out of order', () => {
    const muxer = new FlvMuxer();
    expect(() => muxer.writeTag(new Uint8Array(99), 0, TagType.Audio, 0, AAC)).toThrow(/header\(\) must be called/);
    expect(() => muxer.finish()).toThrow(/header\(\) must be called/);
    muxer.header();
    expect(() => muxer.header()).toThrow(/once/);
    expect(() => muxer.setMetadata({})).toThrow(/before header\(\)/);
  });

  it('rejects a tag for which there is no room, or that is too long, and does not count it', () => {
    const muxer = new FlvMuxer();
    const { length } = muxer.header();
    expect(() => muxer.writeTag(new Uint8Array(18), 0, TagType.Audio, 0, AAC)).toThrow('takes 19 bytes');
    expect(() => muxer.writeTag(new Uint8Array(2 ** 24 + 15), 0, TagType.Video, 0, new Uint8Array(2 ** 24))).toThrow(
      /at most 16777215/,
    );
    expect(muxer.position).toBe(length);
  });
});
