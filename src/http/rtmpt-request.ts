import type { TunnelExchange, TunnelResponse } from '#lib/rtmpt';
import type { RtmptReply } from './rtmpt-reply.js';
import type { RtmptPeer } from './rtmpt-transport.js';

/** A request of a tunnel, however it came. */
export interface RtmptRequest extends RtmptReply {
  readonly exchange: TunnelExchange<RtmptReply> | undefined;
  /** Who sent it. */
  readonly peer: RtmptPeer;
}

/** Who looks after the requests of all tunnels. */
export interface RtmptRequestOwner {
  /** The exchange was called: there may be something to do. */
  onProgress(request: RtmptRequest): void;
  now(): number;
}

/** What is said when the server takes no more connections, behind an /open that could otherwise be answered. */
export const FULL: TunnelResponse = Object.freeze({
  status: 503,
  headers: Object.freeze({ 'Content-Type': 'application/x-fcs', 'Content-Length': '0', 'Retry-After': '5' }),
  body: [],
  bodyLength: 0,
  closesConnection: false,
  fault: undefined,
});
