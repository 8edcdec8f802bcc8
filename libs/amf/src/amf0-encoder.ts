import { Amf3ValueWriter } from './amf3-value-writer.js';
import { AmfOutput, describe } from './amf-output.js';
import { Amf0Marker } from './markers.js';
import {
  AmfDictionary,
  AmfExternalizable,
  type AmfObject,
  type AmfValue,
  AmfVector,
  AmfXml,
  isAmfObject,
  isEcmaArray,
  traitsOf,
} from './values.js';

const MAX_SHORT = 0xffff;
const FORMAT_AMF0 = 0x00;

/** A value that {@link avmPlus} marked. */
export class AmfAvmPlus {
  constructor(readonly value: AmfValue) {}
}

/**
 * Has the AMF0 encoder write the value as AMF3 (marker 0x11), as objects are sent where a connection
 * agreed on objectEncoding 3. It is decoded to the value itself.
 */
export function avmPlus(value: AmfValue): AmfAvmPlus {
  return new AmfAvmPlus(value);
}

class Amf0Writer {
  readonly #output = new AmfOutput();
  /** Containers being written. */
  readonly #open = new Set<object>();

  get bytes() {
    return this.#output.bytes;
  }

  topLevel(value: AmfValue | AmfAvmPlus): void {
    this.#output.topLevel(() => this.#value(value));
  }

  #value(value: AmfValue | AmfAvmPlus): void {
    const { bytes } = this.#output;
    if (value === undefined) bytes.u8(Amf0Marker.Undefined);
    else if (value === null) bytes.u8(Amf0Marker.Null);
    else if (typeof value === 'number') bytes.u8(Amf0Marker.Number).double(value);
    else if (typeof value === 'boolean') bytes.u8(Amf0Marker.Boolean).u8(value ? 1 : 0);
    else if (typeof value === 'string') this.#string(value);
    else if (Array.isArray(value)) this.#strictArray(value);
    else if (value instanceof Date)
      bytes.u8(Amf0Marker.Date).double(value.getTime()).u16(0); // §2.13
    else if (value instanceof AmfXml && value.form === 'document') this.#xml(value.text);
    else if (value instanceof AmfAvmPlus) this.#avmPlus(value.value);
    else if (hasOnlyAmf3Form(value)) this.#avmPlus(value);
    else if (isAmfObject(value)) this.#object(value);
    else throw this.#output.misuse(`AMF0 has no form for ${describe(value)}`);
  }

  #string(value: string): void {
    const { bytes } = this.#output;
    const length = Buffer.byteLength(value);
    if (length > MAX_SHORT) bytes.u8(Amf0Marker.LongString).u32(length).utf8(value);
    else bytes.u8(Amf0Marker.String).u16(length).utf8(value);
  }

  #xml(text: string): void {
    this.#output.bytes.u8(Amf0Marker.XmlDocument).u32(Buffer.byteLength(text)).utf8(text);
  }

  /** An AMF3 value has reference tables of its own: a peer may decode each on its own. */
  #avmPlus(value: AmfValue): void {
    this.#output.bytes.u8(Amf0Marker.AvmPlus);
    new Amf3ValueWriter(this.#output).value(value);
  }

  #object(object: AmfObject): void {
    const { bytes } = this.#output;
    const keys = Object.keys(object);
    const className = traitsOf(object)?.className ?? '';
    if (isEcmaArray(object)) {
      bytes.u8(Amf0Marker.EcmaArray).u32(keys.length);
    } else if (className === '') {
      bytes.u8(Amf0Marker.Object);
    } else {
      bytes.u8(Amf0Marker.TypedObject);
      this.#short(className, 'class name');
    }
    this.#container(object, () => {
      for (const key of keys) {
        this.#output.member(key, () => {
          this.#short(key, 'property name');
          this.#value(object[key]);
        });
      }
    });
    bytes.u16(0).u8(Amf0Marker.ObjectEnd); // §2.5
  }

  #strictArray(array: readonly AmfValue[]): void {
    this.#output.bytes.u8(Amf0Marker.StrictArray).u32(array.length);
    this.#container(array, () => {
      for (let i = 0; i < array.length; i++) this.#output.member(i, () => this.#value(array[i]));
    });
  }

  /**
   * References (§2.9) are never written: decoders disagree about what counts as an index and librtmp and
   * FFmpeg know none. An object met twice is written twice, one inside itself can not be written.
   */
  #container(value: object, write: () => void): void {
    if (this.#open.has(value)) {
      throw this.#output.misuse(
        'value contains itself, which AMF0 cannot say; break the cycle or wrap it in avmPlus()',
      );
    }
    this.#open.add(value);
    write();
    this.#open.delete(value);
  }

  /** Names have 16 bits for their length. */
  #short(name: string, what: string): void {
    const length = Buffer.byteLength(name);
    if (length > MAX_SHORT) {
      throw this.#output.misuse(`${what} of ${length} bytes; AMF0 names have ${MAX_SHORT} at most`);
    }
    this.#output.bytes.u16(length).utf8(name);
  }
}

function hasOnlyAmf3Form(value: object): value is Uint8Array | AmfXml | AmfVector | AmfDictionary | AmfExternalizable {
  return (
    value instanceof Uint8Array ||
    value instanceof AmfXml ||
    value instanceof AmfVector ||
    value instanceof AmfDictionary ||
    value instanceof AmfExternalizable
  );
}

function write(writer: Amf0Writer, values: ReadonlyArray<AmfValue | AmfAvmPlus>): Uint8Array {
  for (const value of values) writer.topLevel(value);
  return writer.bytes.finish();
}

/**
 * The values one after another, as the body of a message of type 18 or 20 or an FLV script tag. What AMF0
 * has no form for (byte arrays, vectors, dictionaries …) is written as AMF3 in its place.
 *
 * @throws {AmfUsageError} for what cannot be encoded
 */
export function encodeAmf0(...values: Array<AmfValue | AmfAvmPlus>): Uint8Array {
  return write(new Amf0Writer(), values);
}

/**
 * The body of a message of type 15 or 17: a format selector, then AMF0 values, of which those wrapped in
 * {@link avmPlus} are AMF3. A command's name and transaction ID stay AMF0.
 *
 * @throws {AmfUsageError} for what cannot be encoded
 */
export function encodeAmf3Framed(...values: Array<AmfValue | AmfAvmPlus>): Uint8Array {
  const writer = new Amf0Writer();
  writer.bytes.u8(FORMAT_AMF0);
  return write(writer, values);
}
