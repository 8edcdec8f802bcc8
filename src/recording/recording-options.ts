/** What recordings are: FLV, which holds everything; MP4 in fragments, which browsers play; or a file of each. */
export type RecordingContainer = 'flv' | 'mp4' | 'both';

/** How a publish is recorded. */
export interface RecordingOptions {
  /** Kind of the file. Defaults to 'flv'. What MP4 cannot hold is recorded as FLV. */
  container?: RecordingContainer;
  /** Begin a new file after so long, at the next key frame, in milliseconds. Defaults to never (at most 24 days). */
  maxDuration?: number;
  /** Begin a new file after so many bytes, at the next key frame. Defaults to never. */
  maxBytes?: number;
}

/** Defaults and limits of recorders, for all publishes. */
export interface RecorderOptions {
  /** What was received is written no later than this, in milliseconds: the most a kill -9 can cost. Defaults to 800. */
  flushInterval: number;
  /** Bytes that may wait to be written before the publisher's socket is paused. Defaults to 8 MiB. */
  maxQueuedBytes: number;
  /**
   * Bytes that may wait to be written for all recordings together. Beyond, each publisher waits whenever
   * something of its own recording is not yet written. Defaults to 128 MiB.
   */
  maxTotalQueuedBytes: number;
  /** A call of the storage that takes longer than this fails the recording, in milliseconds. Defaults to 30,000. */
  writeTimeout: number;
}

/** Defaults of {@link RecorderOptions}. */
export const DEFAULT_RECORDER_OPTIONS: Readonly<RecorderOptions> = Object.freeze({
  flushInterval: 800,
  maxQueuedBytes: 8 * 1024 * 1024,
  maxTotalQueuedBytes: 128 * 1024 * 1024,
  writeTimeout: 30_000,
});

/** FLV times have 31 bits (FLV 10.1 §E.4.1): a new file is due before they run out. */
export const MAX_FILE_DURATION = 24 * 24 * 3600 * 1000;
