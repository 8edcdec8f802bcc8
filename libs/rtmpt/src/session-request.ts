import type { SequenceSlot } from './sequence-slot.js';
import type { TunnelExchange } from './tunnel-exchange.js';
import type { TunnelSession } from './tunnel-session.js';

/**
 * - `try`: brings what its sequence number stands for, for the first time or again
 * - `repeat`: wants the last answer once more
 * - `close`: a /close that does not wait for its turn
 */
export type SessionRequestRole = 'try' | 'repeat' | 'close';

/** A request of one tunnel. */
export class SessionRequest<R> implements TunnelExchange<R> {
  readonly response = undefined;
  /** Body bytes this request brought. */
  seen = 0;
  /** Its body is not read at the moment. */
  isStopped = false;
  /** It is answered or broken off. */
  isSettled = false;

  constructor(
    readonly tunnel: TunnelSession<R>,
    readonly reply: R,
    readonly role: SessionRequestRole,
    readonly sequence: number | undefined,
    readonly slot: SequenceSlot<R> | undefined,
    readonly contentLength: number | undefined,
    readonly bodyLimit: number,
  ) {}

  get handsOn(): boolean {
    return this.tunnel.handsOn(this);
  }

  receive(bytes: Uint8Array, now: number): boolean {
    return this.tunnel.receiveBody(this, bytes, now);
  }

  end(now: number): void {
    this.tunnel.endBody(this, now);
  }

  abort(now: number): void {
    this.tunnel.abortRequest(this, now);
  }
}
