/**
 * Every way a relay can fail by itself; what its server or source did is an
 * RtmpClientError. The key is the stable `code`.
 */
export const RELAY_ERRORS = {
  RELAY_ERR_ADDRESS: 'not an address that can be relayed to or from',
  RELAY_ERR_LOCATE: 'it cannot be found out where the stream is',
  RELAY_ERR_NOT_LIVE: 'the stream is not live',
  RELAY_ERR_LOOP: 'the relay would go in a circle',
  RELAY_ERR_TOO_SLOW: 'the destination takes the stream too slowly',
  RELAY_ERR_SOURCE: 'the source does not give the stream',
  RELAY_ERR_SILENT: 'the source sends nothing',
  RELAY_ERR_NOT_TAKEN: 'the pulled stream cannot be published here',
  RELAY_ERR_RECONNECT: 'the destination asks to connect again',
  RELAY_ERR_ELSEWHERE: 'the other server sends the relay to a host that it may not go to',
} as const;

/** Stable code of a {@link RelayError}. */
export type RelayErrorCode = keyof typeof RELAY_ERRORS;

/**
 * A relay failed for a reason of its own. Keys and queries are masked in its text.
 *
 * @publicApi
 */
export class RelayError extends Error {
  override readonly name = 'RelayError';

  /** Of the source's answer, when it is one of HTTP. */
  readonly httpStatus: number | undefined;

  /**
   * @param code stable code, to match on
   * @param detail the offending values, appended to the code's sentence
   */
  constructor(
    readonly code: RelayErrorCode,
    detail: string,
    { httpStatus, ...options }: ErrorOptions & { readonly httpStatus?: number } = {},
  ) {
    super(`${RELAY_ERRORS[code]}: ${detail}`, options);
    this.httpStatus = httpStatus;
  }
}
