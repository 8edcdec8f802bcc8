import { randomFillSync } from 'node:crypto';

/** Fills the random part of S1 and S2 (RTMP 1.0 §5.2.3); the one place in the cores that asks for random bytes. */
export function randomHandshakeBytes(bytes: Uint8Array): void {
  randomFillSync(bytes);
}
