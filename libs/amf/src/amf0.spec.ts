import * as fc from 'fast-check';
import { hex, toHex } from '#test/hex';
import {
  Amf0Decoder,
  type AmfDecodeOptions,
  AmfDictionary,
  AmfError,
  AmfUsageError,
  type AmfValue,
  AmfVector,
  AmfXml,
  avmPlus,
  decodeAmf0,
  decodeAmf3Framed,
  ecmaArray,
  encodeAmf0,
  encodeAmf3Framed,
  isAmfObject,
  isEcmaArray,
  traitsOf,
  typedObject,
} from './index.js';

const shared = { a: 1 };
const MILLISECONDS = Date.UTC(2020, 8, 13, 12, 26, 40);

/** What there is one way to write. */
const CANONICAL: Array<[name: string, bytes: string, values: AmfValue[]]> = [
  ['0', '00 0000000000000000', [0]],
  ['1', '00 3ff0000000000000', [1]],
  ['-1.5', '00 bff8000000000000', [-1.5]],
  ['-0', '00 8000000000000000', [-0]],
  ['NaN', '00 7ff8000000000000', [NaN]],
  ['Infinity', '00 7ff0000000000000', [Infinity]],
  ['true', '01 01', [true]],
  ['false', '01 00', [false]],
  ['an empty string', '02 0000', ['']],
  ['a string', '02 0004 6c697665', ['live']],
  ['UTF-8 of 2, 3 and 4 bytes', '02 0009 c3a9e282acf09f9880', ['\u00e9\u20ac\u{1f600}']],
  ['an object', '03 0003617070 0200046c697665 00016e 003ff0000000000000 000009', [{ app: 'live', n: 1 }]],
  ['an empty object', '03 000009', [{}]],
  ['an object with an empty name', '03 0000 0101 000009', [{ '': true }]],
  ['null', '05', [null]],
  ['undefined', '06', [undefined]],
  ['an ECMA array', '08 00000001 000161 003ff0000000000000 000009', [ecmaArray({ a: 1 })]],
  ['a strict array', '0a 00000003 003ff0000000000000 02000161 05', [[1, 'a', null]]],
  ['an empty strict array', '0a 00000000', [[]]],
  ['a date', '0b 42774876e8000000 0000', [new Date(MILLISECONDS)]],
  ['XML', '0f 00000004 3c612f3e', [new AmfXml('<a/>')]],
  ['a typed object', '10 0003466f6f 000178 003ff0000000000000 000009', [typedObject('Foo', { x: 1 })]],
  ['objects in objects', '03 00016f 03 000170 0a 00000001 0101 000009 000009', [{ o: { p: [true] } }]],
  // OBS 29.0 to 30.1, for the Twitch VOD track
  [
    'a byte array, which only AMF3 has',
    '03 00026964 020001 61 00056d65646961 11 0c07010203 000009',
    [{ id: 'a', media: hex('010203') }],
  ],
  ['a vector', '11 0d050000000001ffffffff', [new AmfVector(Int32Array.of(1, -1))]],
  ['E4X', '11 0b093c612f3e', [new AmfXml('<a/>', 'e4x')]],
  [
    'createStream _result of nginx-rtmp',
    '020007 5f726573756c74 00 4010000000000000 05 00 3ff0000000000000',
    ['_result', 4, null, 1],
  ],
  ['createStream of FFmpeg', '02000c 63726561746553747265616d 00 4010000000000000 05', ['createStream', 4, null]],
  [
    '|RtmpSampleAccess of nginx-rtmp',
    '020011 7c52746d7053616d706c65416363657373 0101 0101',
    ['|RtmpSampleAccess', true, true],
  ],
  [
    'colorInfo of FFmpeg 8.1',
    '020009 636f6c6f72496e666f 03 000b 636f6c6f72436f6e666967 03 000009 000009',
    ['colorInfo', { colorConfig: {} }],
  ],
];

/** What is read but not written so. */
const TOLERATED: Array<[name: string, bytes: string, values: AmfValue[]]> = [
  ['true as any other byte', '01 7f', [true]],
  [
    'an ECMA array whose count lies low',
    '08 00000000 000161 003ff0000000000000 000162 0101 000009',
    [{ a: 1, b: true }],
  ],
  ['an ECMA array whose count lies high', '08 00000063 000161 003ff0000000000000 000009', [{ a: 1 }]],
  ['an ECMA array whose count lies shamelessly', '08 ffffffff 000161 003ff0000000000000 000009 05', [{ a: 1 }, null]],
  ['a date with a time zone', '0b 0000000000000000 ff88', [new Date(0)]],
  ['a long string that is short', '0c 00000003 616263', ['abc']],
  ['unsupported', '0d', [undefined]],
  ['references, strict arrays counted', '0a 00000002 03 000161 003ff0000000000000 000009 07 0001', [[shared, shared]]],
  ['an AMF3 integer', '11 04 05', [5]],
  ['an AMF3 string', '11 06 07 616263', ['abc']],
  ['AMF0 after AMF3', '03 000161 11 0405 000162 0101 000009 05', [{ a: 5, b: true }, null]],
  [
    'a name twice: the last value, in the first place',
    '03 000161 05 000162 05 000161 0101 000009',
    [{ a: true, b: null }],
  ],
  ['an object cut at its first name', '03', [{}]],
  ['an object cut at a name', '03 000161 0101', [{ a: true }]],
  ['an ECMA array cut at a name', '08 00000014 000161 0101', [{ a: true }]],
  ['objects in one another cut at a name', '03 000161 10 000154 000162 0101', [{ a: { b: true } }]],
  ['text that is not UTF-8', '02 0003 61ff62', ['a\ufffdb']],
  ['an object that contains an end marker as a value of its own', '03 000161 0a 00000000 000009', [{ a: [] }]],
];

const nest = (open: string, depth: number) => hex(open.repeat(depth));

const VIOLATIONS: Array<[name: string, bytes: Uint8Array, code: string, options?: AmfDecodeOptions]> = [
  ['movieclip', hex('04'), 'AMF_ERR_MARKER'],
  ['recordset', hex('0e'), 'AMF_ERR_MARKER'],
  ['an unknown marker', hex('12'), 'AMF_ERR_MARKER'],
  ['the last unknown marker', hex('ff'), 'AMF_ERR_MARKER'],
  ['an object end on its own', hex('09'), 'AMF_ERR_MARKER'],
  ['an object end after a name', hex('03 000161 09'), 'AMF_ERR_MARKER'],
  ['an unknown AMF3 marker', hex('11 12'), 'AMF_ERR_MARKER'],
  ['a number cut short', hex('00 3ff00000'), 'AMF_ERR_TRUNCATED'],
  ['a name cut short', hex('03 0003 6161'), 'AMF_ERR_TRUNCATED'],
  ['a value missing after its name', hex('03 0001 61'), 'AMF_ERR_TRUNCATED'],
  ['an object end without its marker', hex('03 0000'), 'AMF_ERR_TRUNCATED'],
  ['an ECMA array cut in its count', hex('08 0000'), 'AMF_ERR_TRUNCATED'],
  ['a string longer than the message', hex('02 ffff 616263'), 'AMF_ERR_TRUNCATED'],
  ['a long string longer than the message', hex('0c ffffffff'), 'AMF_ERR_TRUNCATED'],
  ['XML longer than the message', hex('0f ffffffff 61'), 'AMF_ERR_TRUNCATED'],
  ['a strict array of 2^32 - 1 items', hex('0a ffffffff'), 'AMF_ERR_TRUNCATED'],
  ['a strict array of one item more than bytes', hex('0a 00000003 0505'), 'AMF_ERR_TRUNCATED'],
  ['an AMF3 value missing', hex('11'), 'AMF_ERR_TRUNCATED'],
  ['a reference to nothing', hex('07 0000'), 'AMF_ERR_REFERENCE'],
  ['a reference past the table', hex('0a 00000002 03 000009 07 0002'), 'AMF_ERR_REFERENCE'],
  ['a reference to what is no object', hex('02000161 0b 0000000000000000 0000 07 0000'), 'AMF_ERR_REFERENCE'],
  ['10,000 objects in one another', nest('03 0001 61', 10_000), 'AMF_ERR_TOO_DEEP'],
  ['10,000 ECMA arrays in one another', nest('08 00000001 0001 61', 10_000), 'AMF_ERR_TOO_DEEP'],
  ['10,000 strict arrays in one another', nest('0a 00000001', 10_000), 'AMF_ERR_TOO_DEEP'],
  ['10,000 typed objects in one another', nest('10 000154 000161', 10_000), 'AMF_ERR_TOO_DEEP'],
  ['10,000 AMF3 arrays in one another', hex(`11 ${'09 03 01'.repeat(10_000)}`), 'AMF_ERR_TOO_DEEP'],
  ['AMF3 levels below AMF0 levels', hex('0a 00000001 11 09 03 01 09 01 01'), 'AMF_ERR_TOO_DEEP', { maxDepth: 2 }],
  ['33 objects in one another', nest('03 0001 61', 33), 'AMF_ERR_TOO_DEEP'],
  ['65 values', hex('05'.repeat(65)), 'AMF_ERR_TOO_MANY_VALUES'],
  ['a megabyte of values', hex('05'.repeat(1 << 20)), 'AMF_ERR_TOO_MANY_VALUES'],
  ['4,096 items in an array', hex(`0a 00001000 ${'05'.repeat(4096)}`), 'AMF_ERR_TOO_MANY_PROPERTIES'],
  ['4,096 properties', hex(`03 ${'0001 61 05'.repeat(4096)} 000009`), 'AMF_ERR_TOO_MANY_PROPERTIES'],
  ['more text than the limit', hex(`0c 00100001 ${'61'.repeat(0x100001)}`), 'AMF_ERR_TOO_MANY_STRING_BYTES'],
  [
    'names longer than the limit',
    hex('03 0002 6161 05 0002 6262 05'),
    'AMF_ERR_TOO_MANY_STRING_BYTES',
    { maxStringBytes: 3 },
  ],
  ['a byte array over the limit', hex('11 0c 07 010203'), 'AMF_ERR_TOO_MANY_STRING_BYTES', { maxStringBytes: 2 }],
  // [[], [0, 0], [1, 1] …]: each array holds the one before twice, 11 bytes for a doubling
  [
    'references that double 20 times',
    hex(
      `0a 00000015 0a 00000000 ${Array.from({ length: 20 }, (_, i) => `0a 00000002 ${`07 ${(i + 1).toString(16).padStart(4, '0')}`.repeat(2)}`).join('')}`,
    ),
    'AMF_ERR_TOO_MANY_PROPERTIES',
  ],
  [
    'a long text referred to often',
    hex(`0a 00000004 03 000161 020009 ${'61'.repeat(9)} 000009 07 0001 07 0001 07 0001`),
    'AMF_ERR_TOO_MANY_STRING_BYTES',
    { maxStringBytes: 30 },
  ],
];

describe('decodeAmf0', () => {
  it.each([...CANONICAL, ...TOLERATED])('reads %s', (_name, bytes, values) => {
    expect(decodeAmf0(hex(bytes))).toEqual(values);
  });

  it.each(VIOLATIONS)('rejects %s', (_name, bytes, code, options = {}) => {
    expect(() => decodeAmf0(bytes, options)).toThrow(expect.objectContaining({ name: 'AmfError', code }));
  });

  it('reads nothing from nothing', () => {
    expect(decodeAmf0(new Uint8Array())).toEqual([]);
  });

  it('reads what is just within every limit', () => {
    expect(decodeAmf0(hex('05'.repeat(64)))).toHaveLength(64);
    expect(decodeAmf0(hex(`0a 00000fff ${'05'.repeat(4095)}`))[0]).toHaveLength(4095);
    expect(decodeAmf0(hex(`0c 00100000 ${'61'.repeat(0x100000)}`))[0]).toHaveLength(0x100000);
    expect(decodeAmf0(nest('03 0001 61', 32).subarray(0, -3))).toHaveLength(1);
    expect(decodeAmf0(nest('0a 00000001', 256).fill(0, -4), { maxDepth: 256 })).toHaveLength(1);
  });

  it('trusts no count over the bytes that are left', () => {
    expect(() => decodeAmf0(hex('0a ffffffff 05'))).toThrow(/: 4294967295 members declared, 1 bytes left/);
  });

  it('counts levels, not objects', () => {
    expect(decodeAmf0(hex(`0a 00000064 ${'0a 00000000'.repeat(100)}`), { maxDepth: 2 })[0]).toHaveLength(100);
  });

  it('rejects every value cut short, unless it is cut at a name', () => {
    for (const [, bytes] of CANONICAL) {
      const whole = hex(bytes);
      for (let length = 0; length < whole.length; length++) {
        try {
          decodeAmf0(whole.subarray(0, length));
        } catch (error) {
          expect(error).toMatchObject({ name: 'AmfError', code: 'AMF_ERR_TRUNCATED' });
        }
      }
    }
  });

  it('says where and why', () => {
    expect(() => decodeAmf0(hex('05 03 000161 04'))).toThrow(
      expect.objectContaining({ message: 'unknown or reserved AMF marker: AMF0 marker 0x04, at byte 5', offset: 5 }),
    );
  });

  it('tells objects, ECMA arrays and typed objects apart', () => {
    const [object, array, typed] = decodeAmf0(hex('03 000009 08 00000000 000009 10 0003466f6f 000009'));
    expect([isAmfObject(object), isEcmaArray(object), traitsOf(object)]).toEqual([true, false, undefined]);
    expect([isAmfObject(array), isEcmaArray(array), traitsOf(array)]).toEqual([true, true, undefined]);
    expect([isAmfObject(typed), isEcmaArray(typed), traitsOf(typed)?.className]).toEqual([true, false, 'Foo']);
  });

  it('takes dangerous names for names', () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'length'];
    for (const marker of ['03', '08 00000000', '10 0003466f6f']) {
      const members = names.map((name) => toHex(encodeAmf0(name)).slice(2) + '03 0008706f6c6c75746564 0101 000009');
      const [object] = decodeAmf0(hex(`${marker} ${members.join('')} 000009`));
      expect(Object.getPrototypeOf(object)).toBeNull();
      expect(Object.keys(object as object)).toEqual(names);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    }
  });

  it('reads and writes a date that is none', () => {
    const bytes = hex('0b 7ff8000000000000 0000');
    const [date] = decodeAmf0(bytes) as [Date];
    expect(date.getTime()).toBeNaN();
    expect(encodeAmf0(date)).toEqual(bytes);
  });

  it('gives one object for all references to it, also from inside itself', () => {
    const [array] = decodeAmf0(hex('0a 00000002 03 000009 07 0001')) as [AmfValue[]];
    expect(array[1]).toBe(array[0]);
    const [object] = decodeAmf0(hex('03 0001 61 07 0000 000009')) as [{ a: AmfValue }];
    expect(object.a).toBe(object);
  });

  it('copies byte arrays out of the message, whatever class that is', () => {
    const message = Buffer.from(hex('11 0c 07 010203'));
    const [bytes] = decodeAmf0(message);
    message.fill(0);
    expect(bytes).toEqual(hex('010203'));
    expect((bytes as Uint8Array).buffer.byteLength).toBe(3);
  });

  it.each([{ maxDepth: 257 }, { maxDepth: 0 }, { maxValues: -1 }, { maxProperties: NaN }])(
    'rejects the limits %p',
    (limits) => {
      expect(() => decodeAmf0(hex('05'), limits)).toThrow(AmfUsageError);
    },
  );
});

describe('Amf0Decoder', () => {
  it('reads one value at a time', () => {
    const decoder = new Amf0Decoder(hex('02000c 63726561746553747265616d 00 4010000000000000 05'));
    expect(decoder.next()).toBe('createStream');
    expect([decoder.offset, decoder.done]).toEqual([15, false]);
    expect(decoder.next()).toBe(4);
    expect(decoder.next()).toBeNull();
    expect(decoder.done).toBe(true);
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'AMF_ERR_TRUNCATED' }));
  });

  it('resolves references across the values of a message', () => {
    const decoder = new Amf0Decoder(hex('03 000009 07 0000'));
    expect(decoder.next()).toBe(decoder.next());
  });
});

describe('decodeAmf3Framed', () => {
  it.each<[string, string, AmfValue[]]>([
    ['a format selector', '00 02000161 003ff0000000000000', ['a', 1]],
    ['no format selector', '02000161 003ff0000000000000', ['a', 1]],
    ['AMF0 again after every AMF3 value', '00 02000161 11 0a0b01 03610401 01 05 11 0405', ['a', { a: 1 }, null, 5]],
    ['nothing at all', '', []],
    ['a format selector alone', '00', []],
  ])('reads %s', (_name, bytes, values) => {
    expect(decodeAmf3Framed(hex(bytes))).toEqual(values);
  });

  it('gives every AMF3 value reference tables of its own', () => {
    expect(() => decodeAmf3Framed(hex('00 11 06 07 616263 11 06 00'))).toThrow(
      expect.objectContaining({ code: 'AMF_ERR_REFERENCE' }),
    );
  });

  it('reads what encodeAmf3Framed writes', () => {
    const bytes = encodeAmf3Framed('_result', 1, null, avmPlus({ code: 'x' }));
    expect(toHex(bytes)).toBe(
      toHex(hex('00 020007 5f726573756c74 00 3ff0000000000000 05 11 0a0b01 09636f6465 060378 01')),
    );
    expect(decodeAmf3Framed(bytes)).toEqual(['_result', 1, null, { code: 'x' }]);
  });
});

describe('encodeAmf0', () => {
  it.each(CANONICAL)('writes %s', (_name, bytes, values) => {
    expect(toHex(encodeAmf0(...values))).toBe(toHex(hex(bytes)));
  });

  it.each(CANONICAL)('writes %s as it was read', (_name, bytes) => {
    expect(toHex(encodeAmf0(...decodeAmf0(hex(bytes))))).toBe(toHex(hex(bytes)));
  });

  it('writes a shared object twice, never a reference', () => {
    expect(toHex(encodeAmf0([shared, shared]))).toBe(
      toHex(hex('0a 00000002 03 000161 003ff0000000000000 000009 03 000161 003ff0000000000000 000009')),
    );
  });

  it('writes strings by their length in bytes', () => {
    const longest = 'é'.repeat(32767) + 'a';
    expect(toHex(encodeAmf0(longest).subarray(0, 3))).toBe('02ffff');
    expect(toHex(encodeAmf0(`${longest}a`).subarray(0, 5))).toBe('0c00010000');
    expect(decodeAmf0(encodeAmf0(`${longest}a`))).toEqual([`${longest}a`]);
  });

  it('wraps nothing but what was asked for in AMF3', () => {
    expect(toHex(encodeAmf0(avmPlus(5), 5))).toBe(toHex(hex('11 0405 00 4014000000000000')));
  });

  const cycle: { self?: AmfValue } = {};
  cycle.self = [cycle];
  const doubling = Array.from({ length: 40 }).reduce<AmfValue>((inner) => [inner, inner], []);
  const deep = Array.from({ length: 300 }).reduce<AmfValue>((inner) => [inner], []);
  const of = (value: unknown) => value as AmfValue;

  it.each<[string, AmfValue[], RegExp]>([
    [
      'a function',
      ['onStatus', { info: { code: of(() => 1) } }],
      /^values\[1\]\.info\.code: AMF0 has no form for a function$/,
    ],
    ['a symbol', [[0, of(Symbol('x'))]], /^values\[0\]\[1\]: .*symbol/],
    ['a bigint', [of(1n)], /^values\[0\]: .*bigint/],
    ['a Map', [of(new Map())], /^values\[0\]: .*an instance of Map/],
    ['an instance of a class', [of(new (class Foo {})())], /^values\[0\]: .*an instance of Foo/],
    [
      'a function inside AMF3',
      [new AmfDictionary([['a', of(() => 1)]])],
      /^values\[0\]\[0\]: AMF3 has no form for a function/,
    ],
    ['a value that contains itself', [cycle], /^values\[0\]\.self\[0\]: value contains itself/],
    ['a name of 65,536 bytes', [{ ['é'.repeat(32768)]: 1 }], /property name of 65536 bytes/],
    ['a class name of 65,536 bytes', [typedObject('a'.repeat(65536))], /class name of 65536 bytes/],
    ['300 levels', [deep], /nested more than 256 levels/],
    ['what grows past any message', [doubling], /longer than 16777215 bytes/],
    ['a string past any message', ['a'.repeat(0x1000000)], /longer than 16777215 bytes/],
  ])('refuses %s and says where it is', (_name, values, message) => {
    const error = expect.objectContaining({ name: 'AmfUsageError', message: expect.stringMatching(message) });
    expect(() => encodeAmf0(...values)).toThrow(error);
  });
});

/** Values as JSON would write them: references again and again, until there is a cycle. */
function sizeOf(value: AmfValue, open = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 1;
  if (open.has(value)) return Infinity;
  open.add(value);
  let size = 1;
  for (const member of Object.values(value) as AmfValue[]) size += sizeOf(member, open);
  open.delete(value);
  return size;
}

describe('AMF0 from anyone', () => {
  const LIMIT = 20;
  const outcomes = { values: 0, errors: 0 };

  /** Whatever it is: values within the limits, or an AmfError. */
  const tame = (bytes: Uint8Array) => {
    try {
      const values = decodeAmf0(bytes, { maxProperties: LIMIT });
      decodeAmf3Framed(bytes);
      const size = values.reduce<number>((sum, value) => sum + sizeOf(value), 0);
      if (size > LIMIT && size !== Infinity) throw new Error(`${size} values`);
      outcomes.values++;
    } catch (error) {
      if (!(error instanceof AmfError)) throw error;
      outcomes.errors++;
    }
  };

  afterAll(() => expect(Math.min(outcomes.values, outcomes.errors)).toBeGreaterThan(1000));

  it('is values or an AmfError: random bytes', () => {
    const byte = fc.oneof(fc.nat({ max: 0x12 }), fc.constant(0), fc.nat({ max: 0xff }));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 96 }), (bytes) => tame(Uint8Array.from(bytes))),
      { seed: 1, numRuns: 20_000 },
    );
  });

  it('is values or an AmfError: vectors with bytes changed', () => {
    const vectors = [...CANONICAL, ...TOLERATED].map(([, bytes]) => hex(bytes));
    const change = fc.tuple(fc.nat(), fc.oneof(fc.nat({ max: 0x12 }), fc.nat({ max: 0xff })));
    fc.assert(
      fc.property(fc.constantFrom(...vectors), fc.array(change, { minLength: 1, maxLength: 4 }), (vector, changes) => {
        const bytes = Uint8Array.from(vector);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        tame(bytes);
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });
});
