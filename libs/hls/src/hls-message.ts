/** A message of a live stream, as `LiveStream` hands it to its sinks: valid during the call only. */
export interface HlsMessage {
  /** 8 audio, 9 video, 18 script data. */
  readonly tagType: number;
  /** Milliseconds that do not wrap. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** `MediaFlags` of `#lib/flv`. */
  readonly flags: number;
}
