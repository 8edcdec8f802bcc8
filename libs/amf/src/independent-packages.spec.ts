import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { type AmfValue, decodeAmf0, decodeAmf3, encodeAmf0, encodeAmf3 } from './index.js';

/*
 * Both ways with encoders that know nothing of ours: what they write is read, and what is written they read. Where a
 * package has a fault of its own the values it cannot do are left out, by name.
 */

interface Codec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/** They give how far they read, and what. */
interface Parser {
  stringify(value: unknown): Uint8Array;
  parse(bytes: Uint8Array): [length: number, value: unknown];
}

interface Amfjs {
  readonly AMF0: unknown;
  readonly AMF3: unknown;
  readonly AMFEncoder: new (to: { write(bytes: Uint8Array): void }) => {
    writeObject(of: unknown, kind: unknown): void;
  };
  readonly AMFDecoder: new (from: { read(length: number): Buffer }) => { decode(kind: unknown): unknown };
}

const require = createRequire(import.meta.url);
const amf0ts = (require('amf0-ts') as { AMF0: Parser }).AMF0;
const amf3ts = (require('amf3-ts') as { AMF3: Parser }).AMF3;
const amfjs = require('amfjs') as Amfjs;

const parsing = (parser: Parser): Codec => ({
  encode: (value) => Uint8Array.from(parser.stringify(value)),
  decode(bytes) {
    const [length, value] = parser.parse(Buffer.from(bytes));
    expect(length).toBe(bytes.length);
    return value;
  },
});

const streaming = (kind: unknown): Codec => ({
  encode(value) {
    const pieces: Uint8Array[] = [];
    new amfjs.AMFEncoder({ write: (bytes) => pieces.push(Uint8Array.from(bytes)) }).writeObject(value, kind);
    return Uint8Array.from(Buffer.concat(pieces));
  },
  decode(bytes) {
    let at = 0;
    const read = (length: number) => Buffer.from(bytes.subarray(at, (at += length)));
    return new amfjs.AMFDecoder({ read }).decode(kind);
  },
});

const NUMBERS = [0, 1, -1, 127, 128, 16_383, 16_384, 2 ** 21 - 1, 1.5, -0.25, NaN, Infinity, 1e300];
const LARGE = [2 ** 21, 2 ** 28 - 1, 2 ** 28, -(2 ** 28), -(2 ** 28) - 1, 2 ** 32];
const TEXTS = ['', 'a', 'é€😀', 'x'.repeat(127), 'x'.repeat(128), 'x'.repeat(70_000)];
const OTHERS = [true, false, null, new Date(1_600_000_000_000)];
const OBJECTS = [
  { a: 1, b: 'a', again: 'a', c: { d: null, when: new Date(0) } },
  { app: 'live', fpad: false, codecs: 3575 },
];
// amf3-ts reads null in an array as undefined.
const ARRAYS = [[], [1, 'a', [true, -1]], [{ a: null }, { a: 1 }]];

const CODECS: Array<[name: string, codec: Codec, version: 0 | 3, values: unknown[], readAlone: unknown[]]> = [
  // It writes arrays as ECMA arrays, and reads no strict ones.
  ['amf0-ts', parsing(amf0ts), 0, [...NUMBERS, ...LARGE, ...TEXTS, ...OTHERS, ...OBJECTS, {}], []],
  ['amf3-ts', parsing(amf3ts), 3, [...NUMBERS, ...LARGE, ...TEXTS, ...OTHERS, ...OBJECTS, ...ARRAYS, {}], []],
  // It reads no empty strict arrays.
  ['amfjs in AMF0', streaming(amfjs.AMF0), 0, [...NUMBERS, ...LARGE, ...TEXTS, ...OTHERS, ...OBJECTS, ...ARRAYS.slice(1), {}], []],
  // It shifts the bits of long integers wrongly when it writes them, and writes an empty object as an array.
  ['amfjs in AMF3', streaming(amfjs.AMF3), 3, [...NUMBERS, ...TEXTS, ...OTHERS, ...ARRAYS], [...LARGE, {}]],
]; // prettier-ignore

describe.each(CODECS)('%s', (_name, codec, version, values, readAlone) => {
  const ours: Codec =
    version === 0
      ? { encode: (value) => encodeAmf0(value as AmfValue), decode: (bytes) => single(decodeAmf0(bytes)) }
      : { encode: (value) => encodeAmf3(value as AmfValue), decode: (bytes) => single(decodeAmf3(bytes)) };

  it.each(values.map((value) => [value]))('writes %p, which we read', (value) => {
    expect(ours.decode(codec.encode(value))).toEqual(value);
  });

  it.each([...values, ...readAlone].map((value) => [value]))('reads %p, which we wrote', (value) => {
    expect(codec.decode(ours.encode(value))).toEqual(value);
  });
});

const key = fc.stringMatching(/^[a-z]{1,12}$/u);
const leaf = fc.oneof(fc.double(), fc.integer(), fc.string({ unit: 'grapheme' }), fc.boolean());

it.each<[string, Codec, Codec, fc.Arbitrary<unknown>]>([
  [
    'amf0-ts',
    parsing(amf0ts),
    { encode: (value) => encodeAmf0(value as AmfValue), decode: (bytes) => single(decodeAmf0(bytes)) },
    fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.constant(null),
        fc.dictionary(key, tie('value'), { noNullPrototype: true }),
      ),
    })).value,
  ],
  [
    'amf3-ts',
    parsing(amf3ts),
    { encode: (value) => encodeAmf3(value as AmfValue), decode: (bytes) => single(decodeAmf3(bytes)) },
    fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('value')),
        fc.dictionary(key, tie('value'), { noNullPrototype: true }),
      ),
    })).value,
  ],
])('%s and we understand whatever the other writes', (_name, theirs, ours, arbitrary) => {
  fc.assert(
    fc.property(arbitrary, (value) => {
      expect(ours.decode(theirs.encode(value))).toEqual(value);
      expect(theirs.decode(ours.encode(value))).toEqual(value);
    }),
    { seed: 20_261_122, numRuns: 500 },
  );
});

function single(values: readonly unknown[]): unknown {
  expect(values).toHaveLength(1);
  return values[0];
}
