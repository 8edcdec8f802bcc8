import { MediaFlags } from '#lib/flv';
import type { MediaMessage } from './media-message.js';
import { type MediaSlab, SlabWriter } from './media-slab.js';

/** What a GOP cache may hold of one stream. */
export interface GopCacheLimits {
  /** Bytes, of which every message takes 64 besides its own. 0 turns the cache off. Defaults to 16 MiB. */
  maxBytes: number;
  /** Milliseconds of stream time. Defaults to 60,000: x264's 250 pictures at the 5 a second of a camera. */
  maxDuration: number;
}

/** Defaults of {@link GopCacheLimits}. */
export const DEFAULT_GOP_CACHE_LIMITS: Readonly<GopCacheLimits> = Object.freeze({
  maxBytes: 16 * 1024 * 1024,
  maxDuration: 60_000,
});

/** What the books take for a message, in bytes: a flood of empty ones is bounded as well. */
const MESSAGE_COST = 64;
const NOTHING = new Uint8Array(0);

/** A message of the group; used again for one of the next. */
class Entry {
  tagType = 0;
  timestamp = 0;
  flags = 0;
  slab: MediaSlab | undefined = undefined;
  from = 0;
  to = 0;
}

/**
 * The messages since the last key frame, so that a player sees a picture at
 * once. A group that grows too long is given up until the next key frame.
 */
export class GopCache {
  readonly #limits: Readonly<GopCacheLimits>;
  readonly #writer = new SlabWriter();
  /** What the group lies in, each held once. */
  readonly #slabs: MediaSlab[] = [];
  /** Where memory was reserved the last time, held once, and which. */
  #reserved: MediaSlab | undefined;
  #placed: Uint8Array | undefined;
  #length = 0;
  readonly #entries: Entry[] = [];
  #count = 0;
  #isOpen = false;

  constructor(limits: Partial<GopCacheLimits> = {}) {
    this.#limits = { ...DEFAULT_GOP_CACHE_LIMITS, ...limits };
  }

  /** Whether there is a group, and it is kept. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Messages held. */
  get size(): number {
    return this.#count;
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.#length;
  }

  /**
   * Memory for the payload of the next message, so that it need not be copied for the group; undefined when there is no
   * group.
   */
  reserve(length: number): Uint8Array | undefined {
    if (!this.#isOpen) return undefined;
    const slab = this.#writer.reserve(length);
    if (slab !== this.#reserved) {
      this.#reserved?.release();
      slab.hold();
      this.#reserved = slab;
    }
    return (this.#placed = slab.bytes.subarray(this.#writer.at, this.#writer.at + length));
  }

  /**
   * Takes a copy of a message that belongs to a group, and points the message to that.
   *
   * @param isStart a group begins with it; by default every key frame is one, see `LiveStream.startsAt()`
   */
  add(message: MediaMessage, isStart = (message.flags & MediaFlags.KeyFrame) !== 0): void {
    const { flags, payload } = message;
    if (isStart) this.#begin();
    else if (!this.#isOpen) return;
    const end = this.#length + payload.length;
    const cost = end + (this.#count + 1) * MESSAGE_COST;
    if (cost > this.#limits.maxBytes || this.#isTooLong(message.timestamp)) {
      this.clear();
      return;
    }
    if (payload !== this.#placed) {
      message.payload = this.reserve(payload.length)!;
      message.payload.set(payload);
    }
    const slab = this.#reserved!;
    if (slab !== this.#slabs[this.#slabs.length - 1]) {
      slab.hold();
      this.#slabs.push(slab);
    }
    const entry = (this.#entries[this.#count] ??= new Entry());
    entry.tagType = message.tagType;
    entry.timestamp = message.timestamp;
    entry.flags = flags;
    entry.slab = slab;
    entry.from = this.#writer.at;
    entry.to = entry.from + payload.length;
    this.#count++;
    this.#length = end;
    message.slab = slab;
  }

  /** Forgets the group: what follows depends on what is not here. */
  clear(): void {
    this.#isOpen = false;
    this.#count = 0;
    this.#length = 0;
    for (const slab of this.#slabs) slab.release();
    this.#slabs.length = 0;
  }

  /** Forgets the group and gives its memory back. */
  release(): void {
    this.clear();
    this.#writer.release();
    // A message may be on its way in there: left to the garbage collector.
    this.#reserved = this.#placed = undefined;
    this.#entries.length = 0;
  }

  /** Hands out the messages in order, all but so many of the first, each valid during its call. */
  forEach(visit: (message: MediaMessage) => void, without = 0): void {
    const message: MediaMessage = { tagType: 0, timestamp: 0, payload: NOTHING, flags: 0 };
    for (let i = without; i < this.#count; i++) {
      const { tagType, timestamp, flags, slab, from, to } = this.#entries[i]!;
      message.tagType = tagType;
      message.timestamp = timestamp;
      message.flags = flags;
      message.payload = slab!.bytes.subarray(from, to);
      visit(message);
    }
  }

  #begin(): void {
    this.clear();
    this.#isOpen = this.#limits.maxBytes > 0;
  }

  #isTooLong(timestamp: number): boolean {
    return this.#count > 0 && timestamp - this.#entries[0]!.timestamp > this.#limits.maxDuration;
  }
}
