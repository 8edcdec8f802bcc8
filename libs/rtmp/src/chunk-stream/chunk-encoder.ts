import { RtmpUsageError } from '../errors.js';
import { DEFAULT_CHUNK_SIZE, EXTENDED_TIMESTAMP, MAX_CHUNK_SIZE } from './chunk-limits.js';
import { writeUint24, writeUint32 } from './integers.js';
import {
  basicHeaderLength,
  messageChunksLength,
  writeBasicHeader,
  writeChunkData,
  writeMessageChunks,
} from './message-chunks.js';

interface SentHeader {
  timestamp: number;
  /** Delta of the last type 1 or 2 header; undefined after type 0, whose delta receivers disagree about. */
  delta: number | undefined;
  length: number;
  messageTypeId: number;
  messageStreamId: number;
}

/**
 * Turns messages into chunks with the shortest header that says what the
 * receiver does not know yet (RTMP 1.0 §5.3.1.2). What one encoder wrote must
 * be sent whole and in order.
 */
export class ChunkEncoder {
  readonly #sent = new Map<number, SentHeader>();
  #chunkSize = DEFAULT_CHUNK_SIZE;

  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Takes effect on the next message; the peer must have been sent a Set Chunk Size before. */
  setChunkSize(bytes: number): void {
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > MAX_CHUNK_SIZE) {
      throw new RtmpUsageError(`chunk size ${bytes}, must be a whole number from 1 to ${MAX_CHUNK_SIZE}`);
    }
    this.#chunkSize = bytes;
  }

  /** One message as bytes of its own. Timestamps that go backwards start with a type 0 chunk again. */
  encode(
    chunkStreamId: number,
    messageStreamId: number,
    messageTypeId: number,
    timestamp: number,
    payload: Uint8Array,
  ): Uint8Array {
    const sent = this.#sent.get(chunkStreamId);
    const delta = sent === undefined ? -1 : timestamp - sent.timestamp;
    if (sent === undefined || delta < 0 || sent.messageStreamId !== messageStreamId) {
      const bytes = new Uint8Array(messageChunksLength(chunkStreamId, timestamp, payload.length, this.#chunkSize));
      writeMessageChunks(bytes, 0, chunkStreamId, messageStreamId, messageTypeId, timestamp, payload, this.#chunkSize);
      const { length } = payload;
      this.#sent.set(chunkStreamId, { timestamp, delta: undefined, length, messageTypeId, messageStreamId });
      return bytes;
    }
    const isLike = sent.length === payload.length && sent.messageTypeId === messageTypeId;
    const type = !isLike ? 1 : sent.delta === delta ? 3 : 2;
    sent.timestamp = timestamp;
    sent.delta = delta;
    sent.length = payload.length;
    sent.messageTypeId = messageTypeId;
    return this.#encodeDelta(type, chunkStreamId, messageTypeId, delta, payload);
  }

  #encodeDelta(type: 1 | 2 | 3, chunkStreamId: number, messageTypeId: number, delta: number, payload: Uint8Array) {
    const basic = basicHeaderLength(chunkStreamId);
    const extended = delta >= EXTENDED_TIMESTAMP;
    const header = basic + [0, 7, 3, 0][type]! + (extended ? 4 : 0);
    const continuations = Math.max(0, Math.ceil(payload.length / this.#chunkSize) - 1);
    const bytes = new Uint8Array(header + payload.length + continuations * (basic + (extended ? 4 : 0)));
    let at = writeBasicHeader(bytes, 0, type, chunkStreamId);
    if (type < 3) at = writeUint24(bytes, at, extended ? EXTENDED_TIMESTAMP : delta);
    if (type === 1) {
      at = writeUint24(bytes, at, payload.length);
      bytes[at++] = messageTypeId;
    }
    if (extended) at = writeUint32(bytes, at, delta);
    writeChunkData(bytes, at, chunkStreamId, extended ? delta : -1, payload, this.#chunkSize);
    return bytes;
  }
}
