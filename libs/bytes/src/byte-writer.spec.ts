import * as fc from 'fast-check';
import { hex, toHex } from '#test/hex';
import { ByteWriter } from './byte-writer.js';

const WRITES: Array<[string, (writer: ByteWriter) => unknown, string]> = [
  ['u8', (writer) => writer.u8(0xab), 'ab'],
  ['u16', (writer) => writer.u16(0xabcd), 'abcd'],
  ['u24', (writer) => writer.u24(0xabcdef), 'abcdef'],
  ['u24 of a negative number', (writer) => writer.u24(-40), 'ffffd8'],
  ['u32 with the top bit set', (writer) => writer.u32(0xfffefdfc), 'fffefdfc'],
  ['u32 of a negative number', (writer) => writer.u32(-1), 'ffffffff'],
  ['u32le', (writer) => writer.u32le(12345), '39300000'],
  ['double', (writer) => writer.double(-1.5), 'bff8000000000000'],
  ['utf8', (writer) => writer.utf8('\u00e9\u20ac\u{1f600}'), 'c3a9e282acf09f9880'],
  ['utf8 with a lone surrogate', (writer) => writer.utf8('a\ud800b'), '61efbfbd62'],
  ['bytes', (writer) => writer.bytes(hex('010203')), '010203'],
];

describe('ByteWriter', () => {
  it.each(WRITES)('writes %s', (_name, write, expected) => {
    const writer = new ByteWriter();
    write(writer);
    expect(toHex(writer.finish())).toBe(expected);
    expect(writer.length).toBe(expected.length / 2);
  });

  it.each([0, 1, 5])('grows from a capacity of %p', (capacity) => {
    const writer = new ByteWriter(capacity);
    for (const [, write] of WRITES) write(writer);
    expect(toHex(writer.finish())).toBe(WRITES.map(([, , expected]) => expected).join(''));
  });

  it('holds what was written, whatever the sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 8 }), (pieces) => {
        const writer = new ByteWriter();
        for (const piece of pieces) writer.bytes(piece);
        expect(toHex(writer.finish())).toBe(pieces.map(toHex).join(''));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('finishes with a plain Uint8Array of its own, which later writes do not change', () => {
    const writer = new ByteWriter().u8(1);
    const first = writer.finish();
    writer.u8(2);
    expect(first.constructor).toBe(Uint8Array);
    expect(first.buffer.byteLength).toBe(1);
    expect(toHex(writer.finish())).toBe('0102');
  });
});
