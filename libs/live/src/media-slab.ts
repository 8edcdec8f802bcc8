import { PREVIOUS_TAG_SIZE_LENGTH, TAG_HEADER_LENGTH, tagLength } from '#lib/flv';

/** A second of 2 Mb/s. Streams have one or two more than their group needs. */
const SLAB_SIZE = 256 * 1024;
/** Slabs kept for the next that needs one: fresh memory costs a page fault for every 4 KiB. */
const MAX_FREE = 64;

/** Memory without content: any stream may have it next. */
const free: MediaSlab[] = [];

/**
 * Memory that messages lie in, one behind the other, each with the room around
 * it that the rest of an FLV tag takes: whoever writes tags fills that in and
 * copies nothing. Nobody changes a message. When nobody holds the slab any
 * more its memory is used again.
 */
export class MediaSlab {
  readonly bytes: Uint8Array;
  #holders = 0;
  #framer: object | undefined;

  private constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  /** A slab with room for a payload, held once. */
  static take(payloadLength: number): MediaSlab {
    const size = tagLength(payloadLength);
    const slab = size > SLAB_SIZE ? new MediaSlab(size) : (free.pop() ?? new MediaSlab(SLAB_SIZE));
    slab.hold();
    return slab;
  }

  /** Keeps its content until release() is called as often. */
  hold(): void {
    this.#holders++;
  }

  release(): void {
    if (--this.#holders > 0) return;
    this.#framer = undefined;
    if (this.bytes.length === SLAB_SIZE && free.length < MAX_FREE) free.push(this);
  }

  /** Whether somebody may write around its messages: who asks first, and nobody else, may in all of them. */
  claim(framer: object): boolean {
    return (this.#framer ??= framer) === framer;
  }
}

/** Copies messages into slabs, one behind the other. */
export class SlabWriter {
  #slab: MediaSlab | undefined;
  #to = 0;
  #at = 0;

  /** Where the newest payload begins in its slab. */
  get at(): number {
    return this.#at;
  }

  /** Copies a payload; the slab it lies in, which is kept until the next call unless the caller holds it. */
  put(payload: Uint8Array): MediaSlab {
    const slab = this.reserve(payload.length);
    slab.bytes.set(payload, this.#at);
    return slab;
  }

  /** The same without the copy, for who writes the payload himself. */
  reserve(length: number): MediaSlab {
    let slab = this.#slab;
    if (slab === undefined || slab.bytes.length - this.#to < tagLength(length)) {
      slab?.release();
      slab = this.#slab = MediaSlab.take(length);
      this.#to = 0;
    }
    this.#at = this.#to + TAG_HEADER_LENGTH;
    this.#to = this.#at + length + PREVIOUS_TAG_SIZE_LENGTH;
    return slab;
  }

  /** Gives its slab back; it may be used again. */
  release(): void {
    this.#slab?.release();
    this.#slab = undefined;
  }
}
