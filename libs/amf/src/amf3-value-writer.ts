import { type AmfOutput, describe } from './amf-output.js';
import { Amf3Marker } from './markers.js';
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

const MIN_INTEGER = -(2 ** 28);
const MAX_INTEGER = 2 ** 28 - 1;
const PLAIN = { className: '', sealed: [], dynamic: true } as const;

/** Writes AMF3 values that share one set of reference tables (AMF3 §2.2). */
export class Amf3ValueWriter {
  readonly #output: AmfOutput;
  readonly #strings = new Map<string, number>();
  readonly #objects = new Map<object, number>();
  /** By what is sent of them. */
  readonly #traits = new Map<string, number>();

  constructor(output: AmfOutput) {
    this.#output = output;
  }

  value(value: AmfValue): void {
    const { bytes } = this.#output;
    if (value === undefined) bytes.u8(Amf3Marker.Undefined);
    else if (value === null) bytes.u8(Amf3Marker.Null);
    else if (typeof value === 'boolean') bytes.u8(value ? Amf3Marker.True : Amf3Marker.False);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') {
      bytes.u8(Amf3Marker.String);
      this.#string(value);
    } else if (typeof value === 'object') this.#complex(value);
    else throw this.#output.misuse(`AMF3 has no form for ${describe(value)}`);
  }

  #complex(value: Exclude<AmfValue, undefined | null | boolean | number | string>): void {
    if (Array.isArray(value)) this.#array(value);
    else if (value instanceof Date) {
      if (this.#begin(Amf3Marker.Date, value, 0)) this.#output.bytes.double(value.getTime());
    } else if (value instanceof Uint8Array) {
      if (this.#begin(Amf3Marker.ByteArray, value, value.length)) this.#output.bytes.bytes(value);
    } else if (value instanceof AmfXml) this.#xml(value);
    else if (value instanceof AmfVector) this.#vector(value);
    else if (value instanceof AmfDictionary) this.#dictionary(value);
    else if (value instanceof AmfExternalizable) this.#externalizable(value);
    else if (isEcmaArray(value)) this.#ecmaArray(value);
    else if (isAmfObject(value)) this.#object(value);
    else throw this.#output.misuse(`AMF3 has no form for ${describe(value)}`);
  }

  /** §3.6: integers of 29 bits, signed; the sign of -0 needs a double. */
  #number(value: number): void {
    const { bytes } = this.#output;
    if (Number.isInteger(value) && value >= MIN_INTEGER && value <= MAX_INTEGER && !Object.is(value, -0)) {
      bytes.u8(Amf3Marker.Integer);
      this.#u29(value & 0x1fffffff);
    } else {
      bytes.u8(Amf3Marker.Double).double(value);
    }
  }

  /** §1.3.1: 7 bits each in the first three bytes, 8 in the fourth. */
  #u29(value: number): void {
    const { bytes } = this.#output;
    if (value < 0x80) bytes.u8(value);
    else if (value < 0x4000) bytes.u16(0x8000 | ((value & 0x3f80) << 1) | (value & 0x7f));
    else if (value < 0x200000) {
      bytes.u24(0x808000 | ((value & 0x1fc000) << 2) | ((value & 0x3f80) << 1) | (value & 0x7f));
    } else {
      bytes
        .u8(0x80 | (value >> 22))
        .u8(0x80 | (value >> 15))
        .u8(0x80 | (value >> 8))
        .u8(value);
    }
  }

  /** §1.3.2. The empty string is always written out. */
  #string(text: string): void {
    if (text === '') {
      this.#u29(1);
      return;
    }
    const index = this.#strings.get(text);
    if (index !== undefined) {
      this.#u29(index << 1);
      return;
    }
    this.#strings.set(text, this.#strings.size);
    this.#u29((Buffer.byteLength(text) << 1) | 1);
    this.#output.bytes.utf8(text);
  }

  /** Writes a marker with a length, or with a reference if the value was written before: then nothing follows. */
  #begin(marker: number, value: object, length: number): boolean {
    if (this.#refer(marker, value)) return false;
    this.#u29((length << 1) | 1);
    return true;
  }

  #refer(marker: number, value: object): boolean {
    this.#output.bytes.u8(marker);
    const index = this.#objects.get(value);
    if (index === undefined) this.#objects.set(value, this.#objects.size);
    else this.#u29(index << 1);
    return index !== undefined;
  }

  #member(step: string | number, value: AmfValue): void {
    this.#output.member(step, () => this.value(value));
  }

  #xml(value: AmfXml): void {
    const marker = value.form === 'document' ? Amf3Marker.XmlDocument : Amf3Marker.Xml;
    if (this.#begin(marker, value, Buffer.byteLength(value.text))) this.#output.bytes.utf8(value.text);
  }

  #array(array: readonly AmfValue[]): void {
    if (!this.#begin(Amf3Marker.Array, array, array.length)) return;
    this.#string(''); // no associative part
    for (let i = 0; i < array.length; i++) this.#member(i, array[i]);
  }

  /** §3.11. "0", "1" … are the items, as far as they go without a gap; the rest is the associative part. */
  #ecmaArray(array: AmfObject): void {
    const keys = Object.keys(array); // JavaScript puts those that are indices first, in order
    let count = 0;
    while (keys[count] === String(count)) count++;
    if (!this.#begin(Amf3Marker.Array, array, count)) return;
    this.#dynamicMembers(array, keys.slice(count));
    for (let i = 0; i < count; i++) this.#member(i, array[i]);
  }

  /** §3.12. */
  #object(object: AmfObject): void {
    if (this.#refer(Amf3Marker.Object, object)) return;
    const { className, sealed = Object.keys(object), dynamic } = traitsOf(object) ?? PLAIN;
    const sealedNames = new Set<string>(sealed);
    const others = Object.keys(object).filter((key) => !sealedNames.has(key));
    if (others.length > 0 && !dynamic) {
      throw this.#output.misuse(`"${others[0]}" is not a sealed member of ${className}, which is not dynamic`);
    }
    if (!this.#referToTraits(JSON.stringify([className, dynamic, sealed]))) {
      this.#u29((sealed.length << 4) | (dynamic ? 0b1011 : 0b0011));
      this.#string(className);
      for (const name of sealed) this.#string(name);
    }
    for (const name of sealed) this.#member(name, object[name]);
    if (dynamic) this.#dynamicMembers(object, others);
  }

  #referToTraits(identity: string): boolean {
    const index = this.#traits.get(identity);
    if (index === undefined) this.#traits.set(identity, this.#traits.size);
    else this.#u29((index << 2) | 0b01);
    return index !== undefined;
  }

  #dynamicMembers(object: AmfObject, keys: readonly string[]): void {
    for (const key of keys) {
      this.#output.member(key, () => {
        if (key === '')
          throw this.#output.misuse('an empty name ends the list of members in AMF3; rename the property');
        this.#string(key);
        this.value(object[key]);
      });
    }
    this.#string('');
  }

  #externalizable(object: AmfExternalizable): void {
    const { className, definition } = object;
    if (definition?.write === undefined) {
      throw this.#output.misuse(`nothing writes ${className}; give AmfExternalizable a definition with write()`);
    }
    if (this.#refer(Amf3Marker.Object, object)) return;
    if (!this.#referToTraits(JSON.stringify([className]))) {
      this.#u29(0b0111);
      this.#string(className);
    }
    definition.write({ bytes: this.#output.bytes, value: (value) => this.#member('value', value) }, object.value);
  }

  /** §3.15. */
  #vector(vector: AmfVector): void {
    const { items, fixed } = vector;
    const { bytes } = this.#output;
    if (!this.#begin(vectorMarker(items), vector, items.length)) return;
    bytes.u8(fixed ? 1 : 0);
    if (items instanceof Float64Array) for (const item of items) bytes.double(item);
    else if (!Array.isArray(items)) for (const item of items) bytes.u32(item);
    else {
      this.#string(vector.typeName);
      for (let i = 0; i < items.length; i++) this.#member(i, items[i]);
    }
  }

  /** §3.16. */
  #dictionary(dictionary: AmfDictionary): void {
    if (!this.#begin(Amf3Marker.Dictionary, dictionary, dictionary.size)) return;
    this.#output.bytes.u8(dictionary.weakKeys ? 1 : 0);
    let index = 0;
    for (const [key, value] of dictionary) {
      this.#member(index, key);
      this.#member(index++, value);
    }
  }
}

function vectorMarker(items: AmfVector['items']): number {
  if (items instanceof Int32Array) return Amf3Marker.VectorInt;
  if (items instanceof Uint32Array) return Amf3Marker.VectorUint;
  if (items instanceof Float64Array) return Amf3Marker.VectorDouble;
  return Amf3Marker.VectorObject;
}
