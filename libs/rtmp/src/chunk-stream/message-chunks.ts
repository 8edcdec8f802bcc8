import { EXTENDED_TIMESTAMP } from './chunk-limits.js';
import { readUint24, writeUint24, writeUint32 } from './integers.js';

/** Bytes of a basic header (RTMP 1.0 §5.3.1.1). */
export function basicHeaderLength(chunkStreamId: number): 1 | 2 | 3 {
  return chunkStreamId < 64 ? 1 : chunkStreamId < 320 ? 2 : 3;
}

/** Writes the shortest basic header; returns where it ends. */
export function writeBasicHeader(target: Uint8Array, at: number, type: number, chunkStreamId: number): number {
  if (chunkStreamId < 64) {
    target[at] = (type << 6) | chunkStreamId;
    return at + 1;
  }
  const rest = chunkStreamId - 64;
  if (rest < 256) {
    target[at] = type << 6;
    target[at + 1] = rest;
    return at + 2;
  }
  target[at] = (type << 6) | 1;
  target[at + 1] = rest & 0xff;
  target[at + 2] = rest >> 8;
  return at + 3;
}

/** Bytes that a message takes as one type 0 chunk and type 3 chunks behind it. */
export function messageChunksLength(
  chunkStreamId: number,
  timestamp: number,
  length: number,
  chunkSize: number,
): number {
  const basic = basicHeaderLength(chunkStreamId);
  const extended = timestamp >= EXTENDED_TIMESTAMP ? 4 : 0;
  const continuations = length > chunkSize ? Math.ceil(length / chunkSize) - 1 : 0;
  return basic + 11 + extended + length + continuations * (basic + extended);
}

/**
 * Writes a message as one type 0 chunk and type 3 chunks behind it, which
 * depends on nothing sent before. The extended timestamp is repeated on every
 * chunk (§5.3.1.3): FFmpeg, librtmp and OBS always expect it.
 *
 * @returns where the message ends in `target`
 */
export function writeMessageChunks(
  target: Uint8Array,
  at: number,
  chunkStreamId: number,
  messageStreamId: number,
  messageTypeId: number,
  timestamp: number,
  payload: Uint8Array,
  chunkSize: number,
): number {
  const length = payload.length;
  const extended = timestamp >= EXTENDED_TIMESTAMP;
  at = writeBasicHeader(target, at, 0, chunkStreamId);
  at = writeUint24(target, at, extended ? EXTENDED_TIMESTAMP : timestamp);
  at = writeUint24(target, at, length);
  target[at] = messageTypeId;
  at = writeMessageStreamId(target, at + 1, messageStreamId);
  if (extended) at = writeUint32(target, at, timestamp);
  if (length <= chunkSize) {
    target.set(payload, at);
    return at + length;
  }
  return writeChunkData(target, at, chunkStreamId, extended ? timestamp : -1, payload, chunkSize);
}

/**
 * Whole messages as {@link writeMessageChunks} writes them, on chunk streams below 64, for another message stream: a
 * copy. What is encoded once for many is fitted so to the few that have another message stream ID.
 */
export function withMessageStreamId(messages: Uint8Array, chunkSize: number, messageStreamId: number): Uint8Array {
  const copy = messages.slice();
  for (let at = 0; at < copy.length;) {
    const extended = readUint24(copy, at + 1) === EXTENDED_TIMESTAMP ? EXTENDED_TIMESTAMP : 0;
    writeMessageStreamId(copy, at + 8, messageStreamId);
    // With one byte of basic header the numbers of the chunk stream and of the time do not matter, only their kind.
    at += messageChunksLength(0, extended, readUint24(copy, at + 4), chunkSize);
  }
  return copy;
}

/** Little-endian, the only field that is (§5.3.1.2.1). */
function writeMessageStreamId(target: Uint8Array, at: number, messageStreamId: number): number {
  target[at] = messageStreamId & 0xff;
  target[at + 1] = (messageStreamId >>> 8) & 0xff;
  target[at + 2] = (messageStreamId >>> 16) & 0xff;
  target[at + 3] = messageStreamId >>> 24;
  return at + 4;
}

/**
 * Writes a payload behind a chunk header that is already there, with type 3
 * headers in between.
 *
 * @param extendedTimestamp value repeated on every type 3 chunk, -1 for none
 */
export function writeChunkData(
  target: Uint8Array,
  at: number,
  chunkStreamId: number,
  extendedTimestamp: number,
  payload: Uint8Array,
  chunkSize: number,
): number {
  const length = payload.length;
  for (let from = 0; from < length || from === 0; from += chunkSize) {
    if (from > 0) {
      at = writeBasicHeader(target, at, 3, chunkStreamId);
      if (extendedTimestamp >= 0) at = writeUint32(target, at, extendedTimestamp);
    }
    const to = Math.min(from + chunkSize, length);
    target.set(from === 0 && to === length ? payload : payload.subarray(from, to), at);
    at += to - from;
  }
  return at;
}
