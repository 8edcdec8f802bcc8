import { ByteReader } from '#lib/bytes';
import { AmfError, type AmfErrorCode } from './errors.js';
import type { AmfLimits } from './limits.js';

/** What a value took of the limits, and takes again with every reference to it. */
export interface AmfCost {
  readonly properties: number;
  readonly stringBytes: number;
}

/** The bytes of one message and what is left of its limits, shared by the AMF0 and AMF3 readers. */
export class AmfInput {
  readonly bytes: ByteReader;
  readonly #limits: Readonly<AmfLimits>;
  #depth = 0;
  #values = 0;
  #properties = 0;
  #stringBytes = 0;

  constructor(bytes: Uint8Array, limits: Readonly<AmfLimits>) {
    this.bytes = new ByteReader(bytes, (detail, offset) => new AmfError('AMF_ERR_TRUNCATED', detail, offset));
    this.#limits = limits;
  }

  fail(code: AmfErrorCode, detail: string, offset: number = this.bytes.offset): AmfError {
    return new AmfError(code, detail, offset);
  }

  /** Text of `length` bytes, of which nothing is allocated before it is known to be there and allowed. */
  text(length: number): string {
    this.reserve(length);
    return this.bytes.utf8(length);
  }

  /** A copy of the next `length` bytes: values outlive the buffer they came in. */
  data(length: number): Uint8Array {
    this.reserve(length);
    return new Uint8Array(this.bytes.take(length));
  }

  /** A declared number of things, each of `size` bytes at least, so that no count is trusted over the bytes. */
  count(count: number, size: number): number {
    if (count * size <= this.bytes.remaining) return count;
    throw this.fail('AMF_ERR_TRUNCATED', `${count} members declared, ${this.bytes.remaining} bytes left`);
  }

  /** Begins a value at the top level. */
  topLevel(): void {
    if (++this.#values > this.#limits.maxValues) {
      throw this.fail('AMF_ERR_TOO_MANY_VALUES', `limit is ${this.#limits.maxValues}`);
    }
  }

  /** Begins a value at any level. */
  property(): void {
    this.#spend(1, 0);
  }

  /** Goes one level down while `read` runs. */
  nested<T>(read: () => T): T {
    if (this.#depth >= this.#limits.maxDepth) throw this.fail('AMF_ERR_TOO_DEEP', `limit is ${this.#limits.maxDepth}`);
    this.#depth++;
    const result = read();
    this.#depth--;
    return result;
  }

  spent(): AmfCost {
    return { properties: this.#properties, stringBytes: this.#stringBytes };
  }

  spentSince(before: AmfCost): AmfCost {
    return {
      properties: this.#properties - before.properties,
      stringBytes: this.#stringBytes - before.stringBytes,
    };
  }

  /** A reference: few bytes that stand for much, and for exponentially much when they are nested. */
  spendAgain(cost: AmfCost): void {
    this.#spend(cost.properties, cost.stringBytes);
  }

  /** Takes `length` bytes off the limit for strings, before they are read. */
  reserve(length: number): void {
    // A length that runs past the end is left to the read that follows: truncation is the better diagnosis.
    if (length <= this.bytes.remaining) this.#spend(0, length);
  }

  #spend(properties: number, stringBytes: number): void {
    const { maxProperties, maxStringBytes } = this.#limits;
    this.#properties += properties;
    this.#stringBytes += stringBytes;
    if (this.#properties > maxProperties) throw this.fail('AMF_ERR_TOO_MANY_PROPERTIES', `limit is ${maxProperties}`);
    if (this.#stringBytes > maxStringBytes) {
      throw this.fail('AMF_ERR_TOO_MANY_STRING_BYTES', `limit is ${maxStringBytes}`);
    }
  }
}
