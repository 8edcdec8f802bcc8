import * as fc from 'fast-check';
import { classifyMedia, FlvDemuxer, writeFlvHeader } from '#lib/flv';
import { ChunkDecoder } from '#lib/rtmp';
import { hex, toHex } from '#test/hex';
import { audio, audioConfig, keyFrame, type LiveMessage, metadata, picture } from '#test/live-media';
import type { MediaMessage } from './media-message.js';
import { FlvWireFormat, type MediaSelection, RtmpWireFormat, type WireFormat } from './wire-format.js';

function media({ typeId, payload }: LiveMessage, timestamp: number): MediaMessage {
  return { tagType: typeId, timestamp, payload, flags: classifyMedia(typeId, payload) };
}

function encode(format: WireFormat, messages: readonly MediaMessage[]): Uint8Array {
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + format.measure(message), 0) + 8).fill(0xee, -8);
  bytes.fill(0xee, bytes.length - 8);
  let at = 0;
  for (const message of messages) {
    const end = format.write(bytes, at, message);
    expect(end - at).toBe(format.measure(message));
    at = end;
  }
  // Nothing is written behind the end.
  expect(toHex(bytes.subarray(at))).toBe('ee'.repeat(8));
  return bytes.subarray(0, at);
}

/** Message stream ID, type, time and payload of each. */
function decodeRtmp(bytes: Uint8Array, chunkSize: number): unknown[] {
  const decoder = new ChunkDecoder();
  const setChunkSize = Buffer.from('02000000000004010000000000000000', 'hex');
  setChunkSize.writeUInt32BE(chunkSize, 12);
  decoder.push(setChunkSize);
  expect(decoder.next()).toMatchObject({ messageTypeId: 1 });
  decoder.push(bytes);
  const messages: unknown[] = [];
  for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
    messages.push([next.messageStreamId, next.messageTypeId, next.timestamp, toHex(next.payload)]);
  }
  expect(decoder.waitingBytes).toBe(0);
  return messages;
}

describe('RtmpWireFormat', () => {
  it.each<[string, RtmpWireFormat, MediaMessage, string]>([
    [
      'audio, on chunk stream 4',
      new RtmpWireFormat(1, 128),
      media({ typeId: 8, payload: hex('af 01 aa') }, 0x1234),
      '04 001234 000003 08 01000000 af01aa',
    ],
    [
      'video, on chunk stream 6, in chunks',
      new RtmpWireFormat(2, 4),
      media({ typeId: 9, payload: hex('17 01 000000 65 66 67') }, 0),
      '06 000000 000008 09 02000000 17010000 c6 00656667',
    ],
    [
      'data, on chunk stream 5, with a message stream ID of four bytes',
      new RtmpWireFormat(0x81020304, 128),
      media({ typeId: 18, payload: hex('02 0001 61') }, 7),
      '05 000007 000004 12 04030281 02000161',
    ],
    [
      'an extended timestamp, again before every chunk',
      new RtmpWireFormat(1, 2),
      media({ typeId: 8, payload: hex('af 01 aa') }, 0xffffff),
      '04 ffffff 000003 08 01000000 00ffffff af01 c4 00ffffff aa',
    ],
    [
      'a time behind the wrap at 2^32',
      new RtmpWireFormat(1, 128),
      media({ typeId: 8, payload: hex('af 01') }, 2 ** 32 + 5),
      '04 000005 000002 08 01000000 af01',
    ],
    [
      'a time before 0',
      new RtmpWireFormat(1, 128),
      media({ typeId: 8, payload: hex('af 01') }, -1),
      '04 000000 000002 08 01000000 af01',
    ],
  ])('%s', (_name, format, message, bytes) => {
    expect(toHex(encode(format, [message]))).toBe(bytes.replaceAll(' ', ''));
  });

  it('is read by our decoder as what was sent, whatever the time, the length and the chunk size', () => {
    const message = fc.record({
      what: fc.constantFrom(keyFrame, picture, audio),
      // Around the boundaries of chunks as well.
      length: fc.oneof(fc.integer({ min: 9, max: 300 }), fc.constantFrom(127, 128, 129, 255, 256, 257, 4096, 4097)),
      time: fc.oneof(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.constantFrom(0, 0xfffffe, 0xffffff, 0x1000000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 3),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 10 }),
        fc.constantFrom(1, 127, 128, 129, 4096, 65_536),
        fc.constantFrom(1, 2, 0xffffffff),
        (items, chunkSize, messageStreamId) => {
          const messages = items.map(({ what, length, time }, index) => media(what(index, length), time));
          const bytes = encode(new RtmpWireFormat(messageStreamId, chunkSize), messages);
          expect(decodeRtmp(bytes, chunkSize)).toEqual(
            messages.map(({ tagType, timestamp, payload }) => [
              messageStreamId,
              tagType,
              timestamp % 2 ** 32,
              toHex(payload),
            ]),
          );
        },
      ),
      { seed: 4, numRuns: 300 },
    );
  });
});

describe('FlvWireFormat', () => {
  it('writes a tag and its length', () => {
    const message = media({ typeId: 9, payload: hex('17 01 000000 65') }, 0x12345678);
    expect(toHex(encode(new FlvWireFormat(), [message]))).toBe('090000063456781200000017010000006500000011');
  });

  it('is read by our demuxer as what was sent, with times of 32 bits, from 0 on', () => {
    const messages = [
      media(metadata(1), 0),
      media(audioConfig(1), 0xffffff),
      media(keyFrame(2, 300), 0x1000000),
      media(picture(3), 2 ** 31 - 1),
      media(audio(4), 2 ** 31 + 7),
      media(picture(5), 2 ** 32 + 9),
      media(picture(6), -1),
    ];
    const demuxer = new FlvDemuxer();
    demuxer.push(writeFlvHeader({ hasAudio: true, hasVideo: true }));
    demuxer.push(encode(new FlvWireFormat(), messages));
    demuxer.next();
    for (const { tagType, payload, timestamp } of messages) {
      expect(demuxer.next()).toMatchObject({
        tagType,
        streamId: 0,
        timestamp: Math.max(0, timestamp) | 0, // signed, as FLV has it
        payload: payload,
        previousTagSize: 11 + payload.length,
      });
    }
    expect(demuxer.pendingLength).toBe(0);
  });
});

describe('a selection', () => {
  const flags = {
    audio: media(audio(0), 0).flags,
    video: media(keyFrame(0), 0).flags,
    data: media(metadata(0), 0).flags,
  };

  it.each<[MediaSelection, string]>([
    [{ audio: true, video: true }, 'audio video data'],
    [{ audio: true, video: false }, 'audio data'],
    [{ audio: false, video: true }, 'video data'],
    [{ audio: false, video: false }, 'data'],
  ])('%o takes %s', (selection, taken) => {
    for (const format of [new RtmpWireFormat(1, 128, selection), new FlvWireFormat(selection)]) {
      const names = Object.entries(flags).filter(([, flag]) => format.takes(flag));
      expect(names.map(([name]) => name).join(' ')).toBe(taken);
    }
  });

  it('and all else that changes the bytes is in the key', () => {
    const both = { audio: true, video: true };
    const formats = [
      new RtmpWireFormat(1, 4096),
      new RtmpWireFormat(2, 4096),
      new RtmpWireFormat(1, 128),
      new RtmpWireFormat(1, 4096, { ...both, audio: false }),
      new RtmpWireFormat(1, 4096, { ...both, video: false }),
      new FlvWireFormat(),
      new FlvWireFormat({ ...both, audio: false }),
    ];
    expect(new Set(formats.map(({ key }) => key)).size).toBe(formats.length);
    expect(new RtmpWireFormat(1, 4096, both).key).toBe(formats[0]!.key);
  });
});
