/** What each code of an {@link FlvError} means, in one sentence. */
export const FLV_ERRORS = {
  FLV_ERR_SIGNATURE: 'The file does not begin with "FLV".',
  FLV_ERR_VERSION: 'The FLV version is not 1.',
  FLV_ERR_HEADER_LENGTH: 'The header is declared shorter than 9 bytes, or longer than the limit.',
  FLV_ERR_ENCRYPTED: 'The tag is encrypted (Filter bit set), which is not supported.',
  FLV_ERR_TAG_HEADER: 'The reserved bits of a tag header are set: this is not a tag.',
  FLV_ERR_TAG_TOO_LARGE: 'The tag is longer than the limit.',
  FLV_ERR_TRUNCATED: 'The header of an audio or video tag ends before it is complete.',
  FLV_ERR_PACKET_TYPE: 'The packet type of an audio or video tag is reserved.',
  FLV_ERR_MOD_EX: 'A ModEx prefix is longer than the tag, or there are too many of them.',
  FLV_ERR_MULTITRACK: 'A multitrack tag is nested, of a reserved kind, without tracks, or a track does not fit.',
  FLV_ERR_SCRIPT: 'The script data can not be decoded.',
} as const;

/** The stable name of a fault in FLV data. */
export type FlvErrorCode = keyof typeof FLV_ERRORS;

/** The bytes are not valid FLV. Match on {@link code}, never on the text. */
export class FlvError extends Error {
  override readonly name = 'FlvError';

  constructor(
    readonly code: FlvErrorCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${FLV_ERRORS[code]} ${detail}`, options);
  }
}

/** This library was used wrongly; the text says how to do it right. */
export class FlvUsageError extends Error {
  override readonly name = 'FlvUsageError';
}
