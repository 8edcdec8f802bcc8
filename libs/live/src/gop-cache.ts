import { MediaFlags } from '#lib/flv';
import type { MediaMessage } from './media-message.js';

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

const FIRST_CAPACITY = 64 * 1024;
/** What the books take for a message, in bytes: a flood of empty ones is bounded as well. */
const MESSAGE_COST = 64;

interface Entry {
  tagType: number;
  timestamp: number;
  flags: number;
  from: number;
  to: number;
}

/**
 * The messages since the last key frame, so that a player sees a picture at
 * once. A group that grows too long is given up until the next key frame. The
 * memory is used again for every group.
 */
export class GopCache {
  readonly #limits: Readonly<GopCacheLimits>;
  #bytes = new Uint8Array(0);
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
   * Takes a copy of a message that belongs to a group.
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
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(payload, this.#length);
    const entry = (this.#entries[this.#count] ??= { tagType: 0, timestamp: 0, flags: 0, from: 0, to: 0 });
    entry.tagType = message.tagType;
    entry.timestamp = message.timestamp;
    entry.flags = flags;
    entry.from = this.#length;
    entry.to = end;
    this.#count++;
    this.#length = end;
  }

  /** Forgets the group: what follows depends on what is not here. */
  clear(): void {
    this.#isOpen = false;
    this.#count = 0;
    this.#length = 0;
  }

  /** Forgets the group and gives its memory back. */
  release(): void {
    this.clear();
    this.#bytes = new Uint8Array(0);
    this.#entries.length = 0;
  }

  /** Hands out the messages in order, each valid during its call. */
  forEach(visit: (message: MediaMessage) => void): void {
    const message: MediaMessage = { tagType: 0, timestamp: 0, payload: this.#bytes, flags: 0 };
    for (let i = 0; i < this.#count; i++) {
      const { tagType, timestamp, flags, from, to } = this.#entries[i]!;
      message.tagType = tagType;
      message.timestamp = timestamp;
      message.flags = flags;
      message.payload = this.#bytes.subarray(from, to);
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

  #grow(needed: number): void {
    const capacity = Math.max(needed, this.#bytes.length * 2, FIRST_CAPACITY);
    const bytes = new Uint8Array(Math.min(capacity, this.#limits.maxBytes));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}
