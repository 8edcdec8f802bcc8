/** What every recording event says. */
export interface RecordingInfo {
  /** ID of the publish, as in the logs; empty of a recording that was repaired at start. */
  readonly streamId: string;
  /** Of a repaired recording as the storage's names say it, in which some characters may have become others. */
  readonly app: string;
  /** Name of the stream; see {@link app}. */
  readonly name: string;
  /** Where the storage keeps it, e.g. the path of the file. */
  readonly location: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** `recording.started`: the first bytes are about to be written. */
export interface RecordingStartedEvent extends RecordingInfo {}

/** `recording.completed`: the file is whole, with its true duration and index. */
export interface RecordingCompletedEvent extends RecordingInfo {
  /** Seconds. */
  readonly duration: number;
  readonly bytes: number;
  /** It was cut off by a crash and has been repaired at the next start. */
  readonly isRepaired: boolean;
}

/** `recording.failed`: what was written stays where it is; the publish goes on unrecorded. */
export interface RecordingFailedEvent extends RecordingInfo {
  readonly error: Error;
}

/** Takes the events of recorders. */
export interface RecordingObserver {
  onStarted(event: RecordingStartedEvent): void;
  onCompleted(event: RecordingCompletedEvent): void;
  onFailed(event: RecordingFailedEvent): void;
  /**
   * MP4 cannot hold a stream, and nothing was written.
   *
   * @param isFlvInstead whether it is recorded as FLV
   */
  onUnsupported?(info: RecordingInfo, problem: string, isFlvInstead: boolean): void;
}
