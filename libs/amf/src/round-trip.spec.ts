import * as fc from 'fast-check';
import {
  AmfDictionary,
  AmfExternalizable,
  type AmfObject,
  type AmfValue,
  AmfVector,
  AmfXml,
  avmPlus,
  decodeAmf0,
  decodeAmf3,
  ecmaArray,
  encodeAmf0,
  encodeAmf3,
  isEcmaArray,
  traitsOf,
  typedObject,
} from './index.js';

/** Everything about a value that a copy must have as well, in a form that compares strictly. */
function anatomy(value: AmfValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(anatomy);
  if (value instanceof Date) return ['Date', value.getTime()];
  if (value instanceof Uint8Array) return ['ByteArray', ...value];
  if (value instanceof AmfXml) return ['Xml', value.form, value.text];
  if (value instanceof AmfVector) {
    const { items, fixed, typeName } = value;
    return ['Vector', items.constructor.name, fixed, typeName, ...Array.from<AmfValue, unknown>(items, anatomy)];
  }
  if (value instanceof AmfDictionary) return ['Dictionary', value.weakKeys, anatomy([...value].flat())];
  if (value instanceof AmfExternalizable) return ['Externalizable', value.className, anatomy(value.value)];
  const members = Object.entries(value).map(([key, member]) => [key, anatomy(member)]);
  if (isEcmaArray(value)) return ['ECMA array', members];
  const traits = traitsOf(value);
  return ['object', traits?.className, traits?.dynamic, members];
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
/** AMF3 ends members with an empty name; names like "0" are items of an array. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', '__proto__', 'constructor', 'length'),
  text.map((text) => `n${text}`),
);
const members = (value: fc.Arbitrary<AmfValue>, minKeys = 0): fc.Arbitrary<AmfObject> =>
  fc
    .uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, minLength: minKeys, maxLength: 5 })
    .map((entries) => {
      const object = Object.create(null) as AmfObject;
      for (const [key, member] of entries) object[key] = member;
      return object;
    });

const { value } = fc.letrec<{ value: AmfValue }>((tie) => {
  const inner = tie('value');
  return {
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      fc.constantFrom<AmfValue>(undefined, null, true, false, -0, 2 ** 28, -(2 ** 28), -(2 ** 28) - 1),
      fc.double(),
      fc.integer(),
      text,
      fc.date({ noInvalidDate: true }),
      fc.uint8Array({ maxLength: 8 }),
      fc.tuple(text, fc.constantFrom('document' as const, 'e4x' as const)).map((xml) => new AmfXml(...xml)),
      fc.int32Array({ maxLength: 4 }).map((items) => new AmfVector(items)),
      fc.uint32Array({ maxLength: 4 }).map((items) => new AmfVector(items, { fixed: true })),
      fc.float64Array({ maxLength: 4 }).map((items) => new AmfVector(items)),
      fc.array(inner, { maxLength: 4 }),
      members(inner),
      members(inner, 1).map(ecmaArray),
      fc.tuple(name, members(inner)).map(([className, object]) => typedObject(className, object)),
      fc.tuple(fc.array(inner, { maxLength: 4 }), text).map(([items, typeName]) => new AmfVector(items, { typeName })),
      fc.tuple(fc.array(fc.tuple(text, inner), { maxLength: 4 }), fc.boolean()).map((of) => new AmfDictionary(...of)),
      inner.map((value) => new AmfExternalizable('flex.messaging.io.ObjectProxy', value)),
    ),
  };
});

const values = fc.array(value, { maxLength: 4 });
const LIMITS = { maxProperties: 100_000 };
const RUNS = { seed: 1, numRuns: 2000 };

it('AMF0 reads what it wrote', () => {
  fc.assert(
    fc.property(values, (values) => {
      expect(anatomy(decodeAmf0(encodeAmf0(...values), LIMITS))).toStrictEqual(anatomy(values));
    }),
    RUNS,
  );
});

it('AMF3 reads what it wrote', () => {
  fc.assert(
    fc.property(values, (values) => {
      expect(anatomy(decodeAmf3(encodeAmf3(...values), LIMITS))).toStrictEqual(anatomy(values));
    }),
    RUNS,
  );
});

it('AMF0 reads what it wrote as AMF3', () => {
  fc.assert(
    fc.property(values, (values) => {
      expect(anatomy(decodeAmf0(encodeAmf0(...values.map(avmPlus)), LIMITS))).toStrictEqual(anatomy(values));
    }),
    RUNS,
  );
});

it('writes the same bytes for what it read from them', () => {
  fc.assert(
    fc.property(values, (values) => {
      const amf0 = encodeAmf0(...values);
      expect(encodeAmf0(...decodeAmf0(amf0, LIMITS))).toEqual(amf0);
      const amf3 = encodeAmf3(...values);
      expect(encodeAmf3(...decodeAmf3(amf3, LIMITS))).toEqual(amf3);
    }),
    RUNS,
  );
});
