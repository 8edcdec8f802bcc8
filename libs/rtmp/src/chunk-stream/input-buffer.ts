/** Room left for the bytes that follow when some had to be copied. */
const SLACK = 256;

/**
 * Bytes received and not yet consumed. While they are consumed as fast as they
 * arrive it only points into the caller's buffer; what is left over is copied
 * when the caller wants its buffer back.
 */
export class InputBuffer {
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;
  end = 0;
  /** True when `bytes` is ours, so that it may be appended to. */
  #owned = false;

  get length(): number {
    return this.end - this.position;
  }

  /** Adds bytes behind those not yet consumed; without any it takes a view. */
  push(bytes: Uint8Array): void {
    const rest = this.end - this.position;
    if (rest === 0) {
      // A plain Uint8Array: subarray() of a Buffer goes through its species and costs three times as much.
      this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.position = 0;
      this.end = bytes.byteLength;
      this.#owned = false;
      return;
    }
    this.#reserve(rest, bytes.byteLength);
    this.bytes.set(bytes, this.end);
    this.end += bytes.byteLength;
  }

  /** Copies what is left, so that the buffer given to push() may be reused. */
  detach(): void {
    const rest = this.end - this.position;
    if (rest > 0 && !this.#owned) this.#reserve(rest, 0);
    else if (rest === 0 && this.bytes.length > 0) this.clear();
  }

  /** Forgets everything. */
  clear(): void {
    this.bytes = EMPTY;
    this.position = this.end = 0;
    this.#owned = false;
  }

  #reserve(rest: number, more: number): void {
    if (this.#owned) {
      if (this.end + more <= this.bytes.length) return;
      if (rest + more <= this.bytes.length && this.position >= rest) {
        this.bytes.copyWithin(0, this.position, this.end);
        this.position = 0;
        this.end = rest;
        return;
      }
    }
    // Doubling when bytes are held for long keeps the copying linear in what was received.
    const bytes = new Uint8Array(Math.max(rest + more + SLACK, this.#owned ? rest * 2 : 0));
    bytes.set(this.bytes.subarray(this.position, this.end));
    this.bytes = bytes;
    this.position = 0;
    this.end = rest;
    this.#owned = true;
  }
}

const EMPTY = new Uint8Array(0);
