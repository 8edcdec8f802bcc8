import { readFileSync } from 'node:fs';
import { DELIVERIES } from '#test/deliver';
import { MessageTypeId } from '../message/message-types.js';
import { ChunkDecoder } from './chunk-decoder.js';

/**
 * Everything FFmpeg 8.1 sent while it published 75 pictures, behind the
 * handshake: it starts with chunks of 128 bytes, takes up the server's 4096
 * and uses all four chunk types. What the numbers must be is known from what
 * was encoded: 25 pictures a second, a key frame each second.
 */
const CAPTURES = [
  { file: 'av1_opus', messages: 239, audio: 153, sequenceStart: 1, metadata: 1, keyFrames: [14, 1014, 2014] },
  { file: 'hevc_opus', messages: 239, audio: 153, sequenceStart: 1, metadata: 1, keyFrames: [0, 1000, 2000] },
];

const HANDSHAKE = 1 + 1536 + 1536;

interface Seen {
  csid: number;
  msid: number;
  type: number;
  time: number;
  payload: Buffer;
}

function decode(pieces: Uint8Array[]): { seen: Seen[]; waiting: number } {
  const decoder = new ChunkDecoder();
  const seen: Seen[] = [];
  for (const piece of pieces) {
    const received = piece.slice();
    decoder.push(received);
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
      const { chunkStreamId: csid, messageStreamId: msid, messageTypeId: type, timestamp: time } = message;
      seen.push({ csid, msid, type, time, payload: Buffer.from(message.payload) });
    }
    received.fill(0xee);
  }
  return { seen, waiting: decoder.waitingBytes };
}

/** The command name: a string at the very beginning (AMF0 §2.4). */
const commandName = ({ payload }: Seen) => payload.toString('latin1', 3, 3 + payload.readUInt16BE(1));

describe.each(CAPTURES)('the session FFmpeg sent in $file.rtmpcap', ({ file, ...counts }) => {
  const bytes = new Uint8Array(readFileSync(`test/fixtures/${file}.rtmpcap`)).subarray(HANDSHAKE);
  const { seen, waiting } = decode([bytes]);
  const ofType = (type: number) => seen.filter((message) => message.type === type);
  const video = ofType(MessageTypeId.Video);
  const packets = (packetType: number) => video.filter(({ payload }) => (payload[0]! & 0x0f) === packetType);

  it('is decoded to the last byte', () => {
    expect(seen).toHaveLength(counts.messages);
    expect(waiting).toBe(0);
  });

  it('is the dialogue FFmpeg leads', () => {
    const commands = ofType(MessageTypeId.CommandAmf0);
    expect(commands.map((message) => [message.csid, message.msid, commandName(message)])).toEqual([
      [3, 0, 'connect'],
      [3, 0, 'releaseStream'],
      [3, 0, 'FCPublish'],
      [3, 0, 'createStream'],
      [8, 1, 'publish'],
      [3, 0, 'FCUnpublish'],
      [3, 0, 'deleteStream'],
    ]);
    expect(ofType(MessageTypeId.SetChunkSize).map(({ payload }) => payload.readUInt32BE(0))).toEqual([4096]);
  });

  it('has all pictures, at their times, on one chunk stream', () => {
    // Extended video packets (Enhanced RTMP): 0 sequence start, 1 coded frames, 3 coded frames X, 4 metadata.
    expect(packets(0)).toHaveLength(counts.sequenceStart);
    expect(packets(4)).toHaveLength(counts.metadata);
    const pictures = video.filter(({ payload }) => [1, 3].includes(payload[0]! & 0x0f));
    const first = pictures[0]!.time;
    expect(pictures.map(({ time }) => time)).toEqual(Array.from({ length: 75 }, (_, i) => first + 40 * i));
    const keyFrames = pictures.filter(({ payload }) => ((payload[0]! >> 4) & 7) === 1);
    expect(keyFrames.map(({ time }) => time)).toEqual(counts.keyFrames);
    expect(new Set(video.map(({ csid, msid }) => `${csid} ${msid}`))).toEqual(new Set(['6 1']));
    const fourCc = file === 'av1_opus' ? 'av01' : 'hvc1';
    expect(new Set(video.map(({ payload }) => payload.toString('latin1', 1, 5)))).toEqual(new Set([fourCc]));
  });

  it('has all audio, in frames of 20 ms', () => {
    const audio = ofType(MessageTypeId.Audio);
    expect(audio).toHaveLength(counts.audio);
    expect(audio[0]!.payload.toString('latin1', 1, 5)).toBe('Opus');
    const times = audio.slice(3).map(({ time }) => time);
    const steps = times.slice(1).map((time, i) => time - times[i]!);
    expect(steps.every((step) => step >= 19 && step <= 21)).toBe(true);
  });

  it.each(DELIVERIES)('is the same when delivered %s', (_how, cut) => {
    expect(decode(cut(bytes))).toEqual({ seen, waiting });
  });
});
