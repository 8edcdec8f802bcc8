import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{22})$/u;
const MAC_BYTES = 16;
const RADIX = 36;
/** Stands in place of a time that never comes. */
const NEVER = '0';

/**
 * The part of the URIs of a recording that says that whoever has it was let in. It says until when by itself: nothing is
 * kept of viewers, who may pause for as long as they like. Those of an earlier process are good for nothing.
 */
export class HlsVodTokens {
  readonly #secret = randomBytes(32);

  /** @param until milliseconds since 1970; undefined for one that is the same for everybody */
  make(recording: string, until: number | undefined): string {
    const time = until === undefined ? NEVER : until.toString(RADIX);
    return `${time}.${this.#sign(recording, time).toString('base64url')}`;
  }

  isGood(recording: string, token: string, now: number): boolean {
    const [, time = '', mac = ''] = TOKEN.exec(token) ?? [];
    const given = Buffer.from(mac, 'base64url');
    if (given.length !== MAC_BYTES || !timingSafeEqual(given, this.#sign(recording, time))) return false;
    return time === NEVER || Number.parseInt(time, RADIX) > now;
  }

  #sign(recording: string, time: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${time}\n${recording}`).digest().subarray(0, MAC_BYTES);
  }
}
