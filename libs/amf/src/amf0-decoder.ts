import { Amf3ValueReader } from './amf3-value-reader.js';
import { AmfInput } from './amf-input.js';
import type { AmfDecodeOptions } from './decode-options.js';
import { resolveLimits } from './limits.js';
import { Amf0Marker } from './markers.js';
import { ReferenceTable } from './reference-table.js';
import { type AmfObject, type AmfValue, AmfXml, ecmaArray, typedObject } from './values.js';

const FORMAT_AMF0 = 0x00;

/**
 * Reads the AMF0 values of one message one at a time: a command's name first, then what the name asks
 * for. References live as long as the decoder, which is one message (AMF0 §2.9).
 */
export class Amf0Decoder {
  readonly #input: AmfInput;
  readonly #references: ReferenceTable<AmfValue>;
  readonly #externalizable: AmfDecodeOptions['externalizable'];

  constructor(bytes: Uint8Array, options: AmfDecodeOptions = {}) {
    this.#input = new AmfInput(bytes, resolveLimits(options));
    this.#references = new ReferenceTable<AmfValue>(this.#input, 'object');
    this.#externalizable = options.externalizable;
  }

  /**
   * A decoder for messages of type 15, 16 and 17: a format selector, 0, before AMF0 values each of which
   * may switch to AMF3. Some encoders leave the selector out; no command or data message begins with the
   * number that a 0 would be then.
   */
  static framed(bytes: Uint8Array, options?: AmfDecodeOptions): Amf0Decoder {
    const decoder = new Amf0Decoder(bytes, options);
    if (decoder.#input.bytes.peek() === FORMAT_AMF0) decoder.#input.bytes.skip(1);
    return decoder;
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
    return this.#value();
  }

  #value(): AmfValue {
    const { bytes } = this.#input;
    const start = bytes.offset;
    const marker = bytes.u8();
    this.#input.property();
    switch (marker) {
      case Amf0Marker.Number:
        return bytes.double();
      case Amf0Marker.Boolean:
        return bytes.u8() !== 0; // §2.3
      case Amf0Marker.String:
        return this.#input.text(bytes.u16());
      case Amf0Marker.Object:
        return this.#members(Object.create(null) as AmfObject);
      case Amf0Marker.Null:
        return null;
      case Amf0Marker.Undefined:
      case Amf0Marker.Unsupported:
        return undefined;
      case Amf0Marker.Reference:
        return this.#references.get(bytes.u16());
      case Amf0Marker.EcmaArray:
        bytes.skip(4); // a hint at best: OBS says 20, others 0
        return this.#members(ecmaArray());
      case Amf0Marker.StrictArray:
        return this.#strictArray();
      case Amf0Marker.Date:
        return this.#date();
      case Amf0Marker.LongString:
        return this.#input.text(bytes.u32());
      case Amf0Marker.XmlDocument:
        return new AmfXml(this.#input.text(bytes.u32()));
      case Amf0Marker.TypedObject:
        return this.#members(typedObject(this.#input.text(bytes.u16())));
      case Amf0Marker.AvmPlus:
        return new Amf3ValueReader(this.#input, this.#externalizable).value();
      default:
        throw this.#input.fail('AMF_ERR_MARKER', `AMF0 marker 0x${marker.toString(16).padStart(2, '0')}`, start);
    }
  }

  /** Keys and values up to an empty key with an object end marker (§2.5), or to the end of the message. */
  #members(object: AmfObject): AmfObject {
    const { bytes } = this.#input;
    return this.#references.container(object, () => {
      // Some encoders leave the last end markers out; where a key would begin, nothing is lost by it.
      while (bytes.remaining > 0) {
        const key = this.#input.text(bytes.u16());
        if (key === '' && bytes.peek() === Amf0Marker.ObjectEnd) {
          bytes.skip(1);
          return;
        }
        object[key] = this.#value();
      }
    });
  }

  #strictArray(): AmfValue[] {
    const count = this.#input.count(this.#input.bytes.u32(), 1);
    return this.#references.container<AmfValue[]>([], (array) => {
      for (let i = 0; i < count; i++) array.push(this.#value());
    });
  }

  #date(): Date {
    const date = new Date(this.#input.bytes.double());
    this.#input.bytes.skip(2); // time zone: reserved, not to be used (§2.13)
    return date;
  }
}

/** All AMF0 values of a message body or FLV script tag. @throws {AmfError} */
export function decodeAmf0(bytes: Uint8Array, options?: AmfDecodeOptions): AmfValue[] {
  return rest(new Amf0Decoder(bytes, options));
}

/** All values of a message of type 15, 16 or 17; see {@link Amf0Decoder.framed}. @throws {AmfError} */
export function decodeAmf3Framed(bytes: Uint8Array, options?: AmfDecodeOptions): AmfValue[] {
  return rest(Amf0Decoder.framed(bytes, options));
}

function rest(decoder: Amf0Decoder): AmfValue[] {
  const values: AmfValue[] = [];
  while (!decoder.done) values.push(decoder.next());
  return values;
}
