import { hex } from '#test/hex';
import { ByteReader } from './byte-reader.js';

class Short extends Error {
  constructor(
    detail: string,
    readonly offset: number,
  ) {
    super(detail);
  }
}

const READS: Array<[string, string, (reader: ByteReader) => unknown, unknown]> = [
  ['u8', 'ff', (reader) => reader.u8(), 255],
  ['u16', 'fffe', (reader) => reader.u16(), 65534],
  ['u24', 'fffefd', (reader) => reader.u24(), 0xfffefd],
  ['s24, positive', '7fffff', (reader) => reader.s24(), 8388607],
  ['s24, negative', 'ffffd8', (reader) => reader.s24(), -40],
  ['s24, least', '800000', (reader) => reader.s24(), -8388608],
  ['u32 with the top bit set', 'fffefdfc', (reader) => reader.u32(), 0xfffefdfc],
  ['double', 'bff8000000000000', (reader) => reader.double(), -1.5],
  ['utf8', 'c3a9e282acf09f9880', (reader) => reader.utf8(9), '\u00e9\u20ac\u{1f600}'],
  ['utf8 with a byte order mark', 'efbbbf61', (reader) => reader.utf8(4), '\ufeffa'],
  ['utf8 that is not', '61ff62', (reader) => reader.utf8(3), 'a\ufffdb'],
  ['utf8 of nothing', '', (reader) => reader.utf8(0), ''],
  ['take', '010203', (reader) => reader.take(3), hex('010203')],
  ['skip', '010203', (reader) => reader.skip(3), undefined],
];

describe('ByteReader', () => {
  it.each(READS)('reads %s', (_name, bytes, read, value) => {
    const reader = new ByteReader(hex(bytes));
    expect(read(reader)).toEqual(value);
    expect(reader.remaining).toBe(0);
  });

  it.each(READS)('reads %s from the middle of a larger buffer', (_name, bytes, read, value) => {
    const inner = hex(bytes);
    const reader = new ByteReader(hex(`aabbcc${bytes}dd`).subarray(3, 3 + inner.length));
    expect(read(reader)).toEqual(value);
    expect(() => reader.u8()).toThrow(RangeError);
  });

  it.each(READS.filter(([, bytes]) => bytes !== ''))(
    'throws the error of its owner when %s is one byte short, and stays where it was',
    (_name, bytes, read) => {
      const reader = new ByteReader(hex(`00${bytes}`).subarray(0, -1), (detail, offset) => new Short(detail, offset));
      reader.u8();
      expect(() => read(reader)).toThrow(Short);
      expect(() => read(reader)).toThrow(expect.objectContaining({ offset: 1 }));
      expect(reader.offset).toBe(1);
    },
  );

  it.each([-1, NaN, Infinity, 2 ** 32])('refuses a length of %p', (length) => {
    const reader = new ByteReader(hex('0102'));
    reader.u8();
    expect(() => reader.take(length)).toThrow('1 left at byte 1');
    expect(reader.offset).toBe(1);
  });

  it('gives views of the input, not copies', () => {
    const bytes = hex('010203');
    expect(new ByteReader(bytes).take(2).buffer).toBe(bytes.buffer);
  });

  it('peeks without moving', () => {
    const reader = new ByteReader(hex('07'));
    expect(reader.peek()).toBe(7);
    expect(reader.u8()).toBe(7);
    expect(reader.peek()).toBeUndefined();
  });
});
