import { AUDIO, fillerAt, fillerOf, HEAD_LENGTH, type MediaTag, readTag, VIDEO } from './tagged-media.js';

/** A message as it was read. The same object is handed out every time. */
export interface ReadMessage {
  typeId: number;
  streamId: number;
  timestamp: number;
  /** Bytes of the whole message. */
  length: number;
  /** Audio and video: its beginning; everything else: all of it. Valid during the call. */
  head: Buffer;
  headLength: number;
  /** Whether every byte behind the tag was as it should be; true when nobody looked. */
  isIntact: boolean;
}

const MESSAGE_HEADER_LENGTH = [11, 7, 3, 0] as const;
const LONGEST_HEADER = 18;
const EXTENDED = 0xffffff;
const DEFAULT_CHUNK_SIZE = 128;
const MAX_CONTROL_LENGTH = 1024 * 1024;

class Assembly {
  typeId = 0;
  streamId = 0;
  timestamp = 0;
  delta = 0;
  length = 0;
  received = 0;
  isExtended = false;
  head = Buffer.allocUnsafe(HEAD_LENGTH);
  headLength = 0;
  isIntact = true;
  filler: Buffer | undefined;
}

/**
 * Reads the chunks a server sends, and nothing of their media but the tags: a player that costs little. It shares no code
 * with the decoder of the server.
 */
export class ChunkReader {
  readonly #onMessage: (message: ReadMessage) => void;
  readonly #isVerifying: boolean;
  readonly #assemblies: Array<Assembly | undefined> = [];
  readonly #carry = Buffer.allocUnsafe(LONGEST_HEADER);
  readonly #tag: MediaTag = { stream: 0, sequence: 0, sentAt: 0, length: 0 };
  readonly #message: ReadMessage = {
    typeId: 0,
    streamId: 0,
    timestamp: 0,
    length: 0,
    head: this.#carry,
    headLength: 0,
    isIntact: true,
  };
  #carried = 0;
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #current: Assembly | undefined;
  #chunkRemaining = 0;

  /** @param isVerifying compares every byte of audio and video with what it must be */
  constructor(onMessage: (message: ReadMessage) => void, isVerifying = false) {
    this.#onMessage = onMessage;
    this.#isVerifying = isVerifying;
  }

  /** Takes bytes that are valid during the call only. */
  push(bytes: Buffer): void {
    let at = 0;
    while (this.#carried > 0 && at < bytes.length && this.#current === undefined) {
      this.#carry[this.#carried++] = bytes[at++]!;
      if (this.#readHeader(this.#carry, 0, this.#carried) > 0) this.#carried = 0;
    }
    while (at < bytes.length) {
      if (this.#current === undefined) {
        const length = this.#readHeader(bytes, at, bytes.length);
        if (length === 0) {
          this.#carried = bytes.copy(this.#carry, 0, at);
          return;
        }
        at += length;
        if (this.#current === undefined) continue; // a message without bytes
      }
      const end = Math.min(at + this.#chunkRemaining, bytes.length);
      this.#take(this.#current!, bytes, at, end);
      at = end;
    }
  }

  /** Reads a header; its length, or 0 when there is more to come. */
  #readHeader(bytes: Buffer, at: number, end: number): number {
    const type = bytes[at]! >> 6;
    let id = bytes[at]! & 0x3f;
    const basic = id === 0 ? 2 : id === 1 ? 3 : 1;
    let length = basic + MESSAGE_HEADER_LENGTH[type as 0];
    if (end - at < length) return 0;
    if (id === 0) id = 64 + bytes[at + 1]!;
    else if (id === 1) id = 64 + bytes.readUInt16LE(at + 1);
    const known = this.#assemblies[id];
    if (known === undefined && type > 1) throw new Error(`chunk stream ${id} begins with type ${type}`);
    const assembly = (this.#assemblies[id] ??= new Assembly());
    const field = type < 3 ? bytes.readUIntBE(at + basic, 3) : 0;
    const isExtended = type < 3 ? field === EXTENDED : assembly.isExtended;
    if (isExtended) length += 4;
    if (end - at < length) return 0;
    if (type < 3) {
      if (assembly.received > 0) throw new Error(`type ${type} in the middle of a message on chunk stream ${id}`);
      const time = isExtended ? bytes.readUInt32BE(at + length - 4) : field;
      assembly.isExtended = isExtended;
      assembly.delta = type === 0 ? 0 : time;
      assembly.timestamp = type === 0 ? time : assembly.timestamp + time;
      if (type < 2) {
        assembly.length = bytes.readUIntBE(at + basic + 3, 3);
        assembly.typeId = bytes[at + basic + 6]!;
      }
      if (type === 0) assembly.streamId = bytes.readUInt32LE(at + basic + 7);
    } else if (assembly.received === 0) {
      assembly.timestamp += assembly.delta;
    }
    if (assembly.received === 0) this.#begin(assembly);
    this.#current = assembly;
    this.#chunkRemaining = Math.min(this.#chunkSize, assembly.length - assembly.received);
    if (assembly.length === 0) this.#finish(assembly);
    return length;
  }

  #begin(assembly: Assembly): void {
    assembly.headLength = 0;
    assembly.isIntact = true;
    assembly.filler = undefined;
    if (isMedia(assembly.typeId) || assembly.head.length >= assembly.length) return;
    if (assembly.length > MAX_CONTROL_LENGTH) throw new Error(`type ${assembly.typeId} of ${assembly.length} bytes`);
    assembly.head = Buffer.allocUnsafe(assembly.length);
  }

  #take(assembly: Assembly, bytes: Buffer, from: number, to: number): void {
    if (assembly.headLength < assembly.head.length) {
      assembly.headLength += bytes.copy(assembly.head, assembly.headLength, from, to);
    }
    if (this.#isVerifying && isMedia(assembly.typeId)) this.#verify(assembly, bytes, from, to);
    assembly.received += to - from;
    this.#chunkRemaining -= to - from;
    if (assembly.received === assembly.length) this.#finish(assembly);
    else if (this.#chunkRemaining === 0) this.#current = undefined;
  }

  #verify(assembly: Assembly, bytes: Buffer, from: number, to: number): void {
    const { typeId, head, headLength, received } = assembly;
    const start = fillerAt(typeId);
    const first = Math.max(start - received, 0) + from;
    if (first >= to) return;
    if (assembly.filler === undefined) {
      if (!readTag(head, headLength, typeId, this.#tag)) return;
      assembly.filler = fillerOf(this.#tag.sequence, assembly.length - start);
    }
    const expectedAt = received + (first - from) - start;
    const difference = bytes.compare(assembly.filler, expectedAt, expectedAt + (to - first), first, to);
    if (difference !== 0) assembly.isIntact = false;
  }

  #finish(assembly: Assembly): void {
    const { typeId, head, headLength } = assembly;
    assembly.received = 0;
    this.#current = undefined;
    if (typeId === 1) this.#chunkSize = head.readUInt32BE(0);
    const message = this.#message;
    message.typeId = typeId;
    message.streamId = assembly.streamId;
    message.timestamp = assembly.timestamp;
    message.length = assembly.length;
    message.head = head;
    message.headLength = headLength;
    message.isIntact = assembly.isIntact;
    this.#onMessage(message);
  }
}

function isMedia(typeId: number): boolean {
  return typeId === AUDIO || typeId === VIDEO;
}
