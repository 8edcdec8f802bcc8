import { randomFillSync } from 'node:crypto';

/** Asking for many bytes at a time costs a fifth. */
const pool = new Uint8Array(32 * 1024);
let used = pool.length;

/** Fills the random part of S1 and S2 (RTMP 1.0 §5.2.3); the one place in the cores that asks for random bytes. */
export function randomHandshakeBytes(bytes: Uint8Array): void {
  if (bytes.length > pool.length - used) {
    randomFillSync(pool);
    used = 0;
  }
  bytes.set(pool.subarray(used, used + bytes.length));
  used += bytes.length;
}
