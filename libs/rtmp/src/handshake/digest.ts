import { createHmac } from 'node:crypto';

/** Bytes of C1, S1, C2 and S2 (RTMP 1.0 §5.2.3, §5.2.4). */
export const HANDSHAKE_LENGTH = 1536;
const DIGEST_LENGTH = 32;

const KEY_TAIL = Buffer.from('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae', 'hex');
const CLIENT_NAME = Buffer.from('Genuine Adobe Flash Player 001');
const SERVER_NAME = Buffer.from('Genuine Adobe Flash Media Server 001');

/** Keys of Adobe's digest handshake; public constants, not part of the specification. */
export const DIGEST_KEYS = {
  clientName: CLIENT_NAME,
  client: Buffer.concat([CLIENT_NAME, KEY_TAIL]),
  serverName: SERVER_NAME,
  server: Buffer.concat([SERVER_NAME, KEY_TAIL]),
} as const;

/** Where the four offset bytes of the digest block stand: the block comes first or second. */
export const DIGEST_SCHEMES = [772, 8] as const;
export type DigestScheme = (typeof DIGEST_SCHEMES)[number];

/** Position of the digest in C1 or S1. */
export function digestPosition(packet: Uint8Array, scheme: DigestScheme): number {
  const sum = packet[scheme]! + packet[scheme + 1]! + packet[scheme + 2]! + packet[scheme + 3]!;
  return scheme + 4 + (sum % 728);
}

/** Digest over a C1 or S1 without the 32 bytes at `position`. */
export function packetDigest(packet: Uint8Array, position: number, key: Uint8Array): Uint8Array {
  return createHmac('sha256', key)
    .update(packet.subarray(0, position))
    .update(packet.subarray(position + DIGEST_LENGTH, HANDSHAKE_LENGTH))
    .digest();
}

/** The scheme and digest of a signed C1 or S1; undefined when it carries none. */
export function findDigest(
  packet: Uint8Array,
  key: Uint8Array,
): { scheme: DigestScheme; digest: Uint8Array } | undefined {
  for (const scheme of DIGEST_SCHEMES) {
    const position = digestPosition(packet, scheme);
    const digest = packet.slice(position, position + DIGEST_LENGTH);
    if (Buffer.compare(digest, packetDigest(packet, position, key)) === 0) return { scheme, digest };
  }
  return undefined;
}

/** Writes the digest into a C1 or S1 made of arbitrary bytes, and returns it. */
export function signPacket(packet: Uint8Array, scheme: DigestScheme, key: Uint8Array): Uint8Array {
  const position = digestPosition(packet, scheme);
  const digest = packetDigest(packet, position, key);
  packet.set(digest, position);
  return digest;
}

/** Writes the 32-byte tail of a C2 or S2 that answers a peer's digest. */
export function signAnswer(packet: Uint8Array, peerDigest: Uint8Array, key: Uint8Array): void {
  const answerKey = createHmac('sha256', key).update(peerDigest).digest();
  const end = HANDSHAKE_LENGTH - DIGEST_LENGTH;
  packet.set(createHmac('sha256', answerKey).update(packet.subarray(0, end)).digest(), end);
}
