import { RtmptUsageError } from './errors.js';

/** So many unpredictable bytes, e.g. `randomBytes` of node:crypto. */
export type RandomSource = (length: number) => Uint8Array;

/** 144 bits: whoever knows a session ID owns the session. */
const RANDOM_BYTES = 18;

/** Characters of a session ID. FFmpeg takes up to 63. */
export const SESSION_ID_LENGTH = 24;

/** A session ID nobody can guess, of characters that are safe in a path. */
export function createSessionId(random: RandomSource): string {
  const bytes = random(RANDOM_BYTES);
  if (bytes.length !== RANDOM_BYTES) {
    throw new RtmptUsageError(`random(${RANDOM_BYTES}) gave ${bytes.length} bytes`);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

/** Enough of a session ID to find it in a log, not enough to use it. */
export function abbreviateSessionId(id: string): string {
  return JSON.stringify(`${id.slice(0, 6)}…`);
}
