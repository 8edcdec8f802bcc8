import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN = /^([0-9a-z]{1,11})\.(?:([A-Za-z0-9_-]{16})\.)?([A-Za-z0-9_-]{22})$/u;
const MAC_BYTES = 16;
const RADIX = 36;
/** Stands in place of a time that never comes. */
const NEVER = '0';

/** What a viewer's own token says. */
export interface HlsVodTicket {
  /** Who was let in: 16 characters of base64url. */
  readonly viewer: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** What the token says that is the same for everybody. */
export const ANYBODY = 'anybody';

/**
 * The part of the URIs of a recording that says that whoever has it was let in. It says who that is, and until when, by
 * itself: nothing has to be kept of viewers, who may pause for as long as they like. Those of an earlier process are good for
 * nothing.
 */
export class HlsVodTokens {
  readonly #secret = randomBytes(32);

  make(recording: string, ticket: HlsVodTicket | typeof ANYBODY): string {
    const said = ticket === ANYBODY ? NEVER : `${ticket.until.toString(RADIX)}.${ticket.viewer}`;
    return `${said}.${this.#sign(recording, said).toString('base64url')}`;
  }

  /** @returns undefined when it is not good, or not any more */
  read(recording: string, token: string, now: number): HlsVodTicket | typeof ANYBODY | undefined {
    const [, time = '', viewer, mac = ''] = TOKEN.exec(token) ?? [];
    const given = Buffer.from(mac, 'base64url');
    const said = viewer === undefined ? time : `${time}.${viewer}`;
    if (given.length !== MAC_BYTES || !timingSafeEqual(given, this.#sign(recording, said))) return undefined;
    if (viewer === undefined) return ANYBODY;
    const until = Number.parseInt(time, RADIX);
    return until > now ? { viewer, until } : undefined;
  }

  #sign(recording: string, said: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${said}\n${recording}`).digest().subarray(0, MAC_BYTES);
  }
}
