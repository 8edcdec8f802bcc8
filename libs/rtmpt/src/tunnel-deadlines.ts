import type { TunnelFault } from './errors.js';
import type { RtmptLimits } from './limits.js';

type Timeouts = Pick<RtmptLimits, 'firstRequestTimeout' | 'idleTimeout' | 'reconnectTimeout'>;

/** How long a tunnel is silent, in milliseconds of any clock that does not go back. Only asked while it is the peer's turn. */
export class TunnelDeadlines {
  readonly #timeouts: Readonly<Timeouts>;
  #silentSince: number;
  #hasBegun = false;
  #disconnectedAt: number | undefined;

  constructor(timeouts: Readonly<Timeouts>, now: number) {
    this.#timeouts = timeouts;
    this.#silentSince = now;
  }

  /** The peer sent something, or was sent an answer and may now. */
  heard(now: number): void {
    this.#silentSince = now;
    this.#hasBegun = true;
    this.#disconnectedAt = undefined;
  }

  disconnected(now: number): void {
    this.#disconnectedAt = now;
  }

  /** When the peer has been silent for too long. */
  next(): number {
    const { firstRequestTimeout, idleTimeout, reconnectTimeout } = this.#timeouts;
    const silence = this.#silentSince + (this.#hasBegun ? idleTimeout : firstRequestTimeout);
    return this.#disconnectedAt === undefined ? silence : Math.min(silence, this.#disconnectedAt + reconnectTimeout);
  }

  /** Why the tunnel ends now, if it does. */
  fault(now: number): TunnelFault | undefined {
    if (now < this.next()) return undefined;
    const { firstRequestTimeout, idleTimeout, reconnectTimeout } = this.#timeouts;
    if (this.#disconnectedAt !== undefined && now >= this.#disconnectedAt + reconnectTimeout) {
      return { code: 'RTMPT_ERR_DISCONNECTED', detail: `${reconnectTimeout} ms ago` };
    }
    if (!this.#hasBegun) return { code: 'RTMPT_ERR_FIRST_REQUEST_TIMEOUT', detail: `${firstRequestTimeout} ms` };
    return { code: 'RTMPT_ERR_IDLE_TIMEOUT', detail: `${idleTimeout} ms` };
  }
}
