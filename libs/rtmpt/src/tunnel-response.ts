import type { RtmptErrorCode, TunnelFault } from './errors.js';

/**
 * An answer, for whatever HTTP version it is sent with. Send it with the headers given and as few others as
 * possible (no Date, no ETag): a publishing librtmp leaves its answers unread until it ends, and they pile up.
 */
export interface TunnelResponse {
  readonly status: number;
  /**
   * Content-Length is always among them, and with HTTP/1.1 its name must be sent in exactly this case: librtmp
   * searches for `Content-`. It reads no chunked answers either.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** In this order; views that must not be written to. */
  readonly body: readonly Uint8Array[];
  /** Bytes of the body in all. */
  readonly bodyLength: number;
  /**
   * The rest of the request is not worth reading: close the connection behind the answer (HTTP/1.1) or reset
   * the stream (HTTP/2 and 3). Any other answer must leave the connection open: FFmpeg and librtmp have only one.
   */
  readonly closesConnection: boolean;
  /** Why, when it is a refusal; for logs. */
  readonly fault: TunnelFault | undefined;
}

const CONTENT_TYPE = 'application/x-fcs';
const NO_BODY: readonly Uint8Array[] = Object.freeze([]);

/** The smallest answer there is, and by far the most frequent one. */
const POLLING_BYTE_HEADERS = Object.freeze({ 'Content-Type': CONTENT_TYPE, 'Content-Length': '1' });

/** HaishinKit looks at the content type before the status. */
const EMPTY_HEADERS = Object.freeze({
  'Content-Type': CONTENT_TYPE,
  'Content-Length': '0',
  'Cache-Control': 'no-cache',
});

/** The HTTP status of each refusal. */
const STATUS: Readonly<Record<RtmptErrorCode, number>> = {
  RTMPT_ERR_METHOD: 405,
  RTMPT_ERR_PATH: 404,
  RTMPT_ERR_ORIGIN: 403,
  RTMPT_ERR_CONTENT_TYPE: 415,
  RTMPT_ERR_LENGTH_REQUIRED: 411,
  RTMPT_ERR_BODY_LENGTH: 400,
  RTMPT_ERR_BODY_TOO_LARGE: 413,
  RTMPT_ERR_UNKNOWN_SESSION: 404,
  RTMPT_ERR_SEQUENCE: 400,
  RTMPT_ERR_SEQUENCE_REPLAYED: 409,
  RTMPT_ERR_SEQUENCE_SKIPPED: 409,
  RTMPT_ERR_RETRY_DIFFERS: 409,
  RTMPT_ERR_SUPERSEDED: 409,
  RTMPT_ERR_TOO_MANY_REQUESTS: 429,
  RTMPT_ERR_REQUEST_TIMEOUT: 408,
  RTMPT_ERR_OPEN_RATE: 429,
  RTMPT_ERR_TOO_MANY_TUNNELS_OF_ADDRESS: 429,
  RTMPT_ERR_TOO_MANY_TUNNELS: 503,
  RTMPT_ERR_SHUTTING_DOWN: 503,
  // What follows ends a tunnel; requests it leaves behind are told that it is gone.
  RTMPT_ERR_FIRST_REQUEST_TIMEOUT: 404,
  RTMPT_ERR_IDLE_TIMEOUT: 404,
  RTMPT_ERR_DISCONNECTED: 404,
  RTMPT_ERR_INBOUND_OVERFLOW: 404,
  RTMPT_ERR_OUTBOUND_OVERFLOW: 404,
};

/** Refusals after which nothing more of the connection is wanted. */
const CLOSING: ReadonlySet<RtmptErrorCode> = new Set<RtmptErrorCode>([
  'RTMPT_ERR_LENGTH_REQUIRED',
  'RTMPT_ERR_BODY_LENGTH',
  'RTMPT_ERR_BODY_TOO_LARGE',
  'RTMPT_ERR_TOO_MANY_REQUESTS',
  'RTMPT_ERR_REQUEST_TIMEOUT',
  'RTMPT_ERR_OPEN_RATE',
]);

/** Seconds after which it is worth trying again, for the statuses that may say so. */
const RETRY_AFTER = '5';

/** To /send and /idle: the polling byte is the first of `body`. */
export function answerResponse(body: readonly Uint8Array[], bodyLength: number): TunnelResponse {
  const headers =
    bodyLength === 1 ? POLLING_BYTE_HEADERS : { 'Content-Type': CONTENT_TYPE, 'Content-Length': String(bodyLength) };
  return { status: 200, headers, body, bodyLength, closesConnection: false, fault: undefined };
}

/** To /open. The newline is part of it: librtmp cuts the last byte off. */
export function openResponse(id: string): TunnelResponse {
  const body = Buffer.from(`${id}\n`, 'latin1');
  const headers = {
    'Content-Type': CONTENT_TYPE,
    'Content-Length': String(body.length),
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  };
  return { status: 200, headers, body: [body], bodyLength: body.length, closesConnection: false, fault: undefined };
}

/** To /fcs/ident2: there is no other address to go to. Nothing but 404 will do for some clients. */
export const IDENT_RESPONSE: TunnelResponse = Object.freeze({
  status: 404,
  headers: EMPTY_HEADERS,
  body: NO_BODY,
  bodyLength: 0,
  closesConnection: false,
  fault: undefined,
});

/** A refusal says nothing but its status: what the peer sent is not repeated to it. */
export function refusalResponse(fault: TunnelFault): TunnelResponse {
  const status = STATUS[fault.code];
  const headers: Record<string, string> = { ...EMPTY_HEADERS };
  if (status === 405) headers['Allow'] = 'POST';
  if (status === 429 || status === 503) headers['Retry-After'] = RETRY_AFTER;
  return { status, headers, body: NO_BODY, bodyLength: 0, closesConnection: CLOSING.has(fault.code), fault };
}
