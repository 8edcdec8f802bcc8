import type { TunnelFault } from './errors.js';
import type { TunnelResponse } from './tunnel-response.js';

/** Received bytes, in order and each once: feed them to the RTMP session. A view of a buffer that was received. */
export interface BytesEvent {
  readonly type: 'bytes';
  readonly bytes: Uint8Array;
}

/** Send this answer. `reply` is what the request was begun with. */
export interface ResponseEvent<R> {
  readonly type: 'response';
  readonly reply: R;
  readonly response: TunnelResponse;
}

/** Go on reading the body of a request whose receive() gave false. */
export interface ResumeEvent<R> {
  readonly type: 'resume';
  readonly reply: R;
}

/** A write() gave false; there is room again. */
export interface DrainEvent {
  readonly type: 'drain';
}

/** The last event but for responses: nothing comes any more and nothing can be sent. */
export interface ClosedEvent {
  readonly type: 'closed';
  /** By /close; by end(), all was fetched; by destroy(); or because of a fault. */
  readonly reason: 'peer' | 'ended' | 'destroyed' | 'fault';
  /** Set when the reason is 'fault'. */
  readonly fault: TunnelFault | undefined;
}

/** What `TunnelSession.poll()` gives. */
export type TunnelEvent<R> = BytesEvent | ResponseEvent<R> | ResumeEvent<R> | DrainEvent | ClosedEvent;
