/** What every event of a recording as HLS says. */
export interface HlsVodInfo {
  readonly app: string;
  readonly name: string;
  /** What it is found by, among those of its stream. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** `vod.completed`: a broadcast can be played from its beginning to its end. */
export interface HlsVodCompletedEvent extends HlsVodInfo {
  /** Seconds. */
  readonly duration: number;
  /** Of its segments. */
  readonly bytes: number;
  /** It was cut off by a crash and has been finished at the next start. */
  readonly isRepaired: boolean;
}

/** `vod.failed`: what was written stays until the next start, which finishes it; the stream goes on unrecorded. */
export interface HlsVodFailedEvent extends HlsVodInfo {
  readonly error: Error;
}
