import type { BitReader } from '#lib/bytes';
import { CodecError } from './errors.js';

/** id_syn_ele of a program_config_element in a frame (ISO 14496-3 table 4.85). */
const ID_PCE = 5;

/** What a program_config_element says. */
export interface ProgramConfig {
  /** 0 when it is cut off. */
  readonly channels: number;
  /** It as the first element of a frame, a whole number of bytes; undefined when it is cut off. */
  readonly element: Uint8Array | undefined;
}

/** Reads a program_config_element of an AudioSpecificConfig, which lists its channels (ISO 14496-3 §4.4.1.1). */
export function readProgramConfig(bits: BitReader): ProgramConfig {
  let channels = 0;
  const copy = new BitCopy(bits);
  try {
    copy.put(3, ID_PCE);
    copy.u(4 + 2 + 4); // element_instance_tag, object_type, sampling_frequency_index
    const elements = [copy.u(4), copy.u(4), copy.u(4)]; // front, side, back
    const lowFrequency = copy.u(2);
    const associated = copy.u(3);
    const coupling = copy.u(4);
    for (const width of [4, 4, 3]) if (copy.u(1) === 1) copy.u(width); // mixdowns
    let count = lowFrequency;
    for (let left = elements.reduce((sum, of) => sum + of, 0); left > 0; left--) {
      count += copy.u(1) === 1 ? 2 : 1;
      copy.u(4);
    }
    channels = count;
    for (let left = lowFrequency + associated; left > 0; left--) copy.u(4);
    for (let left = coupling; left > 0; left--) copy.u(1 + 4);
    // byte_alignment() counts from the beginning of the record here, and from that of the frame there.
    bits.skip(bits.remaining % 8);
    copy.align();
    for (let left = copy.u(8); left > 0; left--) copy.u(8); // comment
    return { channels, element: copy.bytes() };
  } catch (error) {
    if (error instanceof CodecError) return { channels, element: undefined };
    throw error;
  }
}

/** Reads bits and keeps them. */
class BitCopy {
  readonly #bytes: number[] = [];
  #length = 0;

  constructor(private readonly source: BitReader) {}

  u(count: number): number {
    const value = this.source.u(count);
    this.put(count, value);
    return value;
  }

  put(count: number, value: number): void {
    for (let bit = count - 1; bit >= 0; bit--, this.#length++) {
      if (this.#length % 8 === 0) this.#bytes.push(0);
      this.#bytes[this.#length >> 3]! |= ((value >> bit) & 1) << (7 - (this.#length % 8));
    }
  }

  align(): void {
    this.#length = this.#bytes.length * 8;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
