import { RtmpProtocolError } from '../errors.js';
import type { ServerSessionOptions } from './server-session-options.js';

/** What the session waits for: the end of the handshake, connect, or anything. */
export type ServerSessionPhase = 'handshake' | 'connecting' | 'connected';

type Timeouts = Pick<ServerSessionOptions, 'handshakeTimeout' | 'connectTimeout' | 'idleTimeout' | 'publisherTimeout'>;

/**
 * How long a session waits for its peer, in milliseconds of any clock that
 * does not go back: for the handshake, then for connect, then for anything at
 * all. A peer that waits for us may be silent.
 */
export class SessionDeadlines {
  readonly #timeouts: Readonly<Timeouts>;
  readonly #isPublishing: () => boolean;
  #phase: ServerSessionPhase = 'handshake';
  #now: number;
  #phaseSince: number;
  /** Since when the peer might have said something. */
  #silentSince: number;
  #pingedAt: number | undefined;
  #waitsForUs = false;

  /** @param isPublishing whether the peer publishes at the moment, so that more is to be expected of it */
  constructor(timeouts: Readonly<Timeouts>, now: number, isPublishing: () => boolean = () => false) {
    this.#timeouts = timeouts;
    this.#isPublishing = isPublishing;
    this.#now = this.#phaseSince = this.#silentSince = now;
  }

  get phase(): ServerSessionPhase {
    return this.#phase;
  }

  /** The latest time known. */
  get now(): number {
    return this.#now;
  }

  enter(phase: ServerSessionPhase): void {
    this.#phase = phase;
    this.#phaseSince = this.#now;
  }

  /** Any bytes are a sign of life: OBS and rtmpsink answer no pings while they publish. */
  received(now: number): void {
    this.#now = this.#silentSince = now;
    this.#pingedAt = undefined;
  }

  /** A command is undecided. Received bytes may wait unread as well, so silence says nothing. */
  suspend(): void {
    this.#waitsForUs = true;
  }

  /** The command is answered: it is the peer's turn again. After a long decision it is pinged before it is given up. */
  resume(): void {
    this.#waitsForUs = false;
  }

  /** When to call handle(). */
  next(): number {
    const { handshakeTimeout, connectTimeout } = this.#timeouts;
    const idleTimeout = this.#idleTimeout;
    if (this.#phase === 'handshake') return this.#phaseSince + handshakeTimeout;
    if (this.#waitsForUs) return this.#now + idleTimeout;
    if (this.#phase === 'connecting') return this.#phaseSince + connectTimeout;
    return (this.#pingedAt ?? this.#silentSince) + idleTimeout / 2;
  }

  /**
   * Time passed; true when it is time for a Ping Request. Nobody is given up
   * without one, however late we are: our process may have been suspended.
   *
   * @throws {RtmpProtocolError} the peer took too long
   */
  handle(now: number): boolean {
    if (now < this.next()) return false;
    this.#now = now;
    const { handshakeTimeout, connectTimeout } = this.#timeouts;
    if (this.#phase === 'handshake') {
      throw new RtmpProtocolError('RTMP_ERR_HANDSHAKE_TIMEOUT', `${handshakeTimeout} ms`);
    }
    if (this.#waitsForUs) {
      this.#silentSince = now;
      return false;
    }
    if (this.#phase === 'connecting') {
      throw new RtmpProtocolError('RTMP_ERR_CONNECT_TIMEOUT', `${connectTimeout} ms`);
    }
    if (this.#pingedAt !== undefined) {
      throw new RtmpProtocolError('RTMP_ERR_IDLE_TIMEOUT', `${this.#idleTimeout} ms`);
    }
    this.#pingedAt = now;
    return true;
  }

  get #idleTimeout(): number {
    const { idleTimeout, publisherTimeout } = this.#timeouts;
    return this.#isPublishing() ? Math.min(idleTimeout, publisherTimeout) : idleTimeout;
  }
}
