import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Name of the cookie of those who logged in. */
export const SESSION_COOKIE = 'nest_rtmp_admin';

/**
 * The admin credential: compares tokens without telling by time how much was right, and makes sessions.
 * A session is a signed time, so that nothing is kept for it; another token ends all of them.
 */
export class AdminCredential {
  readonly #digest: Buffer;
  readonly #signingKey: Buffer;

  constructor(
    token: string,
    /** Milliseconds. */
    private readonly sessionLifetime: number,
  ) {
    this.#digest = sha256(token);
    this.#signingKey = createHmac('sha256', token).update('nest-rtmp admin session').digest();
  }

  isToken(offered: string): boolean {
    return timingSafeEqual(sha256(offered), this.#digest);
  }

  /** What to put into the cookie. @param now milliseconds since 1970 */
  createSession(now: number): string {
    const claim = `${(now + this.sessionLifetime).toString(36)}.${randomBytes(9).toString('base64url')}`;
    return `${claim}.${this.#sign(claim)}`;
  }

  /** When a session of ours ends, in milliseconds since 1970; undefined of one that is not ours. */
  endOf(session: string): number | undefined {
    const at = session.lastIndexOf('.');
    const claim = session.slice(0, Math.max(at, 0));
    const isSigned = timingSafeEqual(sha256(session.slice(at + 1)), sha256(this.#sign(claim)));
    return isSigned ? parseInt(claim, 36) : undefined;
  }

  #sign(claim: string): string {
    return createHmac('sha256', this.#signingKey).update(claim).digest('base64url');
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
