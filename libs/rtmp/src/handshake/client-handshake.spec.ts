import { createHmac } from 'node:crypto';
import { DELIVERIES } from '#test/deliver';
import { hex, toHex } from '#test/hex';
import { ClientHandshake } from './client-handshake.js';
import { DIGEST_KEYS, signPacket } from './digest.js';

const LENGTH = 1536;

/** What the vectors have where real packets are random. */
function vectorBytes(bytes: Uint8Array): void {
  const isC1 = bytes.length < LENGTH;
  for (let i = 0; i < bytes.length; i++) bytes[i] = isC1 ? 7 * (i + 8) + 3 : 3 * i + 9;
}

/** S1 of the digest vectors, unsigned. */
const s1 = (version = [4, 5, 0, 1]) =>
  Uint8Array.from({ length: LENGTH }, (_, i) => (i < 4 ? 0 : i < 8 ? version[i - 4]! : (5 * i + 1) & 0xff));

const answer = (packet: Uint8Array) => Uint8Array.from([3, ...packet, ...new Uint8Array(LENGTH).fill(0x52)]);

/** Feeds pieces; C2 and what was left for the chunk layer. */
function shake(handshake: ClientHandshake, pieces: Uint8Array[]): { c2: Uint8Array | undefined; surplus: string } {
  handshake.output = undefined;
  let surplus = '';
  let c2: Uint8Array | undefined;
  for (const piece of pieces) {
    const received = piece.slice();
    const taken = handshake.isDone ? 0 : handshake.receive(received);
    surplus += toHex(received.subarray(taken));
    received.fill(0xee);
    c2 ??= handshake.output;
  }
  return { c2, surplus };
}

it('begins with version 3 and an unsigned C1 whose version is 0 (§5.2.3)', () => {
  const { output } = new ClientHandshake(vectorBytes);
  expect(output).toHaveLength(1 + LENGTH);
  expect(toHex(output!.subarray(0, 13))).toBe('0300000000000000003b424950');
});

it('signs C1 when it is told to: the vector two other implementations agree about', () => {
  const { output } = new ClientHandshake(vectorBytes, true);
  expect(toHex(output!.subarray(0, 9))).toBe('030000000009007c02');
  const digest = '612af37c38c4a1b74e5737fc4021ded17ed92a9431c19bc665cf421131bad8a6';
  expect(toHex(output!.subarray(1 + 290, 1 + 290 + 32))).toBe(digest);
});

describe.each(DELIVERIES)('an answer delivered %s', (_name, cut) => {
  it('is echoed when it is not signed, and what follows it is left alone', () => {
    const handshake = new ClientHandshake(vectorBytes);
    const packet = s1([3, 5, 1, 1]);
    const { c2, surplus } = shake(handshake, cut(Uint8Array.from([...answer(packet), 0x02, 0x00])));
    expect(toHex(c2!)).toBe(toHex(packet));
    expect(surplus).toBe('0200');
    expect(handshake.isDone).toBe(true);
  });

  it('is answered with a signature when it is signed', () => {
    const handshake = new ClientHandshake(vectorBytes, true);
    const packet = s1();
    const digest = signPacket(packet, 8, DIGEST_KEYS.serverName);
    expect(toHex(digest)).toBe('79f875ce5f19892dc8da64e012dea5ee470460fd8f3c2004a75e6d859792fad2');
    const { c2 } = shake(handshake, cut(answer(packet)));
    // By the rule of the handshake, with the key as it is published.
    const tail = 'f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae';
    const key = Buffer.concat([Buffer.from('Genuine Adobe Flash Player 001'), hex(tail)]);
    const answerKey = createHmac('sha256', key).update(digest).digest();
    const signature = createHmac('sha256', answerKey).update(c2!.subarray(0, 1504)).digest('hex');
    expect(toHex(c2!.subarray(1504))).toBe(signature);
  });
});

it.each([
  [0x48, 'HTTP'],
  [0x15, 'TLS'],
  [0x16, 'TLS'],
  [6, 'must be 3'],
])('refuses a server that begins with %i', (version, hint) => {
  const handshake = new ClientHandshake(vectorBytes);
  const refusal = { code: 'RTMP_ERR_VERSION', message: expect.stringContaining(hint) as string };
  expect(() => handshake.receive(Uint8Array.of(version))).toThrow(expect.objectContaining(refusal));
});
