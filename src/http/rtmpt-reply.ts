import type { TunnelResponse } from '#lib/rtmpt';

/** The way back to whoever sent a request. */
export interface RtmptReply {
  /** Sends the one answer. */
  answer(response: TunnelResponse): void;
  /** Reads the rest of the request's body. */
  readOn(): void;
}
