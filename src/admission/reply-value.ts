import {
  AmfAvmPlus,
  AmfDictionary,
  AmfExternalizable,
  type AmfValue,
  AmfVector,
  AmfXml,
  encodeAmf0,
  isAmfObject,
  isEcmaArray,
  traitsOf,
} from '#lib/amf';

/** What AMF has forms for, besides what every language has. */
const AMF_CLASSES = [AmfAvmPlus, AmfDictionary, AmfExternalizable, AmfVector, AmfXml] as const;
/** Deeper than values can be encoded, which the encoder then says. */
const MAX_DEPTH = 300;

const NOTHING = Object.freeze({ value: undefined });

/** A result that can be sent, or why it cannot. */
export type ReplyValue =
  { readonly value: AmfValue; readonly problem?: undefined } | { readonly problem: string; readonly value?: undefined };

/**
 * What a handler returned, as it can be sent: instances of classes as plain objects of their own enumerable properties.
 * AMF has no form for a Map, a function and the like.
 */
export function replyValue(value: unknown): ReplyValue {
  if (value === undefined) return NOTHING;
  try {
    const sent = plain(value, new Map(), 0) as AmfValue;
    encodeAmf0(sent);
    return { value: sent };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** @param copies of what has been met, which may hold itself */
function plain(value: unknown, copies: Map<object, object>, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    copies.set(value, items);
    for (const item of value as unknown[]) items.push(plain(item, copies, depth + 1));
    return items;
  }
  if (!hasProperties(value)) return value;
  const object = Object.create(null) as Record<string, unknown>;
  copies.set(value, object);
  for (const [name, member] of Object.entries(value)) object[name] = plain(member, copies, depth + 1);
  return object;
}

/** Whether it is its properties that are sent. Marked ones are AMF already; a Date, a Map or an Error is called so. */
function hasProperties(value: object): boolean {
  if (isEcmaArray(value) || traitsOf(value) !== undefined) return false;
  if (isAmfObject(value)) return true;
  if (AMF_CLASSES.some((one) => value instanceof one)) return false;
  return Object.prototype.toString.call(value) === '[object Object]';
}
