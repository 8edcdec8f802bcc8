import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toHex } from '#test/hex';
import {
  DIGEST_KEYS,
  DIGEST_SCHEMES,
  digestPosition,
  findDigest,
  HANDSHAKE_LENGTH,
  packetDigest,
  signAnswer,
  signPacket,
} from './digest.js';

/** 1536 bytes: eight given ones, then `byte(i)`. */
function packet(head: number[], byte: (i: number) => number): Uint8Array {
  return Uint8Array.from({ length: HANDSHAKE_LENGTH }, (_, i) => (i < 8 ? head[i]! : byte(i) & 0xff));
}

/** The vectors' C1, S1 and S2, which two other implementations agree about. */
const c1 = () => packet([0, 0, 0, 0, 9, 0, 0x7c, 2], (i) => 7 * i + 3);
const s1 = () => packet([0, 0, 0, 0, 4, 5, 0, 1], (i) => 5 * i + 1);
const s2 = () => packet([0, 0, 0, 0, 0, 0, 0, 0], (i) => 3 * i + 9);

const C1_BASE_8 = '612af37c38c4a1b74e5737fc4021ded17ed92a9431c19bc665cf421131bad8a6';
const C1_BASE_772 = 'e6a7fbdda4aab503b4e693e92d6f18d9d4b89f3ef0e95fffe767a4830aa37109';

describe('the digest of a packet', () => {
  it.each([
    ['C1, scheme base 8', c1(), 8, DIGEST_KEYS.clientName, 290, C1_BASE_8],
    ['C1, scheme base 772', c1(), 772, DIGEST_KEYS.clientName, 942, C1_BASE_772],
    [
      'S1, scheme base 8',
      s1(),
      8,
      DIGEST_KEYS.serverName,
      206,
      '79f875ce5f19892dc8da64e012dea5ee470460fd8f3c2004a75e6d859792fad2',
    ],
  ] as const)('%s', (_name, bytes, scheme, key, position, digest) => {
    const before = toHex(bytes);
    expect(digestPosition(bytes, scheme)).toBe(position);
    expect(toHex(packetDigest(bytes, position, key))).toBe(digest);
    expect(toHex(bytes)).toBe(before);

    expect(toHex(signPacket(bytes, scheme, key))).toBe(digest);
    expect(toHex(bytes)).toBe(before.slice(0, 2 * position) + digest + before.slice(2 * position + 64));
    expect(findDigest(bytes, key)).toEqual({ scheme, digest: new Uint8Array(Buffer.from(digest, 'hex')) });
  });

  it('of another side is none', () => {
    const bytes = c1();
    signPacket(bytes, 8, DIGEST_KEYS.clientName);
    expect(findDigest(bytes, DIGEST_KEYS.serverName)).toBeUndefined();
    expect(findDigest(bytes, DIGEST_KEYS.client)).toBeUndefined();
  });

  it.each(DIGEST_SCHEMES)('does not hold for a packet with one bit changed (scheme base %i)', (scheme) => {
    const signed = c1();
    signPacket(signed, scheme, DIGEST_KEYS.clientName);
    for (const at of [0, 4, 7, 100, digestPosition(signed, scheme), digestPosition(signed, scheme) + 31, 1000, 1535]) {
      const changed = signed.slice();
      changed[at]! ^= 0x40;
      expect(findDigest(changed, DIGEST_KEYS.clientName)).toBeUndefined();
    }
  });

  it('is found wherever the offset bytes put it, up to the last place', () => {
    for (const scheme of DIGEST_SCHEMES) {
      for (const sum of [0, 1, 255, 727, 728, 1020]) {
        const bytes = c1();
        for (let i = 0, rest = sum; i < 4; rest -= bytes[scheme + i]!, i++) bytes[scheme + i] = Math.min(255, rest);
        expect(digestPosition(bytes, scheme)).toBe(scheme + 4 + (sum % 728));
        expect(digestPosition(bytes, scheme) + 32).toBeLessThanOrEqual(scheme + 764);
        signPacket(bytes, scheme, DIGEST_KEYS.clientName);
        expect(findDigest(bytes, DIGEST_KEYS.clientName)?.scheme).toBe(scheme);
      }
    }
  });

  it('is in the C1 that FFmpeg sends, in scheme base 8', () => {
    const sent = new Uint8Array(readFileSync('test/fixtures/av1_opus.rtmpcap')).subarray(1, 1 + HANDSHAKE_LENGTH);
    expect(findDigest(sent, DIGEST_KEYS.clientName)?.scheme).toBe(8);
  });
});

describe('the tail of an answer', () => {
  it('of the server, to a C1 of scheme base 8', () => {
    const bytes = s2();
    const before = toHex(bytes);
    signAnswer(bytes, Buffer.from(C1_BASE_8, 'hex'), DIGEST_KEYS.server);
    const tail = '1a868f29b4588cee2b1478aedf1b37ca73bd953b320a23f5b37ddaa512060298';
    expect(toHex(bytes)).toBe(before.slice(0, 2 * 1504) + tail);
  });

  it('of the client mirrors it with the client’s key', () => {
    const bytes = s2();
    const digest = Buffer.alloc(32, 7);
    signAnswer(bytes, digest, DIGEST_KEYS.client);
    const key = createHmac('sha256', DIGEST_KEYS.client).update(digest).digest();
    const tail = createHmac('sha256', key).update(s2().subarray(0, 1504)).digest('hex');
    expect(toHex(bytes.subarray(1504))).toBe(tail);
  });
});

it('has keys of the lengths Adobe uses', () => {
  expect(DIGEST_KEYS.clientName).toHaveLength(30);
  expect(DIGEST_KEYS.client).toHaveLength(62);
  expect(DIGEST_KEYS.serverName).toHaveLength(36);
  expect(DIGEST_KEYS.server).toHaveLength(68);
});
