/** Takes what a source sends. */
export interface PullReceiver {
  /**
   * A message as RTMP and FLV have it; the payload is valid during the call.
   *
   * @param timestamp milliseconds modulo 2^32
   */
  onMessage(tagType: number, timestamp: number, payload: Uint8Array): void;
}

/** A stream of another server that has been asked for. */
export interface PullSource {
  /** Resolves when nothing more comes: with the reason, or with undefined when the other server ended the stream. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** Reads no further until {@link release}. */
  hold(): void;
  release(): void;
  /** Leaves it, politely. */
  close(): void;
}
