import type { RtmpStatus } from '#lib/rtmp';

/**
 * Every way a client's call can fail. The key is the stable `code`; the text
 * opens the message and is the entry's heading in docs/errors.md.
 */
export const RTMP_CLIENT_ERRORS = {
  RTMP_CLIENT_ERR_URL: 'not an address of an RTMP server',
  RTMP_CLIENT_ERR_UNREACHABLE: 'the server cannot be reached',
  RTMP_CLIENT_ERR_CERTIFICATE: "the server's certificate is not trusted",
  RTMP_CLIENT_ERR_TIMEOUT: 'the server took too long',
  RTMP_CLIENT_ERR_REFUSED: 'the server refused',
  RTMP_CLIENT_ERR_AUTHENTICATION: 'the server does not accept the user and the password',
  RTMP_CLIENT_ERR_REDIRECT: 'the server sends us somewhere we do not go',
  RTMP_CLIENT_ERR_PROTOCOL: 'the server broke the protocol',
  RTMP_CLIENT_ERR_TUNNEL: 'the HTTP tunnel does not work',
  RTMP_CLIENT_ERR_STALLED: 'the server takes no more bytes',
  RTMP_CLIENT_ERR_CLOSED: 'the connection is closed',
} as const;

/** Stable code of an {@link RtmpClientError}. */
export type RtmpClientErrorCode = keyof typeof RTMP_CLIENT_ERRORS;

/** What an {@link RtmpClientError} may know besides its code. */
export interface RtmpClientErrorDetails extends ErrorOptions {
  /** What the server said. */
  readonly status?: RtmpStatus | undefined;
}

/**
 * Something went wrong with a connection of an {@link RtmpClient}. Stream
 * names, queries and passwords are masked in its texts, those of `status`
 * included; its `level` and `code` are as the server wrote them.
 *
 * @publicApi
 */
export class RtmpClientError extends Error {
  override readonly name = 'RtmpClientError';
  /** What the server said: `status.code` is, for example, `NetStream.Publish.BadName`. */
  readonly status: RtmpStatus | undefined;

  /**
   * @param code stable code, to match on
   * @param detail the offending values, appended to the code's sentence
   */
  constructor(
    readonly code: RtmpClientErrorCode,
    detail: string,
    { status, ...options }: RtmpClientErrorDetails = {},
  ) {
    super(`${RTMP_CLIENT_ERRORS[code]}: ${detail}`, options);
    this.status = status;
  }
}
