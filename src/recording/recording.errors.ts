/** Every way a recording can fail by itself; a storage's own errors (ENOSPC …) are passed on as they are. */
export const RECORDING_ERRORS = {
  RECORDING_ERR_ENDED: 'a publish that has ended cannot be recorded; record it while it is live',
  RECORDING_ERR_WRITE_TIMEOUT: 'the storage did not finish a call in time',
} as const;

/** Stable code of a {@link RecordingError}. */
export type RecordingErrorCode = keyof typeof RECORDING_ERRORS;

/** A recording failed, or was not begun, for a reason of its own. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';

  constructor(
    readonly code: RecordingErrorCode,
    detail: string,
  ) {
    super(`${RECORDING_ERRORS[code]}: ${detail}`);
  }
}
