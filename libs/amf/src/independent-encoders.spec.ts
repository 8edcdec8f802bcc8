import { hex, toHex } from '#test/hex';
import {
  AmfExternalizable,
  type AmfValue,
  AmfVector,
  decodeAmf0,
  decodeAmf3,
  ecmaArray,
  encodeAmf0,
  encodeAmf3,
  typedObject,
} from './index.js';

/*
 * What other implementations made of the same values, captured with TZ=UTC. The packages are old and have
 * faults where nothing is listed: amf0-ts has no strict arrays, amf3-ts repeats the names of sealed members,
 * amfjs shifts the bits of integers of four bytes wrongly and does not count names as strings in AMF3.
 */

const when = new Date(Date.UTC(2020, 8, 13, 12, 26, 40));
const connect = {
  app: 'live',
  type: 'nonprivate',
  flashVer: 'FMLE/3.0',
  fpad: false,
  audioCodecs: 3575,
  pageUrl: undefined,
  swfUrl: null,
  nested: { 'é€😀': -0.5 },
  when,
};
const named = { name: 'a', again: 'a', date: when };
const many = [
  1,
  -1,
  127,
  128,
  16384,
  2 ** 21,
  2 ** 28 - 1,
  2 ** 28,
  -(2 ** 28),
  -(2 ** 28) - 1,
  1.5,
  '',
  'name',
  named,
];
const ints = new AmfVector(Int32Array.of(1, 2));

const AMF0: Array<[name: string, bytes: string, value: AmfValue]> = [
  [
    'amf0-ts 1.3.9: a command object',
    `0300036170700200046c69766500047479706502000a6e6f6e707269766174650008666c617368566572020008464d4c
     452f332e300004667061640100000b617564696f436f646563730040abee000000000000077061676555726c06000673
     776655726c0500066e6573746564030009c3a9e282acf09f988000bfe000000000000000000900047768656e0b427748
     76e80000000000000009`,
    connect,
  ],
  [
    'amf0-ts 1.3.9: an ECMA array',
    `080000000400086475726174696f6e0000000000000000000005776964746800409e0000000000000007656e636f6465
     7202000178000673746572656f0101000009`,
    ecmaArray({ duration: 0, width: 1920, encoder: 'x', stereo: true }),
  ],
  [
    'amf0-ts 1.3.9: a typed object',
    '10000f636f6d2e6578616d706c652e466f6f000178003ff00000000000000001790200017a000009',
    typedObject('com.example.Foo', { x: 1, y: 'z' }),
  ],
  [
    'amfjs 1.3.1: a typed object with an array',
    '100003466f6f000178003ff00000000000000001790a000000010101000009',
    typedObject('Foo', { x: 1, y: [true] }),
  ],
];

const AMF3: Array<[name: string, bytes: string, value: AmfValue]> = [
  [
    'amf3-ts 1.1.0: integers, and strings, objects and dates again',
    `0913010a0b01096e616d650603610b616761696e06020964617465080142774876e800000001091d01040104ffffffff
     047f048100048180000480c0800004bfffffff0541b000000000000004c080800005c1b0000001000000053ff8000000
     000000060106000a020a020906080403020100`,
    [named, many, named, many, when, true, false, null, undefined],
  ],
  [
    'amf3-ts 1.1.0: an array with items and names',
    '0905036b0401096e616d6506000104050600',
    ecmaArray({ 0: 5, 1: 'k', k: 1, name: 'k' }),
  ],
  [
    'amf3-ts 1.1.0: vectors',
    '0909010d050000000001000000020e050000000000ffffffff0f05003fe00000000000007ff80000000000000d02',
    [ints, new AmfVector(Uint32Array.of(0, 2 ** 32 - 1)), new AmfVector(Float64Array.of(0.5, NaN)), ints],
  ],
  [
    'amf3-ts 1.1.0: an ArrayCollection',
    `0a0743666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e09050104010a0b0103610603
     6201`,
    new AmfExternalizable('flex.messaging.io.ArrayCollection', [1, { a: 'b' }]),
  ],
  [
    'amfjs 1.3.1: integers, strings and a byte array',
    '091301040104fffffffb04822c0484a27006036106000c07010203060362053fe0000000000000',
    [1, -5, 300, 70000, 'a', 'a', hex('010203'), 'b', 0.5],
  ],
  ['amfjs 1.3.1: sealed members', '0a2307466f6f037803790401060371', typedObject('Foo', { x: 1, y: 'q' })],
];

describe('AMF0 of other encoders', () => {
  it.each(AMF0)('is read and written alike: %s', (_name, bytes, value) => {
    expect(decodeAmf0(hex(bytes))).toEqual([value]);
    expect(toHex(encodeAmf0(value))).toBe(toHex(hex(bytes)));
    expect(toHex(encodeAmf0(...decodeAmf0(hex(bytes))))).toBe(toHex(hex(bytes)));
  });

  // amfjs 1.3.1 on [object, array, array, object], array holding the object twice
  it('has references to objects and strict arrays by the order in which they began', () => {
    const bytes = hex(
      `0a000000040800000001000161003ff00000000000000000090a00000004020001610700010a00000001070001050700
       02070001`,
    );
    const [[object, array, again, last]] = decodeAmf0(bytes) as [[AmfValue, AmfValue[], AmfValue, AmfValue]];
    expect(object).toEqual({ a: 1 });
    expect(array).toEqual(['a', { a: 1 }, [{ a: 1 }], null]);
    expect(again).toBe(array);
    expect(last).toBe(object);
    expect(array[1]).toBe(object);
    expect((array[2] as AmfValue[])[0]).toBe(object);
  });
});

describe('AMF3 of other encoders', () => {
  it.each(AMF3)('is read and written alike: %s', (_name, bytes, value) => {
    expect(decodeAmf3(hex(bytes))).toEqual([value]);
    expect(toHex(encodeAmf3(value))).toBe(toHex(hex(bytes)));
    expect(toHex(encodeAmf3(...decodeAmf3(hex(bytes))))).toBe(toHex(hex(bytes)));
  });
});
