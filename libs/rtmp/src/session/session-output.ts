import { type AmfValue, encodeAmf0 } from '#lib/amf';
import { DEFAULT_CHUNK_SIZE } from '../chunk-stream/chunk-limits.js';
import { writeUint32 } from '../chunk-stream/integers.js';
import { messageChunksLength, writeMessageChunks } from '../chunk-stream/message-chunks.js';
import { MessageTypeId } from '../message/message-types.js';

/** Chunk streams we send on: 2 is for protocol control (§5.4), 3 and 5 are what other servers use. */
const CONTROL_CHUNK_STREAM = 2;
const COMMAND_CHUNK_STREAM = 3;
const STATUS_CHUNK_STREAM = 5;
/** Those of media, as FFmpeg has them: 4 audio, 6 video, 5 data. */
const AUDIO_CHUNK_STREAM = 4;
const VIDEO_CHUNK_STREAM = 6;

/**
 * Collects what a session has to send until the connection takes it, so that
 * all replies to one command leave in one write. Every message is a type 0
 * chunk that depends on nothing before it.
 */
export class SessionOutput {
  #parts: Uint8Array[] = [];
  #length = 0;
  #chunkSize = DEFAULT_CHUNK_SIZE;

  /** Bytes waiting to be taken. */
  get length(): number {
    return this.#length;
  }

  /** Everything to send, as one buffer, which is not to be changed: others may be sent the same. */
  take(): Uint8Array | undefined {
    if (this.#length === 0) return undefined;
    const parts = this.#parts;
    let bytes = parts[0]!;
    if (parts.length > 1) {
      bytes = new Uint8Array(this.#length);
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
    }
    this.#parts = [];
    this.#length = 0;
    return bytes;
  }

  /**
   * Bytes as they are: the handshake, or messages that are encoded already.
   *
   * @param chunkSize the chunk size that they announce
   */
  raw(bytes: Uint8Array, chunkSize = this.#chunkSize): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    this.#chunkSize = chunkSize;
  }

  /** A protocol control message of one 32-bit value (§5.4), optionally with a byte behind it. */
  control(messageTypeId: number, value: number, limit?: number): void {
    const payload = new Uint8Array(limit === undefined ? 4 : 5);
    writeUint32(payload, 0, value);
    if (limit !== undefined) payload[4] = limit;
    this.#message(CONTROL_CHUNK_STREAM, 0, messageTypeId, payload);
    if (messageTypeId === MessageTypeId.SetChunkSize) this.#chunkSize = value;
  }

  /** A user control message (§7.1.7) with one or two 32-bit values. */
  userControl(event: number, ...values: number[]): void {
    const payload = new Uint8Array(2 + 4 * values.length);
    payload[1] = event;
    values.forEach((value, index) => writeUint32(payload, 2 + 4 * index, value));
    this.#message(CONTROL_CHUNK_STREAM, 0, MessageTypeId.UserControl, payload);
  }

  /** A command message in AMF0, which AMF3 clients accept as well. */
  command(messageStreamId: number, ...values: AmfValue[]): void {
    const chunkStreamId = messageStreamId === 0 ? COMMAND_CHUNK_STREAM : STATUS_CHUNK_STREAM;
    this.#message(chunkStreamId, messageStreamId, MessageTypeId.CommandAmf0, encodeAmf0(...values));
  }

  /** A data message in AMF0 (§7.1.2). */
  data(messageStreamId: number, timestamp: number, ...values: AmfValue[]): void {
    this.#message(STATUS_CHUNK_STREAM, messageStreamId, MessageTypeId.DataAmf0, encodeAmf0(...values), timestamp >>> 0);
  }

  /** An audio, video or data message as it is. */
  media(messageStreamId: number, messageTypeId: number, timestamp: number, payload: Uint8Array): void {
    const isAudio = messageTypeId === MessageTypeId.Audio;
    const isVideo = messageTypeId === MessageTypeId.Video;
    const chunkStreamId = isAudio ? AUDIO_CHUNK_STREAM : isVideo ? VIDEO_CHUNK_STREAM : STATUS_CHUNK_STREAM;
    this.#message(chunkStreamId, messageStreamId, messageTypeId, payload, timestamp);
  }

  #message(chunkStreamId: number, messageStreamId: number, messageTypeId: number, payload: Uint8Array, time = 0): void {
    const chunkSize = this.#chunkSize;
    const bytes = new Uint8Array(messageChunksLength(chunkStreamId, time, payload.length, chunkSize));
    writeMessageChunks(bytes, 0, chunkStreamId, messageStreamId, messageTypeId, time, payload, chunkSize);
    this.raw(bytes);
  }
}
