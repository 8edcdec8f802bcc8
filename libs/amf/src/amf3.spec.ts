import * as fc from 'fast-check';
import { hex, toHex } from '#test/hex';
import {
  Amf3Decoder,
  type AmfDecodeOptions,
  AmfDictionary,
  AmfError,
  AmfExternalizable,
  type AmfExternalizableClass,
  AmfUsageError,
  type AmfValue,
  AmfVector,
  AmfXml,
  decodeAmf3,
  ecmaArray,
  encodeAmf3,
  isAmfObject,
  isEcmaArray,
  traitsOf,
  typedObject,
} from './index.js';

const MILLISECONDS = Date.UTC(2020, 8, 13, 12, 26, 40);
const shared = { a: 1 };
const epoch = new Date(0);
const ARRAY_COLLECTION = 'flex.messaging.io.ArrayCollection';
const ARRAY_COLLECTION_HEX = '43 666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e';

const collection = new AmfExternalizable(ARRAY_COLLECTION, []);

/** What there is one way to write. */
const CANONICAL: Array<[name: string, bytes: string, values: AmfValue[]]> = [
  ['undefined', '00', [undefined]],
  ['null', '01', [null]],
  ['false', '02', [false]],
  ['true', '03', [true]],
  ['0', '04 00', [0]],
  ['127', '04 7f', [127]],
  ['128', '04 8100', [128]],
  ['16383', '04 ff7f', [16383]],
  ['16384', '04 818000', [16384]],
  ['2097151', '04 ffff7f', [2097151]],
  ['2097152', '04 80c08000', [2097152]],
  ['the greatest integer', '04 bfffffff', [268435455]],
  ['-1', '04 ffffffff', [-1]],
  ['the least integer', '04 c0808000', [-268435456]],
  ['1.5', '05 3ff8000000000000', [1.5]],
  ['-0', '05 8000000000000000', [-0]],
  ['NaN', '05 7ff8000000000000', [NaN]],
  ['an integer of more than 29 bits', '05 41b0000000000000', [268435456]],
  ['a negative integer of more than 29 bits', '05 c1b0000001000000', [-268435457]],
  ['an empty string', '06 01', ['']],
  ['a string', '06 07 616263', ['abc']],
  ['UTF-8 of 4 bytes', '06 09 f09f9880', ['\u{1f600}']],
  ['a string again', '09 05 01 06 03 61 06 00', [['a', 'a']]],
  ['an empty string, which is not counted', '09 07 01 06 01 06 03 61 06 00', [['', 'a', 'a']]],
  ['an array', '09 05 01 04 01 04 02', [[1, 2]]],
  ['an empty array', '09 01 01', [[]]],
  ['an array with an associative part', '09 03 03 6b 04 01 01 04 05', [ecmaArray({ 0: 5, k: 1 })]],
  ['an associative array', '09 01 03 6b 04 01 01', [ecmaArray({ k: 1 })]],
  ['a sparse array', '09 03 03 32 04 07 05 2d31 01 01 04 05', [ecmaArray({ 0: 5, 2: 7, '-1': null })]],
  ['an empty object', '0a 0b 01 01', [{}]],
  ['an object', '0a 0b 01 03 61 04 01 01', [{ a: 1 }]],
  ['an object of a class', '0a 13 07 466f6f 03 78 04 01', [typedObject('Foo', { x: 1 })]],
  [
    'an object of a dynamic class',
    '0a 0b 07 466f6f 03 78 04 01 01',
    [typedObject('Foo', { x: 1 }, { sealed: [], dynamic: true })],
  ],
  [
    'an object with sealed and dynamic members',
    '0a 1b 07 466f6f 03 78 04 01 03 79 03 01',
    [typedObject('Foo', { x: 1, y: true }, { sealed: ['x'], dynamic: true })],
  ],
  ['an object that has no members and takes none', '0a 03 01', [typedObject('')]],
  ['an object with sealed members and no class', '0a 13 01 03 78 04 01', [typedObject('', { x: 1 })]],
  [
    'a class again',
    '09 05 01 0a 13 07 466f6f 03 78 04 01 0a 01 04 02',
    [[typedObject('Foo', { x: 1 }), typedObject('Foo', { x: 2 })]],
  ],
  ['an object again', '09 05 01 0a 0b 01 03 61 04 01 01 0a 02', [[shared, shared]]],
  ['a date', '08 01 42774876e8000000', [new Date(MILLISECONDS)]],
  ['a date again', '09 05 01 08 01 0000000000000000 08 02', [[epoch, epoch]]],
  ['a byte array', '0c 07 010203', [hex('010203')]],
  ['a vector of int', '0d 05 00 00000001 ffffffff', [new AmfVector(Int32Array.of(1, -1))]],
  [
    'a fixed vector of uint',
    '0e 05 01 00000001 ffffffff',
    [new AmfVector(Uint32Array.of(1, 0xffffffff), { fixed: true })],
  ],
  ['a vector of Number', '0f 03 00 3ff8000000000000', [new AmfVector(Float64Array.of(1.5))]],
  ['a vector of anything', '10 05 00 01 06 03 61 06 00', [new AmfVector(['a', 'a'])]],
  ['a vector of a class', '10 03 00 07 466f6f 0a 03 00', [new AmfVector([typedObject('Foo')], { typeName: 'Foo' })]],
  ['a dictionary', '11 03 00 06 03 61 04 01', [new AmfDictionary([['a', 1]])]],
  ['a dictionary with an object for a key', '11 03 01 0a 0b 01 01 04 01', [new AmfDictionary([[{}, 1]], true)]],
  [
    'an ArrayCollection',
    `0a 07 ${ARRAY_COLLECTION_HEX} 09 03 01 04 01`,
    [new AmfExternalizable(ARRAY_COLLECTION, [1])],
  ],
  [
    'an ArrayCollection again, and another',
    `09 07 01 0a 07 ${ARRAY_COLLECTION_HEX} 09 01 01 0a 02 0a 01 09 01 01`,
    [[collection, collection, new AmfExternalizable(ARRAY_COLLECTION, [])]],
  ],
  ['XMLDocument', '07 09 3c612f3e', [new AmfXml('<a/>', 'document')]],
  ['XML', '0b 09 3c612f3e', [new AmfXml('<a/>', 'e4x')]],
];

/** What is read but not written so. */
const TOLERATED: Array<[name: string, bytes: string, values: AmfValue[]]> = [
  ['0 in more bytes than needed', '04 808000', [0]],
  ['an integer that fits written as a double', '05 3ff0000000000000', [1]],
  [
    'strings, objects and traits across values',
    '06 03 61 06 00 0a 13 00 00 01 0a 01 02',
    ['a', 'a', { a: null }, { a: false }],
  ],
  ['text that is not UTF-8', '06 07 61ff62', ['a\ufffdb']],
  ['an associative part with nothing but an item for a name', '09 01 03 30 04 05 01', [{ 0: 5 }]],
  ['a name twice', '0a 0b 01 03 61 01 00 03 01', [{ a: true }]],
  ['a sealed name twice', '0a 23 01 03 61 00 01 03', [{ a: true }]],
  ['a dictionary key twice', '11 05 00 06 03 61 01 06 00 03', [new AmfDictionary([['a', true]])]],
];

const repeat = (text: string, count: number) => hex(text.repeat(count));

const VIOLATIONS: Array<[name: string, bytes: Uint8Array, code: string, options?: AmfDecodeOptions]> = [
  ['an unknown marker', hex('12'), 'AMF_ERR_MARKER'],
  ['the last unknown marker', hex('ff'), 'AMF_ERR_MARKER'],
  ['an integer cut short', hex('04 ffffff'), 'AMF_ERR_TRUNCATED'],
  ['a double cut short', hex('05 3ff80000'), 'AMF_ERR_TRUNCATED'],
  ['a string longer than the message', hex('06 ffffffff 61'), 'AMF_ERR_TRUNCATED'],
  ['an object with no end', hex('0a 0b 01 03 61 04 01'), 'AMF_ERR_TRUNCATED'],
  ['an array of 2^28 - 1 items', hex('09 ffffffff 01'), 'AMF_ERR_TRUNCATED'],
  ['a byte array longer than the message', hex('0c ffffffff 01'), 'AMF_ERR_TRUNCATED'],
  ['a vector of 2^28 - 1 ints', hex('0d ffffffff 00 00000000'), 'AMF_ERR_TRUNCATED'],
  ['a vector of 2^28 - 1 Numbers', hex('0f ffffffff 00 00000000'), 'AMF_ERR_TRUNCATED'],
  ['a vector of Number with bytes for int', hex('0f 05 00 00000001 00000002'), 'AMF_ERR_TRUNCATED'],
  ['a vector of 2^28 - 1 objects', hex('10 ffffffff 00 01 00'), 'AMF_ERR_TRUNCATED'],
  ['a dictionary with bytes for half its entries', hex('11 05 00 0101'), 'AMF_ERR_TRUNCATED'],
  ['2^25 - 1 sealed members', hex('0a ffffffb3 01 01 01'), 'AMF_ERR_TRUNCATED'],
  ['a string that was not sent', hex('06 00'), 'AMF_ERR_REFERENCE'],
  ['an object that was not sent', hex('0a 00'), 'AMF_ERR_REFERENCE'],
  ['an array that was not sent', hex('09 02'), 'AMF_ERR_REFERENCE'],
  ['traits that were not sent', hex('0a 01'), 'AMF_ERR_REFERENCE'],
  ['an object past the table', hex('09 03 01 09 04'), 'AMF_ERR_REFERENCE'],
  ['an unknown externalizable class', hex('0a 07 07 466f6f 01'), 'AMF_ERR_EXTERNALIZABLE_UNKNOWN'],
  [
    'an externalizable class named like a method of objects',
    hex('0a 07 17 636f6e7374727563746f72 01'),
    'AMF_ERR_EXTERNALIZABLE_UNKNOWN',
    { externalizable: {} },
  ],
  ['an ArrayCollection cut short', hex(`0a 07 ${ARRAY_COLLECTION_HEX}`), 'AMF_ERR_TRUNCATED'],
  ['10,000 arrays in one another', repeat('09 03 01', 10_000), 'AMF_ERR_TOO_DEEP'],
  ['10,000 associative arrays in one another', repeat('09 01 03 61', 10_000), 'AMF_ERR_TOO_DEEP'],
  ['10,000 objects in one another', repeat('0a 0b 01 03 61', 10_000), 'AMF_ERR_TOO_DEEP'],
  ['10,000 sealed objects in one another', repeat('0a 13 01 03 61', 10_000), 'AMF_ERR_TOO_DEEP'],
  ['10,000 vectors in one another', repeat('10 03 00 01', 10_000), 'AMF_ERR_TOO_DEEP'],
  ['10,000 dictionaries for keys of one another', repeat('11 03 00', 10_000), 'AMF_ERR_TOO_DEEP'],
  ['10,000 ArrayCollections in one another', repeat(`0a 07 ${ARRAY_COLLECTION_HEX}`, 10_000), 'AMF_ERR_TOO_DEEP'],
  ['33 arrays in one another', hex(`${'09 03 01'.repeat(32)} 09 01 01`), 'AMF_ERR_TOO_DEEP'],
  ['65 values', repeat('01', 65), 'AMF_ERR_TOO_MANY_VALUES'],
  ['4,096 items in an array', hex(`09 c001 01 ${'01'.repeat(4096)}`), 'AMF_ERR_TOO_MANY_PROPERTIES'],
  ['more text than the limit', hex(`06 80c08003 ${'61'.repeat(0x100001)}`), 'AMF_ERR_TOO_MANY_STRING_BYTES'],
  ['a byte array over the limit', hex('0c 07 010203'), 'AMF_ERR_TOO_MANY_STRING_BYTES', { maxStringBytes: 2 }],
  ['a vector over the limit', hex('0f 03 00 3ff8000000000000'), 'AMF_ERR_TOO_MANY_STRING_BYTES', { maxStringBytes: 7 }],
  ['XML over the limit', hex('07 09 3c612f3e'), 'AMF_ERR_TOO_MANY_STRING_BYTES', { maxStringBytes: 3 }],
  [
    'a string often',
    hex('09 07 01 06 09 61616161 06 00 06 00'),
    'AMF_ERR_TOO_MANY_STRING_BYTES',
    { maxStringBytes: 11 },
  ],
  [
    'a name often, by way of the array it is in',
    hex('09 07 01 09 01 09 61616161 01 01 09 02 09 02'),
    'AMF_ERR_TOO_MANY_STRING_BYTES',
    { maxStringBytes: 11 },
  ],
  [
    'a class name often',
    hex('09 07 01 0a 03 09 61616161 0a 01 0a 01'),
    'AMF_ERR_TOO_MANY_STRING_BYTES',
    { maxStringBytes: 11 },
  ],
  // [[], [0, 0], [1, 1] …]: each array holds the one before twice, 7 bytes for a doubling
  [
    'references that double 20 times',
    hex(
      `09 2b 01 09 01 01 ${Array.from({ length: 20 }, (_, i) => `09 05 01 ${`09 ${toHex(Uint8Array.of((i + 1) << 1))}`.repeat(2)}`).join('')}`,
    ),
    'AMF_ERR_TOO_MANY_PROPERTIES',
  ],
];

/** A class whose body is a length and that many bytes, then a value. */
const PICTURE: AmfExternalizableClass = {
  read: (input) => [input.bytes.take(input.bytes.u8()).slice(), input.value()],
  write: (output, value) => {
    const [pixels, caption] = value as [Uint8Array, AmfValue];
    output.bytes.u8(pixels.length).bytes(pixels);
    output.value(caption);
  },
};

describe('decodeAmf3', () => {
  it.each([...CANONICAL, ...TOLERATED])('reads %s', (_name, bytes, values) => {
    expect(decodeAmf3(hex(bytes))).toEqual(values);
  });

  it.each(VIOLATIONS)('rejects %s', (_name, bytes, code, options = {}) => {
    expect(() => decodeAmf3(bytes, options)).toThrow(expect.objectContaining({ name: 'AmfError', code }));
  });

  it.each([
    ['an array', '09 ffffffff 01'],
    ['a vector of int', '0d ffffffff 00 00000000'],
    ['a vector of Number', '0f ffffffff 00 00000000'],
    ['a vector of objects', '10 ffffffff 00 01 00'],
    ['a dictionary', '11 ffffffff 00 0101'],
    ['sealed members', '0a ffffffb3 01 01 01'],
  ])('trusts no count over the bytes that are left: %s', (_name, bytes) => {
    expect(() => decodeAmf3(hex(bytes))).toThrow(/^AMF value is cut short: \d+ members declared, \d bytes left/);
  });

  it('rejects every value cut short', () => {
    for (const [, bytes] of CANONICAL) {
      const whole = hex(bytes);
      for (let length = 1; length < whole.length; length++) {
        expect(() => decodeAmf3(whole.subarray(0, length))).toThrow(
          expect.objectContaining({ name: 'AmfError', code: 'AMF_ERR_TRUNCATED' }),
        );
      }
    }
  });

  it('reads an array that contains itself, and writes it again', () => {
    const bytes = hex('09 03 01 09 00');
    const [array] = decodeAmf3(bytes) as [AmfValue[]];
    expect(array[0]).toBe(array);
    expect(toHex(encodeAmf3(array))).toBe(toHex(bytes));
  });

  it.each([
    ['an object', '0a 0b 01 03 61 0a 00 01', (value: AmfValue) => (value as { a: AmfValue }).a],
    ['a vector', '10 03 00 01 10 00', (value: AmfValue) => (value as AmfVector).items[0]],
    ['a dictionary', '11 03 00 11 00 01', (value: AmfValue) => [...(value as AmfDictionary).keys()][0]],
    [
      'an ArrayCollection',
      `0a 07 ${ARRAY_COLLECTION_HEX} 0a 00`,
      (value: AmfValue) => (value as AmfExternalizable).value,
    ],
  ])('reads %s that contains itself, and writes it again', (_name, bytes, inner) => {
    const [value] = decodeAmf3(hex(bytes));
    expect(inner(value)).toBe(value);
    expect(toHex(encodeAmf3(value))).toBe(toHex(hex(bytes)));
  });

  it('gives one object for all references to it', () => {
    const [array] = decodeAmf3(hex('09 05 01 0a 0b 01 01 0a 02')) as [AmfValue[]];
    expect(array[1]).toBe(array[0]);
  });

  it('keeps the traits of an object', () => {
    const [object, array, typed] = decodeAmf3(
      hex('0a 0b 01 01 09 01 03 61 01 01 0a 1b 07 466f6f 03 78 01 03 79 03 01'),
    );
    expect([isAmfObject(object), isEcmaArray(object), traitsOf(object)]).toEqual([true, false, undefined]);
    expect([isAmfObject(array), isEcmaArray(array), traitsOf(array)]).toEqual([true, true, undefined]);
    expect(isAmfObject(typed)).toBe(true);
    expect(traitsOf(typed)).toEqual({ className: 'Foo', sealed: ['x'], dynamic: true });
  });

  it('takes dangerous names for names', () => {
    const proto = '13 5f5f70726f746f5f5f'; // __proto__
    const names = [`0a 0b 01 ${proto} 0a 01 01 01`, `0a 13 01 ${proto} 0a 0b 01 01`, `09 01 ${proto} 09 01 01 01`];
    for (const bytes of names) {
      const [object] = decodeAmf3(hex(bytes));
      expect(Object.getPrototypeOf(object)).toBeNull();
      expect(Object.keys(object as object)).toEqual(['__proto__']);
    }
  });

  it('copies byte arrays out of the message, whatever class that is', () => {
    const message = Buffer.from(hex('0c 07 010203'));
    const [bytes] = decodeAmf3(message);
    message.fill(0);
    expect(bytes).toEqual(hex('010203'));
  });
});

describe('Amf3Decoder', () => {
  it('reads one value at a time, with the references of those before', () => {
    const decoder = new Amf3Decoder(hex('06 03 61 06 00'));
    expect(decoder.next()).toBe('a');
    expect([decoder.offset, decoder.done]).toEqual([3, false]);
    expect(decoder.next()).toBe('a');
    expect(decoder.done).toBe(true);
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'AMF_ERR_TRUNCATED' }));
  });
});

describe('externalizable classes', () => {
  const bytes = hex('09 05 01 0a 07 07 506963 02 aabb 06 03 61 0a 01 00 06 02');

  it('are read and written as registered', () => {
    const [pictures] = decodeAmf3(bytes, { externalizable: { Pic: PICTURE } });
    expect(pictures).toEqual([
      new AmfExternalizable('Pic', [hex('aabb'), 'a'], PICTURE),
      new AmfExternalizable('Pic', [hex(''), 'a'], PICTURE),
    ]);
    expect(toHex(encodeAmf3(pictures))).toBe(toHex(bytes));
  });

  it('may replace the ones known', () => {
    const flex = hex(`0a 07 ${ARRAY_COLLECTION_HEX} 01 aa 01`);
    const [object] = decodeAmf3(flex, { externalizable: { [ARRAY_COLLECTION]: PICTURE } });
    expect(object).toEqual(new AmfExternalizable(ARRAY_COLLECTION, [hex('aa'), null], PICTURE));
  });

  it('fail the message when they fail, with the cause', () => {
    const cause = new Error('no picture');
    const broken: AmfExternalizableClass = {
      read: () => {
        throw cause;
      },
    };
    expect(() => decodeAmf3(bytes, { externalizable: { Pic: broken } })).toThrow(
      expect.objectContaining({ name: 'AmfError', code: 'AMF_ERR_EXTERNALIZABLE_BODY', offset: 9, cause }),
    );
    expect(() => decodeAmf3(bytes.subarray(0, 11), { externalizable: { Pic: PICTURE } })).toThrow(
      expect.objectContaining({ code: 'AMF_ERR_TRUNCATED' }),
    );
  });

  it('are not written when nothing says how', () => {
    expect(() => encodeAmf3([new AmfExternalizable('Foo', 1)])).toThrow(/^values\[0\]\[0\]: nothing writes Foo/);
  });
});

describe('encodeAmf3', () => {
  it.each(CANONICAL)('writes %s', (_name, bytes, values) => {
    expect(toHex(encodeAmf3(...values))).toBe(toHex(hex(bytes)));
  });

  it.each(CANONICAL)('writes %s as it was read', (_name, bytes) => {
    expect(toHex(encodeAmf3(...decodeAmf3(hex(bytes))))).toBe(toHex(hex(bytes)));
  });

  it('shares references among all its values', () => {
    expect(toHex(encodeAmf3('a', 'a', shared, shared))).toBe(toHex(hex('06 03 61 06 00 0a 0b 01 00 04 01 01 0a 00')));
  });

  it('writes undefined for a sealed member that is missing', () => {
    const object = typedObject('Foo', {}, { sealed: ['x'] });
    expect(toHex(encodeAmf3(object))).toBe(toHex(hex('0a 13 07 466f6f 03 78 00')));
  });

  const of = (value: unknown) => value as AmfValue;

  it.each<[string, AmfValue[], RegExp]>([
    ['a function', [1, { a: [of(() => 1)] }], /^values\[1\]\.a\[0\]: AMF3 has no form for a function$/],
    ['a bigint', [of(1n)], /^values\[0\]: .*a bigint/],
    ['a Set', [of(new Set())], /^values\[0\]: .*an instance of Set/],
    ['an empty name', [{ a: { '': 1 } }], /^values\[0\]\.a\.: an empty name/],
    ['an empty name in an array', [ecmaArray({ '': 1 })], /an empty name/],
    [
      'a member its class does not have',
      [typedObject('Foo', { x: 1, y: 2 }, { sealed: ['x'] })],
      /"y" is not a sealed member of Foo/,
    ],
    [
      '300 levels',
      [Array.from({ length: 300 }).reduce<AmfValue>((inner) => [inner], [])],
      /nested more than 256 levels/,
    ],
    ['what is longer than any message', [new Uint8Array(0x1000000)], /longer than 16777215 bytes/],
  ])('refuses %s and says where it is', (_name, values, message) => {
    expect(() => encodeAmf3(...values)).toThrow(AmfUsageError);
    expect(() => encodeAmf3(...values)).toThrow(message);
  });
});

/** Values as JSON would write them: references again and again, until there is a cycle. */
function sizeOf(value: AmfValue, open = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 1;
  if (open.has(value)) return Infinity;
  open.add(value);
  let size = 1;
  for (const member of membersOf(value)) size += sizeOf(member, open);
  open.delete(value);
  return size;
}

function membersOf(value: AmfValue): AmfValue[] {
  if (value instanceof AmfVector) return Array.isArray(value.items) ? value.items : [];
  if (value instanceof AmfDictionary) return [...value].flat();
  if (value instanceof AmfExternalizable) return [value.value];
  return value instanceof AmfXml ? [] : Object.values(value as object);
}

describe('AMF3 from anyone', () => {
  const LIMIT = 20;
  const outcomes = { values: 0, errors: 0 };

  /** Whatever it is: values within the limits, or an AmfError. */
  const tame = (bytes: Uint8Array) => {
    try {
      const values = decodeAmf3(bytes, { maxProperties: LIMIT, externalizable: { Pic: PICTURE } });
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
    const byte = fc.oneof(fc.nat({ max: 0x12 }), fc.constant(1), fc.nat({ max: 0xff }));
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
