/**
 * Every way AMF from a peer can be undecodable. The key is the stable `code`; the text opens the
 * message and is the entry's heading in docs/errors.md.
 */
export const AMF_ERRORS = {
  AMF_ERR_TRUNCATED: 'AMF value is cut short',
  AMF_ERR_MARKER: 'unknown or reserved AMF marker',
  AMF_ERR_REFERENCE: 'AMF reference to something that was not sent',
  AMF_ERR_EXTERNALIZABLE_UNKNOWN: 'externalizable class that nobody registered',
  AMF_ERR_EXTERNALIZABLE_BODY: 'body of an externalizable object could not be read',
  AMF_ERR_TOO_DEEP: 'AMF values nested deeper than the limit',
  AMF_ERR_TOO_MANY_PROPERTIES: 'more AMF properties than the limit',
  AMF_ERR_TOO_MANY_STRING_BYTES: 'more bytes of AMF strings than the limit',
  AMF_ERR_TOO_MANY_VALUES: 'more AMF values in one message than the limit',
} as const;

/** Stable code of an {@link AmfError}. */
export type AmfErrorCode = keyof typeof AMF_ERRORS;

/**
 * The peer sent AMF that cannot be decoded, or that exceeds a limit. The only error a decoder throws.
 * AMF values carry no length, so what comes after the fault in the same message is lost; the next
 * message is not affected.
 */
export class AmfError extends Error {
  override readonly name = 'AmfError';

  constructor(
    readonly code: AmfErrorCode,
    detail: string,
    /** Where the fault is, in bytes from the start of the message. */
    readonly offset: number,
    options?: ErrorOptions,
  ) {
    super(`${AMF_ERRORS[code]}: ${detail}, at byte ${offset}`, options);
  }
}

/** Our own caller asked for something AMF has no form for, or set a limit that is none. */
export class AmfUsageError extends Error {
  override readonly name = 'AmfUsageError';

  constructor(
    message: string,
    /** Where the value is inside what was to be encoded, e.g. `values[2].info.code`. */
    readonly path?: string,
  ) {
    super(path === undefined ? message : `${path}: ${message}`);
  }
}
