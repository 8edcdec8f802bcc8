/**
 * Every way a peer can break the protocol. The key is the stable `code`; the
 * text opens the message and is the entry's heading in docs/errors.md.
 */
export const RTMP_ERRORS = {
  RTMP_ERR_VERSION: 'the first byte is not an RTMP version',
  RTMP_ERR_HANDSHAKE_TIMEOUT: 'the handshake was not finished in time',
  RTMP_ERR_HANDSHAKE_CUT: 'the connection ended within the handshake',
  RTMP_ERR_CONNECT_TIMEOUT: 'no connect command came in time',
  RTMP_ERR_IDLE_TIMEOUT: 'nothing was received for too long',
  RTMP_ERR_CHUNK_NO_HEADER: 'chunk refers to a chunk stream that has no message header yet',
  RTMP_ERR_CHUNK_INTERLEAVED: 'new message header before the previous message was complete',
  RTMP_ERR_CHUNK_SIZE: 'invalid chunk size',
  RTMP_ERR_MESSAGE_TOO_LARGE: 'message length exceeds the limit',
  RTMP_ERR_MESSAGE_LENGTH: 'message length does not fit its type',
  RTMP_ERR_TOO_MANY_CHUNK_STREAMS: 'too many chunk streams',
  RTMP_ERR_TOO_MANY_PENDING_BYTES: 'too many bytes in unfinished messages',
  RTMP_ERR_AGGREGATE: 'malformed aggregate message',
  RTMP_ERR_COMMAND: 'undecodable command message',
  RTMP_ERR_TOO_MANY_BAD_MESSAGES: 'too many undecodable messages',
  RTMP_ERR_NOT_CONNECTED: 'command before connect',
  RTMP_ERR_ALREADY_CONNECTED: 'second connect command on a connection',
  RTMP_ERR_COMMAND_RATE: 'too many commands in a second',
} as const;

/** Stable code of an {@link RtmpProtocolError}. */
export type RtmpErrorCode = keyof typeof RTMP_ERRORS;

/** The peer broke the protocol. The only error the RTMP cores throw because of what they received. */
export class RtmpProtocolError extends Error {
  override readonly name = 'RtmpProtocolError';

  /**
   * @param code stable code, to match on
   * @param detail the offending values, appended to the code's sentence
   */
  constructor(
    readonly code: RtmpErrorCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${RTMP_ERRORS[code]}: ${detail}`, options);
  }
}

/** Our own caller broke the contract of a core, e.g. answered one command twice. */
export class RtmpUsageError extends Error {
  override readonly name = 'RtmpUsageError';
}
