const FIRST_CAPACITY = 256;

/** Bytes written one after another into memory that doubles as it fills. Big-endian unless a name says otherwise. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  /** @param capacity bytes to start with, when the size is known or can be guessed. */
  constructor(capacity: number = FIRST_CAPACITY) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Integers keep their low bits, so a negative number is written in two's complement. */
  u8(value: number): this {
    const at = this.#grow(1);
    this.#buffer[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#buffer[at] = value >>> 8;
    this.#buffer[at + 1] = value;
    return this;
  }

  u24(value: number): this {
    const at = this.#grow(3);
    this.#buffer[at] = value >>> 16;
    this.#buffer[at + 1] = value >>> 8;
    this.#buffer[at + 2] = value;
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#buffer[at] = value >>> 24;
    this.#buffer[at + 1] = value >>> 16;
    this.#buffer[at + 2] = value >>> 8;
    this.#buffer[at + 3] = value;
    return this;
  }

  /** Little-endian, as RTMP writes its message stream ID. */
  u32le(value: number): this {
    const at = this.#grow(4);
    this.#buffer[at] = value;
    this.#buffer[at + 1] = value >>> 8;
    this.#buffer[at + 2] = value >>> 16;
    this.#buffer[at + 3] = value >>> 24;
    return this;
  }

  /** IEEE 754 double, 8 bytes. */
  double(value: number): this {
    const at = this.#grow(8);
    this.#buffer.writeDoubleBE(value, at);
    return this;
  }

  /** The text alone, with no length before it. A lone surrogate is written as U+FFFD. */
  utf8(text: string): this {
    const size = Buffer.byteLength(text);
    const at = this.#grow(size);
    this.#buffer.write(text, at, size);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  /** What was written so far, as a copy of exactly its size. */
  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#length));
  }

  #grow(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
    }
    this.#length = needed;
    return at;
  }
}
