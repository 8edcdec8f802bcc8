import { Batch } from './batch.js';

/** Batches are cut from slabs of this size, in bytes. */
const SLAB_SIZE = 128 * 1024;

/**
 * Collects encoded messages until they are flushed as one batch. What was
 * flushed is never written again, so a slab serves many batches.
 */
export class BatchWriter {
  #slab = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #position = 0;

  /** Bytes waiting to be flushed. */
  get length(): number {
    return this.#to - this.#from;
  }

  /** Where the next byte will stand in the feed. */
  get position(): number {
    return this.#position + this.length;
  }

  /** The slab, with room for so many bytes at {@link at}; follow with {@link advance}. */
  reserve(bytes: number): Uint8Array {
    if (this.#slab.length - this.#to < bytes) this.#nextSlab(bytes);
    return this.#slab;
  }

  get at(): number {
    return this.#to;
  }

  /** Says up to where the slab has been written. */
  advance(to: number): void {
    this.#to = to;
  }

  /** Everything since the last flush; undefined when there is nothing. */
  flush(): Batch | undefined {
    if (this.#from === this.#to) return undefined;
    const batch = new Batch(this.#slab.subarray(this.#from, this.#to), this.#position);
    this.#position = batch.end;
    this.#from = this.#to;
    return batch;
  }

  /** A batch without bytes, to have something to go on from. */
  emptyBatch(): Batch {
    return new Batch(this.#slab.subarray(0, 0), this.#position);
  }

  /** What waits moves along: a batch lies in one piece, which is one write for each subscriber. */
  #nextSlab(bytes: number): void {
    const waiting = this.#slab.subarray(this.#from, this.#to);
    // Not filled with zeros: what is handed out has been written.
    const slab = new Uint8Array(Buffer.allocUnsafeSlow(Math.max(SLAB_SIZE, (waiting.length + bytes) * 2)).buffer);
    slab.set(waiting);
    this.#slab = slab;
    this.#from = 0;
    this.#to = waiting.length;
  }
}
