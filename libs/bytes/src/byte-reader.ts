import { type OverrunError, rangeError } from './overrun.js';

/**
 * A cursor over bytes, big-endian unless a name says otherwise. Every read is checked against what
 * remains, and moves the cursor only when it succeeds.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #overrun: OverrunError;
  #view: DataView | undefined;
  #buffer: Buffer | undefined;
  #offset = 0;

  /** @internal A reader is given by a decoder. */
  constructor(bytes: Uint8Array, overrun: OverrunError = rangeError) {
    this.#bytes = bytes;
    this.#overrun = overrun;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes left to read. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The next byte, left unread; undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#offset];
  }

  u8(): number {
    return this.#bytes[this.#advance(1)]!;
  }

  u16(): number {
    const at = this.#advance(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  u24(): number {
    const at = this.#advance(3);
    return (this.#bytes[at]! << 16) | (this.#bytes[at + 1]! << 8) | this.#bytes[at + 2]!;
  }

  s24(): number {
    return (this.u24() << 8) >> 8;
  }

  u32(): number {
    const at = this.#advance(4);
    const bytes = this.#bytes;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  /** IEEE 754 double, 8 bytes. */
  double(): number {
    const at = this.#advance(8);
    const bytes = this.#bytes;
    this.#view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#view.getFloat64(at);
  }

  /** Text of `length` bytes. What is not valid UTF-8 becomes U+FFFD; a byte order mark stays. */
  utf8(length: number): string {
    const at = this.#advance(length);
    const bytes = this.#bytes;
    this.#buffer ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#buffer.toString('utf8', at, at + length);
  }

  /** The next `length` bytes, as a view of the input. */
  take(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** A negative length, say from subtracting what a peer declared, is an overrun as well. */
  #advance(length: number): number {
    const at = this.#offset;
    if (!(length >= 0 && length <= this.#bytes.length - at)) {
      throw this.#overrun(`${length} bytes wanted, ${this.remaining} left`, at);
    }
    this.#offset = at + length;
    return at;
  }
}
