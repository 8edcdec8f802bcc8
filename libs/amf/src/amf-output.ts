import { ByteWriter } from '#lib/bytes';
import { AmfUsageError } from './errors.js';
import { MAX_NESTING } from './limits.js';

/** What the length field of an RTMP message and of an FLV tag can say. */
const MAX_LENGTH = 0xffffff;

/** The bytes being written and where in the value the encoder is, shared by the AMF0 and AMF3 writers. */
export class AmfOutput {
  readonly bytes = new ByteWriter();
  readonly #path: Array<string | number> = [];
  #values = 0;

  /** A misuse, with the place of the value that caused it. */
  misuse(message: string): AmfUsageError {
    const path = this.#path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    return new AmfUsageError(message, `values[${this.#values - 1}]${path}`);
  }

  /** Writes the next value of the message. */
  topLevel(write: () => void): void {
    this.#values++;
    write();
    this.#checkLength();
  }

  /** Writes a member of the value being written. */
  member(step: string | number, write: () => void): void {
    this.#path.push(step);
    if (this.#path.length > MAX_NESTING) throw this.misuse(`values nested more than ${MAX_NESTING} levels deep`);
    write();
    this.#checkLength();
    this.#path.pop();
  }

  /** Objects that share others are written out each time in AMF0: what is small in memory need not be here. */
  #checkLength(): void {
    if (this.bytes.length > MAX_LENGTH) {
      throw this.misuse(`message would be longer than ${MAX_LENGTH} bytes, the most RTMP and FLV can carry`);
    }
  }
}

/** What a value without a form in AMF is called in an error. */
export function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const name: unknown = (value.constructor as { name?: unknown } | undefined)?.name;
  return `an instance of ${typeof name === 'string' && name !== '' ? name : 'a class'}`;
}
