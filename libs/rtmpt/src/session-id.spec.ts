import { randomBytes } from 'node:crypto';
import { abbreviateSessionId, createSessionId, SESSION_ID_LENGTH } from './session-id.js';

describe('createSessionId', () => {
  it('writes 144 bits in characters that are safe in a path', () => {
    expect(createSessionId((length) => new Uint8Array(length).fill(0xff))).toBe('_'.repeat(24));
    expect(createSessionId((length) => new Uint8Array(length).fill(0xfb))).toBe('-_v7'.repeat(6));
    const ids = Array.from({ length: 1000 }, () => createSessionId(randomBytes));
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^[\w-]{24}$/);
    expect(SESSION_ID_LENGTH).toBeLessThan(64); // FFmpeg's buffer
  });

  it('uses each bit it asks for', () => {
    const id = (bit: number) =>
      createSessionId((length) => {
        const bytes = new Uint8Array(length);
        if (bit >= 0) bytes[bit >> 3] = 0x80 >> (bit & 7);
        return bytes;
      });
    expect(new Set(Array.from({ length: 145 }, (_, i) => id(i - 1))).size).toBe(145);
  });

  it.each([0, 1, 17, 19])('does not do with %p random bytes', (length) => {
    expect(() => createSessionId(() => new Uint8Array(length))).toThrow(`random(18) gave ${length} bytes`);
  });

  it('is cut short for logs', () => {
    expect(abbreviateSessionId('abcdefghijklmnopqrstuvwx')).toBe('"abcdef…"');
    expect(abbreviateSessionId('\n"')).toBe('"\\n\\"…"');
  });
});
