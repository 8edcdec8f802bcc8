import { Amf3ValueReader } from './amf3-value-reader.js';
import { AmfInput } from './amf-input.js';
import type { AmfDecodeOptions } from './decode-options.js';
import { resolveLimits } from './limits.js';
import type { AmfValue } from './values.js';

/** Reads AMF3 values one at a time. Strings, objects and traits can be referred to across all of them. */
export class Amf3Decoder {
  readonly #input: AmfInput;
  readonly #reader: Amf3ValueReader;

  constructor(bytes: Uint8Array, options: AmfDecodeOptions = {}) {
    this.#input = new AmfInput(bytes, resolveLimits(options));
    this.#reader = new Amf3ValueReader(this.#input, options.externalizable);
  }

  /** Whether all values have been read. */
  get done(): boolean {
    return this.#input.bytes.remaining === 0;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#input.bytes.offset;
  }

  /** The next value. @throws {AmfError} after which the decoder must not be used. */
  next(): AmfValue {
    this.#input.topLevel();
    this.#input.property();
    return this.#reader.value();
  }
}

/** All values of a body that is AMF3 alone. RTMP messages are not: see decodeAmf3Framed. @throws {AmfError} */
export function decodeAmf3(bytes: Uint8Array, options?: AmfDecodeOptions): AmfValue[] {
  const decoder = new Amf3Decoder(bytes, options);
  const values: AmfValue[] = [];
  while (!decoder.done) values.push(decoder.next());
  return values;
}
