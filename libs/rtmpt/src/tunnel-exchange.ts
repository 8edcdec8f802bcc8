import type { TunnelResponse } from './tunnel-response.js';
import type { TunnelSession } from './tunnel-session.js';

/**
 * One request on its way to its answer. Give it the body as it comes; after every call poll the
 * {@link tunnel}, if there is one, and send the {@link response} as soon as there is one. The response of a
 * request that belongs to a tunnel is not found here but comes out of the tunnel.
 */
export interface TunnelExchange<R> {
  /** The tunnel the request belongs to; after the end of an /open the new one, which is yet to be connected. */
  readonly tunnel: TunnelSession<R> | undefined;
  /** The answer to a request that belongs to no tunnel. */
  readonly response: TunnelResponse | undefined;
  /**
   * Whether what receive() takes now is handed on by the next poll() of the tunnel, or not looked at: then it may be
   * a view of a buffer that is reused after that.
   */
  readonly handsOn: boolean;
  /**
   * Takes a piece of the body, which must stay as it is from then on, unless it {@link handsOn}. False: read no more of it until the
   * tunnel gives 'resume', or, when it is answered by then, never.
   */
  receive(bytes: Uint8Array, now: number): boolean;
  /** The body is complete. */
  end(now: number): void;
  /** The connection or stream broke before the answer was sent. May be called at any time, also for nothing. */
  abort(now: number): void;
}
