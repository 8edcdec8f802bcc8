import { VIDEO } from './tagged-media.js';

const AUDIO_CHUNK_STREAM = 4;
const VIDEO_CHUNK_STREAM = 6;
const HEADER_LENGTH = 12;

/** Bytes a media message takes as one type 0 chunk and type 3 chunks behind it. */
export function chunkedLength(length: number, chunkSize: number): number {
  return HEADER_LENGTH + length + Math.max(0, Math.ceil(length / chunkSize) - 1);
}

/** Writes a media message of less than 2^24 ms (RTMP 1.0 §5.3.1); returns where it ends. */
export function writeMediaChunks(
  target: Buffer,
  at: number,
  messageStreamId: number,
  typeId: number,
  time: number,
  payload: Buffer,
  chunkSize: number,
): number {
  const chunkStreamId = typeId === VIDEO ? VIDEO_CHUNK_STREAM : AUDIO_CHUNK_STREAM;
  target[at] = chunkStreamId;
  target.writeUIntBE(time, at + 1, 3);
  target.writeUIntBE(payload.length, at + 4, 3);
  target[at + 7] = typeId;
  target.writeUInt32LE(messageStreamId, at + 8);
  at += HEADER_LENGTH;
  for (let from = 0; from < payload.length; from += chunkSize) {
    if (from > 0) target[at++] = 0xc0 | chunkStreamId;
    at += payload.copy(target, at, from, Math.min(from + chunkSize, payload.length));
  }
  return at;
}
