const FIRST_BYTES = 64 * 1024;

/**
 * Samples of a track that wait to be written, one behind the other in memory
 * that is used again. Times are in units of the track's timescale.
 */
export class SampleRun {
  /** Decoding times. */
  readonly times: number[] = [];
  /** Presentation minus decoding times. */
  readonly offsets: number[] = [];
  readonly sizes: number[] = [];
  readonly keys: boolean[] = [];
  #count = 0;
  #bytes = Buffer.alloc(0);
  #length = 0;
  /** Samples that are held back behind those, and their bytes. */
  #heldCount = 0;
  #heldLength = 0;
  /** Bytes of the last sample that was forgotten, which are there until the next is added. */
  #last: Uint8Array | undefined;

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#length;
  }

  /** All samples, one behind the other; valid until the next is added. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** When the first sample begins that is held back; undefined when none is. */
  get heldTime(): number | undefined {
    return this.#heldCount > 0 ? this.times[this.#count] : undefined;
  }

  /** Samples that begin before a time. */
  countBefore(time: number): number {
    let count = 0;
    while (count < this.#count && this.times[count]! < time) count++;
    return count;
  }

  /** Holds all but the first samples back, until {@link clear}; none are to be added meanwhile. */
  holdBack(count: number): void {
    for (; this.#count > count; this.#heldCount++) {
      const size = this.sizes[--this.#count]!;
      this.#length -= size;
      this.#heldLength += size;
    }
  }

  add(time: number, offset: number, isKey: boolean, body: Uint8Array): void {
    const at = this.#count++;
    this.times[at] = time;
    this.offsets[at] = offset;
    this.sizes[at] = body.length;
    this.keys[at] = isKey;
    const end = this.#length + body.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(body, this.#length);
    this.#length = end;
  }

  /** Adds the last of those that were forgotten, at another time, as long as nothing has been added since. */
  repeatLast(time: number): void {
    if (this.#last !== undefined && this.#count === 0) this.add(time, 0, true, this.#last);
  }

  /** Forgets the samples; those that were held back are there then. */
  clear(): void {
    const from = this.#count;
    if (from > 0) this.#last = this.#bytes.subarray(this.#length - this.sizes[from - 1]!, this.#length);
    this.#count = this.#heldCount;
    if (this.#heldCount > 0) {
      for (const values of [this.times, this.offsets, this.sizes, this.keys]) values.splice(0, from);
      this.#bytes.copyWithin(0, this.#length, this.#length + this.#heldLength);
    }
    this.#length = this.#heldLength;
    this.#heldCount = 0;
    this.#heldLength = 0;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2, FIRST_BYTES));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** What a track has in a fragment. */
export interface FragmentTrack {
  /** track_ID; the first is 1. */
  readonly id: number;
  readonly run: SampleRun;
  /** Where the last sample ends. */
  readonly end: number;
}
