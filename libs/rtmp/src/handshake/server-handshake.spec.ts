import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DELIVERIES } from '#test/deliver';
import { hex, toHex } from '#test/hex';
import { DIGEST_KEYS, digestPosition, findDigest, signPacket } from './digest.js';
import { randomHandshakeBytes } from './handshake-random.js';
import { ServerHandshake } from './server-handshake.js';

const LENGTH = 1536;
const ANSWER = 1 + 2 * LENGTH;

/** C1 of the digest vectors, unsigned. */
function c1(version = [9, 0, 0x7c, 2]): Uint8Array {
  return Uint8Array.from({ length: LENGTH }, (_, i) => (i < 4 ? 0 : i < 8 ? version[i - 4]! : (7 * i + 3) & 0xff));
}

function signedC1(scheme: 8 | 772, version?: number[]): Uint8Array {
  const bytes = c1(version);
  signPacket(bytes, scheme, DIGEST_KEYS.clientName);
  return bytes;
}

const C2 = new Uint8Array(LENGTH).fill(0x22);

/** What the vectors have where real S1 and S2 are random. */
function vectorBytes(bytes: Uint8Array): void {
  const isS1 = bytes.length < LENGTH;
  for (let i = 0; i < bytes.length; i++) bytes[i] = isS1 ? 5 * (i + 8) + 1 : i < 8 ? 0 : 3 * i + 9;
}

interface Result {
  output: string;
  outputs: number;
  surplus: string;
  isDone: boolean;
}

/** Receives pieces that are overwritten afterwards; what it does not take is the chunk layer's. */
function shake(pieces: Uint8Array[], random: (bytes: Uint8Array) => void = vectorBytes): Result {
  const handshake = new ServerHandshake(random);
  const result: Result = { output: '', outputs: 0, surplus: '', isDone: false };
  for (const piece of pieces) {
    if (handshake.isDone) {
      result.surplus += toHex(piece);
      continue;
    }
    const received = piece.slice();
    const taken = handshake.receive(received);
    result.surplus += toHex(received.subarray(taken));
    if (taken < received.length) expect(handshake.isDone).toBe(true);
    received.fill(0xee);
    if (handshake.output !== undefined) {
      result.output = toHex(handshake.output);
      result.outputs++;
      handshake.output = undefined;
    }
  }
  result.isDone = handshake.isDone;
  return result;
}

const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** S1 and S2 of a simple answer. */
function expectSimple(output: string, c1: Uint8Array): void {
  const bytes = hex(output);
  expect(bytes).toHaveLength(ANSWER);
  expect(bytes[0]).toBe(3);
  expect(toHex(bytes.subarray(1, 9))).toBe('0000000000000000');
  expect(toHex(bytes.subarray(1 + LENGTH))).toBe(toHex(c1));
  expect(findDigest(bytes.subarray(1, 1 + LENGTH), DIGEST_KEYS.serverName)).toBeUndefined();
}

/** A digest answer, checked by the formulas and not by the code under test. */
function expectDigest(output: string, scheme: 8 | 772, c1: Uint8Array): void {
  const bytes = hex(output);
  const s1 = bytes.subarray(1, 1 + LENGTH);
  const s2 = bytes.subarray(1 + LENGTH);
  expect(bytes).toHaveLength(ANSWER);
  expect(bytes[0]).toBe(3);
  expect(toHex(s1.subarray(0, 8))).toBe('0000000004050001');
  const at = scheme + 4 + ((s1[scheme]! + s1[scheme + 1]! + s1[scheme + 2]! + s1[scheme + 3]!) % 728);
  const signed = Buffer.concat([s1.subarray(0, at), s1.subarray(at + 32)]);
  const serverName = 'Genuine Adobe Flash Media Server 001';
  expect(toHex(s1.subarray(at, at + 32))).toBe(createHmac('sha256', serverName).update(signed).digest('hex'));

  const c1At = digestPosition(c1, scheme);
  const key = createHmac('sha256', DIGEST_KEYS.server)
    .update(c1.subarray(c1At, c1At + 32))
    .digest();
  expect(toHex(s2.subarray(1504))).toBe(createHmac('sha256', key).update(s2.subarray(0, 1504)).digest('hex'));
}

const SURPLUS = hex('02 000000 000004 01 00000000 00001000');

describe.each(DELIVERIES)('ServerHandshake, bytes delivered %s', (_how, cut) => {
  it('answers a plain C1 with its echo', () => {
    const sent = c1([0, 0, 0, 0]);
    const { output, outputs, surplus, isDone } = shake(cut(join(hex('03'), sent, C2, SURPLUS)));
    expectSimple(output, sent);
    expect(outputs).toBe(1);
    expect(surplus).toBe(toHex(SURPLUS));
    expect(isDone).toBe(true);
  });

  it.each([8, 772] as const)('answers a C1 signed in scheme base %i with digests', (scheme) => {
    const sent = signedC1(scheme);
    const { output, outputs, surplus, isDone } = shake(cut(join(hex('03'), sent, C2, SURPLUS)));
    expectDigest(output, scheme, sent);
    expect(outputs).toBe(1);
    expect(surplus).toBe(toHex(SURPLUS));
    expect(isDone).toBe(true);
  });

  it('answers with the digests of the vectors', () => {
    const { output } = shake(cut(join(hex('03'), signedC1(8), C2)));
    const digest = '79f875ce5f19892dc8da64e012dea5ee470460fd8f3c2004a75e6d859792fad2';
    const tail = '1a868f29b4588cee2b1478aedf1b37ca73bd953b320a23f5b37ddaa512060298';
    expect(output.slice(2 * (1 + 206), 2 * (1 + 206 + 32))).toBe(digest);
    expect(output.slice(-64)).toBe(tail);
  });

  it.each([
    ['a version but no digest', c1()],
    ['a version and a digest of the server’s', wronglySigned()],
    ['a digest but no version', signedC1(8, [0, 0, 0, 0])],
  ])('falls back to the plain answer for a C1 with %s', (_name, sent) => {
    const { output, isDone } = shake(cut(join(hex('03'), sent, C2)));
    expectSimple(output, sent);
    expect(isDone).toBe(true);
  });

  it('answers the C1 of FFmpeg with digests and leaves the chunks behind its C2', () => {
    const bytes = new Uint8Array(readFileSync('test/fixtures/hevc_opus.rtmpcap')).subarray(0, 1 + 2 * LENGTH + 200);
    const { output, surplus, isDone } = shake(cut(bytes));
    expectDigest(output, 8, bytes.subarray(1, 1 + LENGTH));
    expect(surplus).toBe(toHex(bytes.subarray(1 + 2 * LENGTH)));
    expect(isDone).toBe(true);
  });

  it('does not ask what C2 says: GStreamer and FFmpeg put other things there', () => {
    for (const byte of [0, 0xff]) {
      expect(shake(cut(join(hex('03'), c1(), new Uint8Array(LENGTH).fill(byte)))).isDone).toBe(true);
    }
  });

  it('is not done one byte before the end of C2', () => {
    const { output, isDone, surplus } = shake(cut(join(hex('03'), c1(), C2.subarray(1))));
    expect(output).not.toBe('');
    expect(isDone).toBe(false);
    expect(surplus).toBe('');
  });

  it('does not answer before C1 is complete', () => {
    expect(shake(cut(join(hex('03'), c1().subarray(1)))).outputs).toBe(0);
  });

  it.each([
    [0, 'the first byte is not an RTMP version: 0, must be 3'],
    [2, 'the first byte is not an RTMP version: 2, must be 3'],
    [6, 'the first byte is not an RTMP version: 6, must be 3 (RTMPE, use RTMPS)'],
    [8, 'the first byte is not an RTMP version: 8, must be 3 (RTMPE, use RTMPS)'],
    [22, 'the first byte is not an RTMP version: 22, must be 3 (TLS: is this an RTMPS client on the RTMP port?)'],
    [71, 'the first byte is not an RTMP version: 71, must be 3 (text: is this an HTTP client on the RTMP port?)'],
    [255, 'the first byte is not an RTMP version: 255, must be 3'],
  ])('refuses version %i by its first byte', (version, message) => {
    const handshake = new ServerHandshake(vectorBytes);
    const [first] = cut(join(Uint8Array.of(version), c1()));
    const wanted = { name: 'RtmpProtocolError', code: 'RTMP_ERR_VERSION', message: expect.stringContaining(message) };
    expect(() => handshake.receive(first!)).toThrow(expect.objectContaining(wanted));
    expect(handshake.output).toBeUndefined();
  });
});

it('does not take fright at no bytes', () => {
  expect(shake([new Uint8Array(0), hex('03'), new Uint8Array(0), c1(), new Uint8Array(0), C2]).isDone).toBe(true);
});

it('asks for random bytes and fills S1 and a signed S2 with them', () => {
  const plain = shake([join(hex('03'), c1([0, 0, 0, 0]))], randomHandshakeBytes).output;
  const again = shake([join(hex('03'), c1([0, 0, 0, 0]))], randomHandshakeBytes).output;
  expect(plain.slice(18, 200)).not.toBe(again.slice(18, 200));
  const signed = shake([join(hex('03'), signedC1(8))], randomHandshakeBytes).output;
  expectDigest(signed, 8, signedC1(8));
  expect(signed.slice(2 * (1 + LENGTH), 2 * (1 + LENGTH) + 64)).not.toBe('00'.repeat(32));
});

function wronglySigned(): Uint8Array {
  const bytes = c1();
  signPacket(bytes, 8, DIGEST_KEYS.serverName);
  return bytes;
}
