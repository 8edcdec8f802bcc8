/**
 * Every way a request can break the rules of the tunnel, and every way a tunnel ends other than by /close.
 * The key is the stable `code`; the text is the entry's heading in docs/errors.md. Peers are shown neither.
 */
export const RTMPT_ERRORS = {
  RTMPT_ERR_METHOD: 'the tunnel takes POST requests only',
  RTMPT_ERR_PATH: 'the path is not one of the tunnel',
  RTMPT_ERR_ORIGIN: 'the request is that of a page which may not publish',
  RTMPT_ERR_CONTENT_TYPE: 'the content type is not application/x-fcs',
  RTMPT_ERR_LENGTH_REQUIRED: 'the request does not say how long its body is',
  RTMPT_ERR_BODY_LENGTH: 'the body is not as long as the request said, or said nonsense',
  RTMPT_ERR_BODY_TOO_LARGE: 'the body is longer than the limit',
  RTMPT_ERR_UNKNOWN_SESSION: 'there is no such session, or it has ended',
  RTMPT_ERR_SEQUENCE: 'the sequence number is not a number',
  RTMPT_ERR_SEQUENCE_REPLAYED: 'the sequence number was answered before, and is not the last one',
  RTMPT_ERR_SEQUENCE_SKIPPED: 'the sequence number is not the next one',
  RTMPT_ERR_RETRY_DIFFERS: 'the request is not the same as when it was sent before',
  RTMPT_ERR_SUPERSEDED: 'the request was sent again before it was answered',
  RTMPT_ERR_TOO_MANY_REQUESTS: 'too many requests of one session wait for an answer',
  RTMPT_ERR_REQUEST_TIMEOUT: 'the body of a request did not arrive in time',
  RTMPT_ERR_OPEN_RATE: 'too many sessions opened in a second from one address',
  RTMPT_ERR_TOO_MANY_TUNNELS_OF_ADDRESS: 'too many sessions from one address',
  RTMPT_ERR_TOO_MANY_TUNNELS: 'too many sessions',
  RTMPT_ERR_SHUTTING_DOWN: 'no sessions are opened any more',
  RTMPT_ERR_FIRST_REQUEST_TIMEOUT: 'nothing followed the opening of the session',
  RTMPT_ERR_IDLE_TIMEOUT: 'nothing was requested for too long',
  RTMPT_ERR_DISCONNECTED: 'the connection was lost and the session did not come back on another',
  RTMPT_ERR_INBOUND_OVERFLOW: 'too many received bytes wait',
  RTMPT_ERR_OUTBOUND_OVERFLOW: 'too many bytes wait to be fetched',
} as const;

/** Stable code of a {@link TunnelFault}. */
export type RtmptErrorCode = keyof typeof RTMPT_ERRORS;

/** Why a request was refused or a tunnel was ended; for logs, not for the peer. */
export interface TunnelFault {
  /** To match on. */
  readonly code: RtmptErrorCode;
  /** The offending values. Never a whole session ID: who knows it owns the session. */
  readonly detail: string;
}

/** One sentence about a fault. */
export function describeFault({ code, detail }: TunnelFault): string {
  return `${RTMPT_ERRORS[code]}: ${detail}`;
}

/** Our own caller broke the contract of the tunnel core, e.g. gave a limit that is none. */
export class RtmptUsageError extends Error {
  override readonly name = 'RtmptUsageError';
}
