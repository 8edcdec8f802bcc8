const EMPTY = new Uint8Array(0);
const FIRST_CAPACITY = 4096;

/**
 * Bytes that arrive in pieces and are taken in one. A piece is only copied when something of it is left over as the
 * next one arrives; what was taken is never overwritten, so views of it stay valid.
 */
export class PendingBytes {
  #buffer: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.length === 0) {
      this.#buffer = bytes;
      this.#start = 0;
      this.#end = bytes.length;
      return;
    }
    // Only a buffer that was made here has room behind its end.
    if (this.#buffer.length - this.#end < bytes.length) this.#move(this.length + bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The next bytes, left where they are; the caller has checked that they are there. */
  peek(length: number): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#start + length);
  }

  take(length: number): Uint8Array {
    const bytes = this.peek(length);
    this.#start += length;
    return bytes;
  }

  /** Twice the need, so that the bytes of a long tag in many small pieces are moved a few times only. */
  #move(need: number): void {
    const buffer = new Uint8Array(Math.max(need * 2, FIRST_CAPACITY));
    buffer.set(this.#buffer.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = buffer;
  }
}
