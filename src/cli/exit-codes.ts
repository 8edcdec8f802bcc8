import { FlvError } from '#lib/flv';
import { RtmpClientError, type RtmpClientErrorCode } from '../client/rtmp-client.errors.js';
import { CliError, type CliErrorCode } from './cli.errors.js';

/** What the process ends with. */
export const ExitCode = {
  Done: 0,
  /** A fault of this program. */
  Fault: 1,
  Usage: 2,
  Unreachable: 3,
  Refused: 4,
  /** It had begun, and broke off. */
  BrokenOff: 5,
  /** A file, or what is in it. */
  File: 6,
} as const;

const CODES: Readonly<Record<CliErrorCode | RtmpClientErrorCode, number>> = {
  CLI_ERR_USAGE: ExitCode.Usage,
  CLI_ERR_INPUT: ExitCode.File,
  CLI_ERR_OUTPUT: ExitCode.File,
  CLI_ERR_NO_MEDIA: ExitCode.File,
  CLI_ERR_SILENT: ExitCode.BrokenOff,
  RTMP_CLIENT_ERR_URL: ExitCode.Usage,
  RTMP_CLIENT_ERR_UNREACHABLE: ExitCode.Unreachable,
  RTMP_CLIENT_ERR_CERTIFICATE: ExitCode.Unreachable,
  RTMP_CLIENT_ERR_TIMEOUT: ExitCode.Unreachable,
  RTMP_CLIENT_ERR_REFUSED: ExitCode.Refused,
  RTMP_CLIENT_ERR_AUTHENTICATION: ExitCode.Refused,
  RTMP_CLIENT_ERR_REDIRECT: ExitCode.Refused,
  RTMP_CLIENT_ERR_PROTOCOL: ExitCode.BrokenOff,
  RTMP_CLIENT_ERR_TUNNEL: ExitCode.Unreachable,
  RTMP_CLIENT_ERR_STALLED: ExitCode.BrokenOff,
  RTMP_CLIENT_ERR_CLOSED: ExitCode.BrokenOff,
};

/** What the process ends with for an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof FlvError) return ExitCode.File;
  if (error instanceof CliError || error instanceof RtmpClientError) return CODES[error.code];
  return ExitCode.Fault;
}
