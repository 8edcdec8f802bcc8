import { hex, toHex } from '#test/hex';
import { type Publisher, publishedMessages } from '#test/published-messages';
import { GopCache } from './gop-cache.js';
import { LiveStream } from './live-stream.js';
import type { MediaMessage } from './media-message.js';
import { FlvWireFormat, RtmpWireFormat } from './wire-format.js';

/* Enhanced RTMP in live streams: what is passed on, what is kept, where players begin. */

const INFO = { id: '1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 };
const VIDEO = 9;
const AUDIO = 8;

interface Seen {
  readonly stream: LiveStream;
  /** `type timestamp hex` of what a sink got. */
  readonly messages: string[];
}

function watched(): Seen {
  const stream = new LiveStream(INFO);
  return { stream, messages: record(stream) };
}

function record(stream: LiveStream): string[] {
  const messages: string[] = [];
  stream.addSink({
    onMessage: ({ tagType, timestamp, payload }: MediaMessage) => {
      messages.push(`${tagType} ${timestamp} ${toHex(payload)}`);
    },
    onEnd: () => {},
  });
  return messages;
}

function group(stream: LiveStream): string[] {
  const payloads: string[] = [];
  stream.gopCache.forEach(({ payload }) => payloads.push(toHex(payload.subarray(0, 7))));
  return payloads;
}

describe('messages of Enhanced RTMP are passed on as they came', () => {
  it.each<[string, number, string]>([
    ['Q5 OBS’ HEVC with a negative composition time', VIDEO, '91 68766331 ffffd8 00000001 26'],
    ['Q5 OBS’ CodedFramesX', VIDEO, '93 68766331 00000001 26'],
    ['Q5 OBS’ further video track', VIDEO, '96 01 61766331 01 000000 00000001 65'],
    ['Q5 OBS’ further audio track', AUDIO, '95 01 6d703461 02 21 00'],
    ['Q5 OBS’ SequenceEnd', VIDEO, '92 68766331'],
    ['ManyTracks', VIDEO, '96 13 61766331 00 000005 0000000165 01 000005 0000000165'],
    ['ManyTracksManyCodecs', VIDEO, '96 23 61766331 00 000005 0000000165 68766331 01 000005 0000000126'],
    ['ModEx with its nanoseconds', VIDEO, '97 02 07a120 03 68766331 00000001 26'],
    ['a video FourCC that nobody knows', VIDEO, '91 7a7a7a7a 01 02'],
    ['an audio FourCC that nobody knows', AUDIO, '91 7a7a7a7a 01 02'],
    ['Q18 HEVC under the codec ID 12, as cheap cameras send it', VIDEO, '1c 01 000000 00000001 26'],
    ['Q17 DJI’s empty NAL units', VIDEO, '17 01 000000 00000000 00000001 65'],
    ['an AC-3 sequence start without a body', AUDIO, '90 61632d33'],
  ])('%s', (_name, type, payload) => {
    const { stream, messages } = watched();
    stream.push(type, 0, hex(payload));
    expect(messages).toEqual([`${type} 0 ${payload.replaceAll(' ', '')}`]);
    expect(stream.counters.invalidMessages).toBe(0);
  });

  it.each<[string, string]>([
    ['multitrack inside multitrack', '96 06 61766331 00'],
    ['a reserved packet type', '98 68766331 00'],
    ['a ModEx longer than the message', '97 ff ffff 00 03'],
  ])('%s is dropped, and what follows is not', (_name, payload) => {
    const { stream, messages } = watched();
    stream.push(VIDEO, 0, hex(payload));
    stream.push(VIDEO, 0, hex('93 68766331 26'));
    expect(messages).toEqual(['9 0 936876633126']);
    expect(stream.counters.invalidMessages).toBe(1);
  });

  it.each<[Publisher, number]>([
    ['hevc_opus', 4],
    ['av1_opus', 4],
    ['vp9_flac', 4],
    ['h264_ac3', 3],
    ['multi', 5],
  ])('everything FFmpeg 8.1 publishes as %s, whose %i configurations are kept', (publisher, configurations) => {
    const { stream, messages } = watched();
    const published = publishedMessages(publisher);
    for (const { messageTypeId, timestamp, payload } of published) stream.push(messageTypeId, timestamp, payload);
    expect(stream.counters.invalidMessages).toBe(0);
    const isMedia = (line: string) => /^[89] /u.test(line);
    expect(messages.filter(isMedia).map((line) => line.split(' ')[2])).toEqual(
      published.filter(({ messageTypeId }) => messageTypeId !== 18).map(({ payload }) => toHex(payload)),
    );
    expect(stream.configurations).toHaveLength(configurations);
    expect(record(stream).filter(isMedia)).toHaveLength(configurations);
  });
});

describe('configurations', () => {
  it('Q17 Q25 that are repeated with the same bytes change nothing; with others they do', () => {
    const { stream } = watched();
    stream.push(VIDEO, 0, hex('90 68766331 01'));
    const version = stream.configurationVersion;
    stream.push(VIDEO, 40, hex('90 68766331 01'));
    expect(stream.configurationVersion).toBe(version);
    stream.push(VIDEO, 80, hex('90 68766331 02'));
    expect(stream.configurationVersion).toBe(version + 1);
    expect(stream.configurations.map(({ payload }) => toHex(payload))).toEqual(['906876633102']);
  });

  it('of a codec that takes the place of another: a player gets the new one only', () => {
    const { stream } = watched();
    stream.push(VIDEO, 0, hex('90 68766331 01'));
    stream.push(VIDEO, 0, hex('93 68766331 26'));
    stream.push(VIDEO, 40, hex('90 61763031 81'));
    expect(stream.gopCache.isOpen).toBe(false);
    expect(record(stream)).toEqual(['9 0 906176303181']);
  });

  it('OBS’ colour information gets the frame type by which FFmpeg knows it', () => {
    const { stream, messages } = watched();
    const sent = hex('84 68766331 020009636f6c6f72496e666f 03000009');
    stream.push(VIDEO, 0, sent);
    expect(messages).toEqual(['9 0 d468766331020009636f6c6f72496e666f03000009']);
    expect(sent[0]).toBe(0x84);
    expect(stream.configurations.map(({ payload }) => payload[0])).toEqual([0xd4]);
  });
});

describe('where a player begins', () => {
  const KEY = '93 61766331 65';
  const INTER = 'a3 61766331 41';
  const KEY_1 = '96 03 61766331 01 65';

  it('is a key frame of the first video track, whatever others do', () => {
    const { stream } = watched();
    for (const payload of [KEY, KEY_1, INTER, KEY_1]) stream.push(VIDEO, 0, hex(payload));
    expect(group(stream)).toHaveLength(4);
    stream.push(VIDEO, 40, hex(KEY));
    expect(group(stream)).toEqual(['936176633165']);
  });

  it('is a key frame of the lowest track where none is the first', () => {
    const { stream } = watched();
    for (const payload of [KEY_1, '96 03 61766331 02 65']) stream.push(VIDEO, 0, hex(payload));
    expect(group(stream)).toHaveLength(2);
  });

  it('is each group of the capture of two video tracks, of which both have key frames', () => {
    const stream = new LiveStream(INFO);
    for (const { messageTypeId, timestamp, payload } of publishedMessages('multi')) {
      stream.push(messageTypeId, timestamp, payload);
    }
    expect(group(stream)[0]).toMatch(/^17/u);
    expect(group(stream).some((payload) => /^[9a]60[13]/u.test(payload))).toBe(true);
  });

  it('is every key frame for a cache that is not told otherwise', () => {
    const cache = new GopCache();
    const message = { tagType: VIDEO, timestamp: 0, payload: hex(KEY), flags: 2 | 8 };
    cache.add(message);
    cache.add(message);
    expect(cache.size).toBe(1);
  });
});

describe('a selection', () => {
  const flagsOf = (payload: string, type = VIDEO) => {
    const stream = new LiveStream(INFO);
    let flags = 0;
    stream.addSink({ onMessage: (message) => (flags = message.flags), onEnd: () => {} });
    stream.push(type, 0, hex(payload));
    return flags;
  };
  const LEGACY = flagsOf('17 01 000000 65');
  const ENHANCED = flagsOf('93 68766331 26');
  const TRACK_1 = flagsOf('96 03 61766331 01 65');

  it('leaves out what a player cannot read', () => {
    const takes = (selection: { enhanced?: boolean; multitrack?: boolean }) => {
      const format = new RtmpWireFormat(1, 4096, { audio: true, video: true, ...selection });
      return [LEGACY, ENHANCED, TRACK_1].map((flags) => format.takes(flags));
    };
    expect(takes({})).toEqual([true, true, true]);
    expect(takes({ multitrack: false })).toEqual([true, true, false]);
    expect(takes({ enhanced: false })).toEqual([true, false, false]);
  });

  it('is part of what is shared', () => {
    const selections = [{}, { enhanced: false }, { multitrack: false }, { enhanced: true, multitrack: true }];
    const keys = selections.map((more) => new FlvWireFormat({ audio: true, video: true, ...more }).key);
    expect(new Set(keys).size).toBe(3);
    expect(keys[0]).toBe(keys[3]);
  });
});

describe('metadata', () => {
  const NAME = '02 000a 6f6e4d65746144617461';
  const WIDTH_16 = '0005 7769647468 00 4030000000000000';

  it('of type 15 in AMF3 is passed on in AMF0, which is what players and files know', () => {
    const { stream, messages } = watched();
    // An anonymous dynamic object: width, the integer 16.
    stream.push(15, 0, hex(`00 ${NAME} 11 0a 0b 01 0b 7769647468 04 10 01`));
    expect(messages).toEqual([`18 0 ${`${NAME} 08 00000001 ${WIDTH_16} 000009`.replaceAll(' ', '')}`]);
  });

  it('of another name in AMF3 is passed on in AMF0 too', () => {
    const { stream, messages } = watched();
    const name = '02 000a 6f6e5465787444617461';
    stream.push(15, 0, hex(`00 ${name} 11 0a 0b 01 09 74657874 06 05 6869 01`));
    expect(messages).toEqual([`18 0 ${`${name} 03 0004 74657874 02 0002 6869 000009`.replaceAll(' ', '')}`]);
  });

  it('of type 15 in AMF0 is passed on without the framing', () => {
    const { stream, messages } = watched();
    stream.push(15, 0, hex(`00 ${NAME} 03 ${WIDTH_16} 000009`));
    expect(messages).toEqual([`18 0 ${`${NAME} 03 ${WIDTH_16} 000009`.replaceAll(' ', '')}`]);
  });

  it('that cannot be read stays as it is', () => {
    const { stream, messages } = watched();
    stream.push(15, 0, hex(`00 ${NAME} 11 0a`));
    expect(messages).toEqual([`18 0 ${`${NAME} 11 0a`.replaceAll(' ', '')}`]);
  });

  it('Q6 of another codec than the media’s does not matter', () => {
    const { stream } = watched();
    stream.push(18, 0, hex(`${NAME} 03 000c 766964656f636f6465636964 00 401c000000000000 000009`)); // 7, AVC
    stream.push(VIDEO, 0, hex('90 68766331 01'));
    stream.push(VIDEO, 0, hex('93 68766331 26'));
    expect(stream.counters).toMatchObject({ keyFrames: 1, invalidMessages: 0 });
  });
});
