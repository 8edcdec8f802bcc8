import { type OverrunError, rangeError } from './overrun.js';

/**
 * A cursor over bits, the most significant of each byte first, for the headers of codecs. Emulation
 * prevention bytes (H.264 §7.3.1.1) must be gone before they come here.
 */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #overrun: OverrunError;
  /** In bits. */
  #position = 0;

  constructor(bytes: Uint8Array, overrun: OverrunError = rangeError) {
    this.#bytes = bytes;
    this.#overrun = overrun;
  }

  /** Bits left to read. */
  get remaining(): number {
    return this.#bytes.length * 8 - this.#position;
  }

  /** Unsigned integer of 0 to 32 bits. */
  u(count: number): number {
    if (!(count >= 0 && count <= 32)) throw new RangeError(`u(${count}): a read is 0 to 32 bits wide`);
    let position = this.#advance(count);
    let value = 0;
    let left = count;
    while (left > 0) {
      const unread = 8 - (position & 7);
      const width = Math.min(unread, left);
      const bits = (this.#bytes[position >> 3]! >> (unread - width)) & ((1 << width) - 1);
      value = value * (1 << width) + bits;
      position += width;
      left -= width;
    }
    return value;
  }

  /** One bit, as a boolean. */
  flag(): boolean {
    const position = this.#advance(1);
    return ((this.#bytes[position >> 3]! >> (7 - (position & 7))) & 1) === 1;
  }

  /** Unsigned Exp-Golomb code, 0 to 2^32 - 2 (H.264 §9.1). */
  ue(): number {
    const start = this.#position;
    const zeros = this.#leadingZeros();
    if (zeros > 31)
      throw this.#overrun(`Exp-Golomb code of ${zeros} leading zero bits, at most 31 are allowed`, start >> 3);
    this.skip(zeros + 1);
    return 2 ** zeros - 1 + this.u(zeros);
  }

  /** Signed Exp-Golomb code: 0, 1, -1, 2, -2 … (H.264 §9.1.1). */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2;
  }

  skip(count: number): void {
    this.#advance(count);
  }

  /** Zero bits before the next one bit, or before the end; a byte at a time. */
  #leadingZeros(): number {
    let index = this.#position >> 3;
    let byte = (this.#bytes[index] ?? 0) & (0xff >> (this.#position & 7));
    while (byte === 0 && ++index < this.#bytes.length) byte = this.#bytes[index]!;
    const bit = byte === 0 ? this.#bytes.length * 8 : index * 8 + Math.clz32(byte) - 24;
    return bit - this.#position;
  }

  #advance(count: number): number {
    const position = this.#position;
    if (!(count >= 0 && count <= this.remaining)) {
      throw this.#overrun(`${count} bits wanted, ${this.remaining} left`, position >> 3);
    }
    this.#position = position + count;
    return position;
  }
}
