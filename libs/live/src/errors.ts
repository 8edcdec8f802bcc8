/** Every error of the live core: its stable `code` and the entry's heading in docs/errors.md. */
export const LIVE_ERRORS = {
  LIVE_ERR_STREAM_BUSY: 'the stream is already being published',
} as const;

/** Somebody publishes this path already. */
export class StreamBusyError extends Error {
  override readonly name = 'StreamBusyError';
  readonly code = 'LIVE_ERR_STREAM_BUSY';

  constructor(readonly path: string) {
    super(`${LIVE_ERRORS.LIVE_ERR_STREAM_BUSY}: ${path}`);
  }
}
