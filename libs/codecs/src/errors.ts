/** What each code of a {@link CodecError} means, in one sentence. */
export const CODEC_ERRORS = {
  CODEC_ERR_TRUNCATED: 'The codec configuration ends before it is complete.',
  CODEC_ERR_VALUE: 'The codec configuration has a value that is reserved or impossible.',
  CODEC_ERR_VERSION: 'The version of the codec configuration is not known.',
  CODEC_ERR_FORMAT: 'The bytes are not a codec configuration of this kind.',
} as const;

/** The stable name of a fault in a codec configuration. */
export type CodecErrorCode = keyof typeof CODEC_ERRORS;

/** A codec configuration is not valid. Match on {@link code}, never on the text. */
export class CodecError extends Error {
  override readonly name = 'CodecError';

  constructor(
    readonly code: CodecErrorCode,
    detail: string,
  ) {
    super(`${CODEC_ERRORS[code]} ${detail}`);
  }
}

/** Makes the error of a reader that ran out of bytes while it read a structure. */
export function truncated(structure: string): (detail: string, offset: number) => CodecError {
  return (detail, offset) => new CodecError('CODEC_ERR_TRUNCATED', `${structure}, byte ${offset}: ${detail}.`);
}
