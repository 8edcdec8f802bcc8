import { RtmpProtocolError } from '../errors.js';
import type { ClientSessionOptions } from './client-session-options.js';

type Timeouts = Pick<ClientSessionOptions, 'handshakeTimeout' | 'idleTimeout'>;

/**
 * How long a client waits for its server, in milliseconds of any clock that
 * does not go back: for the handshake, and while it plays for anything at all.
 */
export class ClientDeadlines {
  readonly #timeouts: Readonly<Timeouts>;
  readonly #since: number;
  #isShaken = false;
  #isPlaying = false;
  #now: number;
  #silentSince: number;
  #pingedAt: number | undefined;

  constructor(timeouts: Readonly<Timeouts>, now: number) {
    this.#timeouts = timeouts;
    this.#since = this.#now = this.#silentSince = now;
  }

  /** The latest time known. */
  get now(): number {
    return this.#now;
  }

  /** The handshake is done. */
  shaken(): void {
    this.#isShaken = true;
  }

  /** Whether something is played, which is when silence means something. */
  set isPlaying(value: boolean) {
    if (value && !this.#isPlaying) {
      this.#silentSince = this.#now;
      this.#pingedAt = undefined;
    }
    this.#isPlaying = value;
  }

  received(now: number): void {
    this.#now = this.#silentSince = now;
    this.#pingedAt = undefined;
  }

  /** When to call handle(); undefined when there is nothing to wait for. */
  next(): number | undefined {
    const { handshakeTimeout, idleTimeout } = this.#timeouts;
    if (!this.#isShaken) return this.#since + handshakeTimeout;
    return this.#isPlaying ? (this.#pingedAt ?? this.#silentSince) + idleTimeout / 2 : undefined;
  }

  /**
   * Time passed; true when it is time for a Ping Request.
   *
   * @throws {RtmpProtocolError} the server took too long
   */
  handle(now: number): boolean {
    const next = this.next();
    if (next === undefined || now < next) return false;
    this.#now = now;
    const { handshakeTimeout, idleTimeout } = this.#timeouts;
    if (!this.#isShaken) throw new RtmpProtocolError('RTMP_ERR_HANDSHAKE_TIMEOUT', `${handshakeTimeout} ms`);
    if (this.#pingedAt !== undefined) throw new RtmpProtocolError('RTMP_ERR_IDLE_TIMEOUT', `${idleTimeout} ms`);
    this.#pingedAt = now;
    return true;
  }
}
