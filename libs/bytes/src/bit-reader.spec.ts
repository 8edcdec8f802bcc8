import * as fc from 'fast-check';
import { hex } from '#test/hex';
import { BitReader } from './bit-reader.js';

/** Bytes of a bit string, filled up with zero bits. */
const bits = (text: string) => {
  const padded = text.replace(/ /g, '');
  return Uint8Array.from(padded.match(/.{1,8}/g) ?? [], (byte) => parseInt(byte.padEnd(8, '0'), 2));
};

class Short extends Error {}
const short = (detail: string) => new Short(detail);

/** H.264 tables 9-2 and 9-3. */
const EXP_GOLOMB: Array<[string, number, number]> = [
  ['1', 0, 0],
  ['010', 1, 1],
  ['011', 2, -1],
  ['00100', 3, 2],
  ['00101', 4, -2],
  ['00110', 5, 3],
  ['00111', 6, -3],
  ['0001000', 7, 4],
  ['0001001', 8, -4],
  ['0001010', 9, 5],
  ['000000001 00000000', 255, 128],
  [`${'0'.repeat(31)}1${'1'.repeat(31)}`, 2 ** 32 - 2, -(2 ** 31 - 1)],
];

describe('BitReader', () => {
  it('reads fields of every width at every alignment', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc
            .nat(32)
            .chain((width) => fc.tuple(fc.constant(width), fc.bigInt({ min: 0n, max: 2n ** BigInt(width) - 1n }))),
          { maxLength: 20 },
        ),
        (fields) => {
          const text = fields.map(([width, value]) => (width ? value.toString(2).padStart(width, '0') : '')).join('');
          const reader = new BitReader(bits(text), short);
          for (const [width, value] of fields) expect(reader.u(width)).toBe(Number(value));
          expect(reader.remaining).toBeLessThan(8);
        },
      ),
      { seed: 1, numRuns: 1000 },
    );
  });

  it.each(EXP_GOLOMB)('reads the Exp-Golomb code %s as %p and %p', (code, unsigned, signed) => {
    for (const before of ['', '1', '000', '1111111']) {
      const bytes = bits(before + code);
      const ue = new BitReader(bytes, short);
      ue.skip(before.length);
      expect(ue.ue()).toBe(unsigned);
      expect(ue.remaining).toBe(bytes.length * 8 - before.length - code.replace(/ /g, '').length);
      const se = new BitReader(bytes, short);
      se.skip(before.length);
      expect(se.se()).toBe(signed);
    }
  });

  it('reads flags', () => {
    const reader = new BitReader(hex('a0'));
    expect([reader.flag(), reader.flag(), reader.flag(), reader.flag()]).toEqual([true, false, true, false]);
  });

  it.each<[string, string, (reader: BitReader) => unknown]>([
    ['u past the end', 'ff', (reader) => reader.u(9)],
    ['flag past the end', '', (reader) => reader.flag()],
    ['skip past the end', 'ff', (reader) => reader.skip(9)],
    ['skip backwards', 'ff', (reader) => reader.skip(-1)],
    ['ue at the end', '', (reader) => reader.ue()],
    ['ue with no one bit', '0000', (reader) => reader.ue()],
    ['ue cut in its suffix', '08', (reader) => reader.ue()],
    ['ue of 32 leading zero bits', '00000000ffffffffff', (reader) => reader.ue()],
    ['ue of a megabyte of zeros', '00'.repeat(1 << 20), (reader) => reader.ue()],
  ])('throws the error of its owner: %s', (_name, bytes, read) => {
    expect(() => read(new BitReader(hex(bytes), short))).toThrow(Short);
    expect(() => read(new BitReader(hex(bytes)))).toThrow(RangeError);
  });

  it.each([33, -1, NaN])('u(%p) is a mistake of the caller', (count) => {
    expect(() => new BitReader(hex('0000000000'), short).u(count)).toThrow(RangeError);
  });
});
