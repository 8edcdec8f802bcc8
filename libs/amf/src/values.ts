import { AMF_EXTERNALIZABLES, type AmfExternalizableClass } from './externalizable.js';

/** Anything AMF0 or AMF3 can say, as decoders give it and encoders take it. */
export type AmfValue =
  | undefined
  | null
  | boolean
  | number
  | string
  | Date
  | AmfObject
  | AmfValue[]
  | Uint8Array
  | AmfXml
  | AmfVector
  | AmfDictionary
  | AmfExternalizable;

/**
 * An object, an ECMA array or a typed object: read and write its properties as of any object. Decoded
 * ones have no prototype, so that `__proto__` and `constructor` are names like all others. Which of the
 * three it is lies in a hidden mark, see {@link ecmaArray} and {@link typedObject}; a copy made with
 * `{ ...object }` is a plain object.
 */
export interface AmfObject {
  [key: string]: AmfValue;
}

/** The class of a typed object, and in AMF3 how its members are sent (AMF3 §3.12). */
export interface AmfTraits {
  /** '' when the class has no name. */
  readonly className: string;
  /** AMF3 only: members named once per class. Those an object has when it is encoded, if left out. */
  readonly sealed?: readonly string[];
  /** AMF3 only: whether members that are not sealed may follow. */
  readonly dynamic: boolean;
}

const MARK = Symbol('amf');
const ECMA_ARRAY = 'ECMA array';

function marked(properties: AmfObject, mark: typeof ECMA_ARRAY | AmfTraits): AmfObject {
  const object: AmfObject = Object.assign(Object.create(null) as AmfObject, properties);
  return Object.defineProperty(object, MARK, { value: mark });
}

function markOf(value: unknown): typeof ECMA_ARRAY | AmfTraits | undefined {
  return (value as { [MARK]?: typeof ECMA_ARRAY | AmfTraits } | null | undefined)?.[MARK];
}

/**
 * An array with names for indices: what onMetaData carries (AMF0 §2.10). In AMF3 it is an array with an
 * associative part, whose items are the properties "0", "1" … (§3.11).
 */
export function ecmaArray(properties: AmfObject = {}): AmfObject {
  return marked(properties, ECMA_ARRAY);
}

/** An object of a named class (AMF0 §2.18, AMF3 §3.12). The name is data; no class is ever looked up. */
export function typedObject(
  className: string,
  properties: AmfObject = {},
  traits: Partial<Omit<AmfTraits, 'className'>> = {},
): AmfObject {
  return marked(properties, { dynamic: false, ...traits, className });
}

/** Whether the value is an ECMA array. */
export function isEcmaArray(value: unknown): value is AmfObject {
  return markOf(value) === ECMA_ARRAY;
}

/** The class of a typed object; undefined for every other value. */
export function traitsOf(value: unknown): AmfTraits | undefined {
  const mark = markOf(value);
  return mark === ECMA_ARRAY ? undefined : mark;
}

/** Whether the value has properties: an object, an ECMA array or a typed object. */
export function isAmfObject(value: unknown): value is AmfObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Object.prototype, also that of another realm, is the one that has no prototype itself.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** XML (AMF0 §2.17; AMF3 §3.9 and §3.13). */
export class AmfXml {
  constructor(
    readonly text: string,
    /** 'document' is the flash.xml.XMLDocument of old, the only one AMF0 knows; 'e4x' the later XML class. */
    readonly form: 'document' | 'e4x' = 'document',
  ) {}
}

/** A Vector of AMF3 (§3.15). What its items are held in says which kind it is: int, uint, Number, or object. */
export class AmfVector {
  /** Whether its length may not change. */
  readonly fixed: boolean;
  /** Class of the items of a vector of objects; '' or '*' for any. */
  readonly typeName: string;

  constructor(
    readonly items: Int32Array | Uint32Array | Float64Array | AmfValue[],
    options: { fixed?: boolean; typeName?: string } = {},
  ) {
    this.fixed = options.fixed ?? false;
    this.typeName = options.typeName ?? '';
  }
}

/** A flash.utils.Dictionary of AMF3 (§3.16): any value may be a key, objects by identity. */
export class AmfDictionary extends Map<AmfValue, AmfValue> {
  constructor(
    entries?: Iterable<readonly [AmfValue, AmfValue]>,
    /** Whether its keys do not keep objects alive. */
    readonly weakKeys: boolean = false,
  ) {
    super(entries);
  }
}

/** An object that its class wrote by itself (AMF3 §3.12). */
export class AmfExternalizable {
  /** How its body is read and written. */
  readonly definition: AmfExternalizableClass | undefined;

  constructor(
    readonly className: string,
    /** What the class made of its body: for an ArrayCollection, the array. */
    public value: AmfValue,
    definition: AmfExternalizableClass | undefined = AMF_EXTERNALIZABLES.get(className),
  ) {
    this.definition = definition;
  }
}
