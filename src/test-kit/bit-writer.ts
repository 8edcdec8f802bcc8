/** Writes bits, the most significant of each byte first, as the syntax of H.264 has them (§7.2). */
export class BitWriter {
  readonly #bytes: number[] = [];
  #byte = 0;
  #width = 0;

  /** Unsigned integer of 0 to 32 bits. */
  u(width: number, value: number): this {
    for (let bit = width - 1; bit >= 0; bit--) {
      this.#byte = this.#byte * 2 + (Math.floor(value / 2 ** bit) % 2);
      if (++this.#width === 8) this.#take();
    }
    return this;
  }

  /** Unsigned Exp-Golomb code (§9.1). */
  ue(value: number): this {
    const length = Math.floor(Math.log2(value + 1));
    return this.u(length, 0).u(length + 1, value + 1);
  }

  /** Zero bits up to the next byte. */
  align(): this {
    return this.u((8 - this.#width) % 8, 0);
  }

  /** Whole bytes, which begin where a byte does. */
  bytes(values: Iterable<number>): this {
    for (const value of values) this.u(8, value);
    return this;
  }

  /** What has been written, with the trailing bits of §7.3.2.11. */
  finish(): Uint8Array {
    this.u(1, 1).align();
    return Uint8Array.from(this.#bytes);
  }

  #take(): void {
    this.#bytes.push(this.#byte);
    this.#byte = 0;
    this.#width = 0;
  }
}
