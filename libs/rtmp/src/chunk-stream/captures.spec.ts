import { readFileSync } from 'node:fs';
import { DELIVERIES } from '#test/deliver';
import { toHex } from '#test/hex';
import { MessageTypeId } from '../message/message-types.js';
import { ChunkDecoder } from './chunk-decoder.js';

const HANDSHAKE = 1 + 1536 + 1536;

/** What a client sent behind its handshake; see test/fixtures/README.md. */
const capture = (file: string) => new Uint8Array(readFileSync(`test/fixtures/${file}.rtmpcap`)).subarray(HANDSHAKE);

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

/**
 * FFmpeg 8.1 starts with chunks of 128 bytes, takes up the server's 4096 and
 * uses all four chunk types. What the numbers must be is known from what was
 * encoded: 75 pictures, 25 a second, a key frame each second.
 */
describe.each([
  { file: 'av1_opus', fourCc: 'av01', messages: 239, keyFrames: [14, 1014, 2014] },
  { file: 'hevc_opus', fourCc: 'hvc1', messages: 239, keyFrames: [0, 1000, 2000] },
])('the session FFmpeg sent in $file.rtmpcap', ({ file, fourCc, messages, keyFrames }) => {
  const bytes = capture(file);
  const { seen, waiting } = decode([bytes]);
  const ofType = (type: number) => seen.filter((message) => message.type === type);
  const video = ofType(MessageTypeId.Video);
  const packets = (packetType: number) => video.filter(({ payload }) => (payload[0]! & 0x0f) === packetType);

  it('is decoded to the last byte', () => {
    expect(seen).toHaveLength(messages);
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
    expect(packets(0)).toHaveLength(1);
    expect(packets(4)).toHaveLength(1);
    const pictures = video.filter(({ payload }) => [1, 3].includes(payload[0]! & 0x0f));
    const first = pictures[0]!.time;
    expect(pictures.map(({ time }) => time)).toEqual(Array.from({ length: 75 }, (_, i) => first + 40 * i));
    const keys = pictures.filter(({ payload }) => ((payload[0]! >> 4) & 7) === 1);
    expect(keys.map(({ time }) => time)).toEqual(keyFrames);
    expect(new Set(video.map(({ csid, msid }) => `${csid} ${msid}`))).toEqual(new Set(['6 1']));
    expect(new Set(video.map(({ payload }) => payload.toString('latin1', 1, 5)))).toEqual(new Set([fourCc]));
  });

  it('has all audio, in frames of 20 ms', () => {
    const audio = ofType(MessageTypeId.Audio);
    expect(audio).toHaveLength(153);
    expect(audio[0]!.payload.toString('latin1', 1, 5)).toBe('Opus');
    const times = audio.slice(3).map(({ time }) => time);
    const steps = times.slice(1).map((time, i) => time - times[i]!);
    expect(steps.every((step) => step >= 19 && step <= 21)).toBe(true);
  });

  it.each(DELIVERIES)('is the same when delivered %s', (_how, cut) => {
    expect(decode(cut(bytes))).toEqual({ seen, waiting });
  });
});

/** Audio and video tags of an FLV file: type, time and body, as text that compares well. */
function flvTags(file: string): string[] {
  const bytes = readFileSync(`test/fixtures/${file}`);
  const tags: string[] = [];
  for (let at = 13; at < bytes.length; at += 11 + bytes.readUIntBE(at + 1, 3) + 4) {
    const time = bytes.readUIntBE(at + 4, 3) + bytes[at + 7]! * 0x1000000;
    const body = bytes.subarray(at + 11, at + 11 + bytes.readUIntBE(at + 1, 3));
    if (bytes[at] === 8 || bytes[at] === 9) tags.push(`${bytes[at]} ${time} ${toHex(body)}`);
  }
  return tags;
}

const media = (seen: Seen[]) =>
  seen
    .filter(({ type }) => type === MessageTypeId.Audio || type === MessageTypeId.Video)
    .map(({ type, time, payload }) => `${type} ${time} ${toHex(payload)}`);

describe.each(DELIVERIES)('clients that published a file, bytes delivered %s', (_how, cut) => {
  it.each([
    ['ffmpeg5', 'published.flv'],
    ['ffmpeg5_extended', 'published_extended.flv'],
    ['librtmp', 'published.flv'],
    ['librtmp_extended', 'published_extended.flv'],
  ])('%s.rtmpcap is %s, byte for byte and at its times', (file, source) => {
    const { seen, waiting } = decode(cut(capture(file)));
    expect(waiting).toBe(0);
    expect(media(seen)).toEqual(flvTags(source));
  });

  it('gst_rtmp2sink.rtmpcap has the same audio', () => {
    const audio = (tags: string[]) => tags.filter((tag) => tag.startsWith('8'));
    const { seen, waiting } = decode(cut(capture('gst_rtmp2sink')));
    expect(waiting).toBe(0);
    expect(audio(media(seen))).toEqual(audio(flvTags('published.flv')));
  });

  it('nginx_push.rtmpcap has what of the file it joined', () => {
    const { seen, waiting } = decode(cut(capture('nginx_push')));
    const published = new Set(flvTags('published.flv'));
    expect(waiting).toBe(0);
    expect(media(seen)).toHaveLength(30);
    // The sequence header of the video, which nginx sends again at the time it joins, is the only one moved.
    expect(media(seen).filter((tag) => !published.has(tag))).toEqual([expect.stringMatching(/^9 446 1700/)]);
  });

  it('obs29.rtmpcap, cut off in mid-message, uses chunk stream 4 for all media', () => {
    const { seen } = decode(cut(capture('obs29')));
    expect(seen.map(({ csid }) => csid).slice(0, 8)).toEqual([2, 3, 3, 3, 3, 4, 4, 4]);
    const ofMedia = seen.filter(({ msid }) => msid === 1);
    expect(ofMedia.length).toBeGreaterThan(10);
    expect(ofMedia.every(({ csid }) => csid === 4)).toBe(true);
    const times = ofMedia.filter(({ type }) => type === MessageTypeId.Video).map(({ time }) => time);
    expect(times).toEqual([0, 0, 100, 200]);
  });
});
