/**
 * What can go wrong on the command line besides the errors of the client and
 * of FLV. The key is the stable `code`; the text opens the message and is the
 * entry's heading in docs/errors.md.
 */
export const CLI_ERRORS = {
  CLI_ERR_USAGE: 'the command line cannot be understood',
  CLI_ERR_INPUT: 'the input cannot be read',
  CLI_ERR_OUTPUT: 'the output cannot be written',
  CLI_ERR_NO_MEDIA: 'there is no audio or video',
  CLI_ERR_SILENT: 'nothing more came',
} as const;

/** Stable code of a {@link CliError}. */
export type CliErrorCode = keyof typeof CLI_ERRORS;

/** A command cannot go on. */
export class CliError extends Error {
  override readonly name = 'CliError';

  /**
   * @param code stable code, to match on
   * @param detail the offending values, appended to the code's sentence
   */
  constructor(
    readonly code: CliErrorCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${CLI_ERRORS[code]}: ${detail}`, options);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EEXIST: 'it is there already; --force overwrites it',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EROFS: 'the file system is read-only',
};

/** An error of a file, in words. */
export function fileError(code: 'CLI_ERR_INPUT' | 'CLI_ERR_OUTPUT', path: string, error: unknown): CliError {
  const { code: reason = '', message } = error as NodeJS.ErrnoException;
  const why = code === 'CLI_ERR_OUTPUT' && reason === 'ENOENT' ? 'there is no such folder' : REASONS[reason];
  return new CliError(code, `${path}: ${why ?? message}`, { cause: error });
}
