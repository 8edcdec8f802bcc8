import type { AmfInput } from './amf-input.js';
import { type AmfDecodeOptions, externalizableNamed } from './decode-options.js';
import { AmfError } from './errors.js';
import { Amf3Marker } from './markers.js';
import { ReferenceTable } from './reference-table.js';
import {
  AmfDictionary,
  AmfExternalizable,
  type AmfObject,
  type AmfTraits,
  type AmfValue,
  AmfVector,
  AmfXml,
  ecmaArray,
  typedObject,
} from './values.js';

/** Traits as sent: unlike an object's own they name every sealed member. */
interface WireTraits extends AmfTraits {
  readonly sealed: readonly string[];
  readonly externalizable: boolean;
}

/** Reads AMF3 values that share one set of reference tables (AMF3 §2.2). */
export class Amf3ValueReader {
  readonly #input: AmfInput;
  readonly #externalizable: AmfDecodeOptions['externalizable'];
  readonly #strings: ReferenceTable<string>;
  readonly #objects: ReferenceTable<AmfValue>;
  readonly #traits: ReferenceTable<WireTraits>;

  constructor(input: AmfInput, externalizable: AmfDecodeOptions['externalizable']) {
    this.#input = input;
    this.#externalizable = externalizable;
    this.#strings = new ReferenceTable<string>(input, 'string');
    this.#objects = new ReferenceTable<AmfValue>(input, 'object');
    this.#traits = new ReferenceTable<WireTraits>(input, 'traits');
  }

  /** The next value, which its parent has counted as a property. */
  value(): AmfValue {
    const { bytes } = this.#input;
    const start = bytes.offset;
    const marker = bytes.u8();
    switch (marker) {
      case Amf3Marker.Undefined:
        return undefined;
      case Amf3Marker.Null:
        return null;
      case Amf3Marker.False:
        return false;
      case Amf3Marker.True:
        return true;
      case Amf3Marker.Integer:
        return (this.#u29() << 3) >> 3; // sign in bit 28
      case Amf3Marker.Double:
        return bytes.double();
      case Amf3Marker.String:
        return this.#string();
      case Amf3Marker.XmlDocument:
        return this.#leaf((length) => new AmfXml(this.#input.text(length), 'document'));
      case Amf3Marker.Date:
        return this.#leaf(() => new Date(bytes.double()));
      case Amf3Marker.Array:
        return this.#array();
      case Amf3Marker.Object:
        return this.#object();
      case Amf3Marker.Xml:
        return this.#leaf((length) => new AmfXml(this.#input.text(length), 'e4x'));
      case Amf3Marker.ByteArray:
        return this.#leaf((length) => this.#input.data(length));
      case Amf3Marker.VectorInt:
        return this.#leaf((count) => this.#numbers(count, Int32Array));
      case Amf3Marker.VectorUint:
        return this.#leaf((count) => this.#numbers(count, Uint32Array));
      case Amf3Marker.VectorDouble:
        return this.#leaf((count) => this.#numbers(count, Float64Array));
      case Amf3Marker.VectorObject:
        return this.#vectorOfObjects();
      case Amf3Marker.Dictionary:
        return this.#dictionary();
      default:
        throw this.#input.fail('AMF_ERR_MARKER', `AMF3 marker 0x${marker.toString(16).padStart(2, '0')}`, start);
    }
  }

  #member(): AmfValue {
    this.#input.property();
    return this.value();
  }

  /** 1 to 4 bytes of 7, 7, 7 and 8 bits (§1.3.1). Longer forms than needed are accepted. */
  #u29(): number {
    const { bytes } = this.#input;
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = bytes.u8();
      value = (value << 7) | (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return (value << 8) | bytes.u8();
  }

  /** §1.3.2. The empty string is never referred to. */
  #string(): string {
    const head = this.#u29();
    if ((head & 1) === 0) return this.#strings.get(head >> 1);
    const length = head >> 1;
    return length === 0 ? '' : this.#strings.leaf(() => this.#input.text(length));
  }

  /** What begins with a reference or a length: `read` is given the length. */
  #leaf(read: (length: number) => AmfValue): AmfValue {
    const head = this.#u29();
    return (head & 1) === 0 ? this.#objects.get(head >> 1) : this.#objects.leaf(() => read(head >> 1));
  }

  /** §3.11. The associative part comes first, although its names follow the items in the array. */
  #array(): AmfValue {
    const head = this.#u29();
    if ((head & 1) === 0) return this.#objects.get(head >> 1);
    const count = this.#input.count(head >> 1, 1);
    const before = this.#input.spent();
    let key = this.#string();
    if (key === '') {
      return this.#objects.container<AmfValue[]>([], (array) => {
        for (let i = 0; i < count; i++) array.push(this.#member());
      });
    }
    const fill = (array: AmfObject) => {
      for (; key !== ''; key = this.#string()) array[key] = this.#member();
      for (let i = 0; i < count; i++) array[i] = this.#member();
    };
    return this.#objects.container(ecmaArray(), fill, before);
  }

  /** §3.12. */
  #object(): AmfValue {
    const head = this.#u29();
    if ((head & 1) === 0) return this.#objects.get(head >> 1);
    const traits = this.#objectTraits(head);
    if (traits.externalizable) return this.#externalizableObject(traits.className);
    return this.#objects.container(emptyObject(traits), (object) => {
      for (const name of traits.sealed) object[name] = this.#member();
      if (!traits.dynamic) return;
      for (let key = this.#string(); key !== ''; key = this.#string()) object[key] = this.#member();
    });
  }

  #objectTraits(head: number): WireTraits {
    if ((head & 2) === 0) return this.#traits.get(head >> 2);
    return this.#traits.leaf(() => {
      const externalizable = (head & 4) !== 0;
      const count = externalizable ? 0 : this.#input.count(head >> 4, 1);
      const className = this.#string();
      const sealed: string[] = [];
      for (let i = 0; i < count; i++) sealed.push(this.#string());
      return { className, sealed, dynamic: !externalizable && (head & 8) !== 0, externalizable };
    });
  }

  #externalizableObject(className: string): AmfExternalizable {
    const definition = externalizableNamed(className, this.#externalizable);
    if (definition === undefined) {
      throw this.#input.fail('AMF_ERR_EXTERNALIZABLE_UNKNOWN', quoted(className));
    }
    const { bytes } = this.#input;
    return this.#objects.container(new AmfExternalizable(className, undefined, definition), (object) => {
      const start = bytes.offset;
      try {
        object.value = definition.read({ bytes, value: () => this.#member() });
      } catch (cause) {
        if (cause instanceof AmfError) throw cause;
        throw new AmfError('AMF_ERR_EXTERNALIZABLE_BODY', `${quoted(className)}: ${String(cause)}`, start, { cause });
      }
    });
  }

  /** §3.15. */
  #numbers(count: number, Items: Int32ArrayConstructor | Uint32ArrayConstructor | Float64ArrayConstructor): AmfVector {
    const { bytes } = this.#input;
    const fixed = bytes.u8() !== 0;
    this.#input.count(count, Items.BYTES_PER_ELEMENT);
    this.#input.reserve(count * Items.BYTES_PER_ELEMENT);
    const items = new Items(count);
    for (let i = 0; i < count; i++) items[i] = Items === Float64Array ? bytes.double() : bytes.u32();
    return new AmfVector(items, { fixed });
  }

  #vectorOfObjects(): AmfValue {
    const head = this.#u29();
    if ((head & 1) === 0) return this.#objects.get(head >> 1);
    const fixed = this.#input.bytes.u8() !== 0;
    const typeName = this.#string();
    const count = this.#input.count(head >> 1, 1);
    const items: AmfValue[] = [];
    return this.#objects.container(new AmfVector(items, { fixed, typeName }), () => {
      for (let i = 0; i < count; i++) items.push(this.#member());
    });
  }

  /** §3.16. */
  #dictionary(): AmfValue {
    const head = this.#u29();
    if ((head & 1) === 0) return this.#objects.get(head >> 1);
    const weakKeys = this.#input.bytes.u8() !== 0;
    const count = this.#input.count(head >> 1, 2);
    return this.#objects.container(new AmfDictionary([], weakKeys), (dictionary) => {
      for (let i = 0; i < count; i++) {
        const key = this.#member();
        dictionary.set(key, this.#member());
      }
    });
  }
}

/** A name from a peer, fit for a log. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

/** What almost every sender uses, dynamic with no class and nothing sealed, is an object like any other. */
function emptyObject({ className, sealed, dynamic }: WireTraits): AmfObject {
  if (className === '' && dynamic && sealed.length === 0) return Object.create(null) as AmfObject;
  return typedObject(className, {}, { sealed, dynamic });
}
