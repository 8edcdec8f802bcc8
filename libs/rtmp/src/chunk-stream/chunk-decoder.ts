import { RtmpProtocolError } from '../errors.js';
import { MessageTypeId } from '../message/message-types.js';
import type { Message } from '../message/message.js';
import {
  type ChunkLimits,
  DEFAULT_CHUNK_SIZE,
  EXTENDED_TIMESTAMP,
  MAX_CHUNK_SIZE,
  resolveChunkLimits,
} from './chunk-limits.js';
import { readUint32 } from './integers.js';
import { ChunkStream } from './chunk-stream.js';
import { InputBuffer } from './input-buffer.js';

/** Length of the message header by chunk type (§5.3.1.2). */
const MESSAGE_HEADER_LENGTH = [11, 7, 3, 0] as const;
const FIRST_ALLOCATION = 4096;
/** A chunk stream keeps a buffer of up to this size for its next message. */
const KEPT_BUFFER = 256 * 1024;

/** How a {@link ChunkDecoder} treats what it is given. */
export interface ChunkDecoderOptions {
  /**
   * push() gives memory that this decoder may write to: a message of several
   * chunks that is there as a whole is then joined where it lies, by closing
   * up the headers between them. Defaults to false.
   */
  ownsInput?: boolean;
  /**
   * Where a message of several chunks that is there as a whole is to be joined instead: memory of just its length, or
   * undefined. It is asked for right before next() returns that message.
   */
  memoryFor?: (messageTypeId: number, messageStreamId: number, length: number) => Uint8Array | undefined;
}

/**
 * Turns the bytes of one direction of a connection into messages
 * (RTMP 1.0 §5.3). It holds no socket, timer or clock: push() what arrived,
 * then call next() until it returns undefined.
 *
 * The caller pulls, so it can stop between two messages: the bytes wait here
 * while, say, a publish is being authorised (call detach() then).
 *
 * A message whose bytes lie together in what was pushed is not copied, any
 * other is gathered in memory that grows with what was received. Both are
 * valid until the next call of next().
 */
export class ChunkDecoder {
  readonly #input = new InputBuffer();
  readonly #streams = new Map<number, ChunkStream>();
  readonly #limits: ChunkLimits;
  readonly #ownsInput: boolean;
  readonly #memoryFor: ChunkDecoderOptions['memoryFor'];
  readonly #message: Message = {
    chunkStreamId: 0,
    messageStreamId: 0,
    messageTypeId: 0,
    timestamp: 0,
    payload: new Uint8Array(0),
  };
  #chunkSize = DEFAULT_CHUNK_SIZE;
  /** Memory held by all gathering buffers, those kept for later included. */
  #bufferBytes = 0;
  /** The stream whose chunk data is being read, and how much of it is to come. */
  #current: ChunkStream | undefined;
  #chunkRemaining = 0;

  /** @throws {RtmpUsageError} for a limit that is no number */
  constructor(limits: Partial<ChunkLimits> = {}, { ownsInput = false, memoryFor }: ChunkDecoderOptions = {}) {
    this.#limits = resolveChunkLimits(limits);
    this.#ownsInput = ownsInput;
    this.#memoryFor = memoryFor;
  }

  /** Memory all unfinished messages may hold from now on, in bytes. */
  set maxPendingBytes(bytes: number) {
    this.#limits.maxPendingBytes = bytes;
  }

  /** Bytes pushed and not yet consumed. */
  get waitingBytes(): number {
    return this.#input.length;
  }

  /** Adds received bytes. They must stay as they are until next() returned undefined or detach() was called. */
  push(bytes: Uint8Array): void {
    this.#input.push(bytes);
  }

  /** Copies the bytes that next() has not consumed, so that the caller may reuse its buffer. */
  detach(): void {
    this.#input.detach();
  }

  /**
   * The next complete message, or undefined when more bytes are needed; then
   * nothing of what was pushed is referenced any more.
   *
   * @throws {RtmpProtocolError} after which the decoder must not be used.
   */
  next(): Message | undefined {
    while (this.#current !== undefined || this.#readHeader()) {
      const message = this.#readChunkData();
      if (message !== undefined) return message;
      if (this.#current !== undefined) break; // its chunk data is not here yet
    }
    this.#input.detach();
    return undefined;
  }

  /** Reads a whole header or nothing, so that a short read needs no state of its own. */
  #readHeader(): boolean {
    const input = this.#input;
    const bytes = input.bytes;
    const available = input.end - input.position;
    if (available < 1) return false;
    let at = input.position;
    const first = bytes[at]!;
    const type = first >> 6;
    let id = first & 0x3f;
    const basicLength = id === 0 ? 2 : id === 1 ? 3 : 1; // §5.3.1.1
    if (available < basicLength + MESSAGE_HEADER_LENGTH[type as 0]) return false;
    if (id === 0) id = 64 + bytes[at + 1]!;
    else if (id === 1) id = 64 + bytes[at + 1]! + bytes[at + 2]! * 256;
    at += basicLength;

    const stream = this.#streams.get(id) ?? this.#open(id, type);
    if (stream.isOpen && type !== 3) {
      throw new RtmpProtocolError('RTMP_ERR_CHUNK_INTERLEAVED', `type ${type} on chunk stream ${id}`);
    }
    if (type === 3) return this.#readTypeThree(stream, at);

    let field = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const bodyAt = at + MESSAGE_HEADER_LENGTH[type as 0];
    const extended = field === EXTENDED_TIMESTAMP; // §5.3.1.3
    if (extended) {
      if (input.end < bodyAt + 4) return false;
      field = readUint32(bytes, bodyAt);
    }
    if (type < 2) {
      stream.messageLength = (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
      stream.messageTypeId = bytes[at + 6]!;
      if (type === 0) {
        // The only little-endian field of the protocol (§5.3.1.2.1).
        stream.messageStreamId =
          (bytes[at + 7]! | (bytes[at + 8]! << 8) | (bytes[at + 9]! << 16) | (bytes[at + 10]! << 24)) >>> 0;
      }
    }
    stream.timestampField = field;
    stream.hasExtendedTimestamp = extended;
    stream.isAbsolute = type === 0;
    stream.timestamp = type === 0 ? field : (stream.timestamp + field) >>> 0;
    input.position = extended ? bodyAt + 4 : bodyAt;
    this.#beginMessage(stream);
    this.#beginChunk(stream);
    return true;
  }

  /** A type 3 chunk continues the open message, or opens one like the last (§5.3.1.2.4). */
  #readTypeThree(stream: ChunkStream, at: number): boolean {
    const input = this.#input;
    let bodyAt = at;
    if (stream.hasExtendedTimestamp && this.#repeatsExtendedTimestamp(stream, at) !== false) {
      if (input.end < at + 4) return false;
      bodyAt = at + 4;
    }
    input.position = bodyAt;
    if (!stream.isOpen) {
      stream.timestamp = (stream.timestamp + stream.impliedDelta) >>> 0;
      this.#beginMessage(stream);
    }
    this.#beginChunk(stream);
    return true;
  }

  /**
   * §5.3.1.3 repeats the extended timestamp on every type 3 chunk. Old FFmpeg
   * and librtmp releases, OBS up to 30.0 and some hardware do not: the first
   * continuation chunk tells, and its verdict holds for the chunk stream. A
   * chunk that opens a message tells nothing: old FFmpeg repeats it there.
   * Undefined while too few bytes are here to tell.
   */
  #repeatsExtendedTimestamp(stream: ChunkStream, at: number): boolean | undefined {
    const verdict = stream.repeatsExtendedTimestamp;
    if (!stream.isOpen) return verdict !== false || this.#isExtendedTimestamp(stream, at);
    return verdict ?? (stream.repeatsExtendedTimestamp = this.#isExtendedTimestamp(stream, at));
  }

  /** Whether the bytes at `at` say the extended timestamp; undefined when they do so far and there are too few. */
  #isExtendedTimestamp(stream: ChunkStream, at: number): boolean | undefined {
    const { bytes, end } = this.#input;
    const count = Math.min(4, end - at);
    let isField = true;
    let isTime = true; // SRS and others repeat the absolute time, not the delta
    for (let i = 0; i < count; i++) {
      const shift = 24 - 8 * i;
      if (bytes[at + i] !== ((stream.timestampField >>> shift) & 0xff)) isField = false;
      if (bytes[at + i] !== ((stream.timestamp >>> shift) & 0xff)) isTime = false;
    }
    if (!isField && !isTime) return false;
    return count < 4 ? undefined : true;
  }

  #open(id: number, type: number): ChunkStream {
    // §5.3.1.2.1 opens every chunk stream with type 0. librtmp (OBS) opens 2 with type 1 for its
    // acknowledgements and ping responses; type 1 says all but the message stream ID, which is 0.
    if (type > 1) {
      throw new RtmpProtocolError('RTMP_ERR_CHUNK_NO_HEADER', `type ${type} on chunk stream ${id}`);
    }
    if (this.#streams.size >= this.#limits.maxChunkStreams) {
      throw new RtmpProtocolError('RTMP_ERR_TOO_MANY_CHUNK_STREAMS', `limit is ${this.#limits.maxChunkStreams}`);
    }
    const stream = new ChunkStream(id);
    this.#streams.set(id, stream);
    return stream;
  }

  #beginMessage(stream: ChunkStream): void {
    const { maxMessageLength } = this.#limits;
    if (stream.messageLength > maxMessageLength) {
      throw new RtmpProtocolError('RTMP_ERR_MESSAGE_TOO_LARGE', `${stream.messageLength} > ${maxMessageLength} bytes`);
    }
    stream.isOpen = true;
    stream.received = 0;
  }

  #beginChunk(stream: ChunkStream): void {
    this.#current = stream;
    this.#chunkRemaining = Math.min(this.#chunkSize, stream.messageLength - stream.received);
  }

  /** Reads chunk data of the current chunk; the message when that completed it. */
  #readChunkData(): Message | undefined {
    const stream = this.#current!;
    const input = this.#input;
    const length = stream.messageLength;
    const available = input.end - input.position;
    if (stream.received === 0 && this.#chunkRemaining === length && available >= length) {
      const payload = input.bytes.subarray(input.position, input.position + length);
      input.position += length;
      this.#current = undefined;
      return this.#finish(stream, payload);
    }
    if (stream.received === 0 && (this.#ownsInput || this.#memoryFor !== undefined)) {
      const payload = this.#joinChunks(stream);
      if (payload !== undefined) {
        this.#current = undefined;
        return this.#finish(stream, payload);
      }
    }
    let count = Math.min(available, this.#chunkRemaining);
    if (count === 0) return undefined;
    const buffer = this.#reserve(stream, stream.received + count);
    buffer.set(input.bytes.subarray(input.position, input.position + count), stream.received);
    input.position += count;
    stream.received += count;
    this.#chunkRemaining -= count;
    if (this.#chunkRemaining > 0) return undefined;
    this.#current = undefined;
    if (stream.received < length) {
      count = this.#gatherChunks(stream);
      if (count < length) return undefined;
    }
    return this.#finish(stream, stream.buffer!.subarray(0, length));
  }

  /**
   * Joins a message that is here as a whole, without the one-byte headers between its chunks: where the owner wants
   * it, or where it lies. Undefined when it is not, or neither may be.
   */
  #joinChunks(stream: ChunkStream): Uint8Array | undefined {
    const { bytes, position, end } = this.#input;
    const length = stream.messageLength;
    const chunkSize = this.#chunkSize;
    if (length <= chunkSize || stream.id > 63 || stream.hasExtendedTimestamp) return undefined;
    const after = position + length + Math.ceil(length / chunkSize) - 1;
    if (after > end) return undefined;
    const header = 0xc0 | stream.id;
    const step = chunkSize + 1;
    for (let at = position + chunkSize; at < after; at += step) {
      if (bytes[at] !== header) return undefined;
    }
    const target = this.#memoryFor?.(stream.messageTypeId, stream.messageStreamId, length);
    if (target !== undefined) {
      const { buffer, byteOffset } = bytes;
      for (let from = position, to = 0; from < after; from += step, to += chunkSize) {
        // Not subarray(), which takes a third longer than the copy itself when it is that of a Buffer.
        target.set(new Uint8Array(buffer, byteOffset + from, Math.min(chunkSize, after - from)), to);
      }
      this.#input.position = after;
      return target;
    }
    if (!this.#ownsInput) return undefined;
    let to = position + chunkSize;
    for (let from = to + 1; from < after; from += step) {
      bytes.copyWithin(to, from, Math.min(from + chunkSize, after));
      to += chunkSize;
    }
    this.#input.position = after;
    return bytes.subarray(position, position + length);
  }

  /**
   * The common case of a long message: whole type 3 chunks of the same chunk
   * stream, one after the other, without a look at anything else. Returns how
   * much of the message is here.
   */
  #gatherChunks(stream: ChunkStream): number {
    const input = this.#input;
    const { bytes, end } = input;
    const length = stream.messageLength;
    if (stream.id > 63 || stream.hasExtendedTimestamp) return stream.received;
    const header = 0xc0 | stream.id;
    const chunkSize = this.#chunkSize;
    let at = input.position;
    let received = stream.received;
    while (received < length && at < end && bytes[at] === header) {
      const size = Math.min(chunkSize, length - received);
      if (end - at - 1 < size) break;
      const buffer = this.#reserve(stream, received + size);
      buffer.set(bytes.subarray(at + 1, at + 1 + size), received);
      at += 1 + size;
      stream.received = received += size;
    }
    input.position = at;
    return received;
  }

  /** Memory follows the bytes received, not the length declared: a 12-byte header must not cost 16 MiB. */
  #reserve(stream: ChunkStream, needed: number): Uint8Array {
    const current = stream.buffer;
    if (current !== undefined && current.length >= needed) return current;
    const held = current === undefined ? 0 : current.length;
    const wanted = Math.max(needed, held * 2, FIRST_ALLOCATION, stream.received + this.#input.length);
    let capacity = Math.max(needed, Math.min(stream.messageLength, wanted));
    const { maxPendingBytes } = this.#limits;
    if (this.#bufferBytes - held + capacity > maxPendingBytes) this.#releaseKeptBuffers();
    // Sparing, but still in proportion: growth by a chunk at a time would copy a long message for each.
    if (this.#bufferBytes - held + capacity > maxPendingBytes) capacity = needed + (needed >> 3);
    this.#bufferBytes += capacity - held;
    if (this.#bufferBytes > maxPendingBytes) {
      throw new RtmpProtocolError('RTMP_ERR_TOO_MANY_PENDING_BYTES', `limit is ${maxPendingBytes} bytes`);
    }
    const buffer = new Uint8Array(capacity);
    if (current !== undefined && stream.received > 0) buffer.set(current.subarray(0, stream.received));
    return (stream.buffer = buffer);
  }

  #releaseKeptBuffers(): void {
    for (const stream of this.#streams.values()) {
      if (!stream.isOpen) this.#releaseBuffer(stream);
    }
  }

  #releaseBuffer(stream: ChunkStream): void {
    if (stream.buffer === undefined) return;
    this.#bufferBytes -= stream.buffer.length;
    stream.buffer = undefined;
  }

  #finish(stream: ChunkStream, payload: Uint8Array): Message {
    stream.isOpen = false;
    stream.received = 0;
    if (stream.buffer !== undefined && stream.buffer.length > KEPT_BUFFER) this.#releaseBuffer(stream);
    const message = this.#message;
    message.chunkStreamId = stream.id;
    message.messageStreamId = stream.messageStreamId;
    message.messageTypeId = stream.messageTypeId;
    message.timestamp = stream.timestamp;
    message.payload = payload;
    if (message.messageTypeId <= MessageTypeId.AbortMessage) this.#applyControl(message);
    return message;
  }

  /** Messages 1 and 2 belong to the chunk layer: the very next chunk depends on them (§5.4.1, §5.4.2). */
  #applyControl({ messageTypeId, payload }: Message): void {
    if (messageTypeId !== MessageTypeId.SetChunkSize && messageTypeId !== MessageTypeId.AbortMessage) return;
    if (payload.length !== 4) {
      const detail = `type ${messageTypeId} carries ${payload.length} bytes, not 4`;
      throw new RtmpProtocolError('RTMP_ERR_MESSAGE_LENGTH', detail);
    }
    const value = readUint32(payload, 0);
    if (messageTypeId === MessageTypeId.AbortMessage) {
      const stream = this.#streams.get(value);
      if (stream !== undefined) {
        stream.isOpen = false;
        stream.received = 0;
        this.#releaseBuffer(stream);
      }
      return;
    }
    if (value < 1 || value > MAX_CHUNK_SIZE) {
      throw new RtmpProtocolError('RTMP_ERR_CHUNK_SIZE', `${value}, must be 1 to ${MAX_CHUNK_SIZE}`);
    }
    this.#chunkSize = value;
  }
}
