/** The longest type 0 timestamp that may also be the delta of the type 3 chunk behind it, in milliseconds. */
const MAX_IMPLIED_DELTA = 1000;

/** What a chunk stream remembers between chunks (RTMP 1.0 §5.3.1.2). */
export class ChunkStream {
  timestamp = 0;
  /** The last timestamp or delta field; a type 3 chunk that opens a message adds it again. */
  timestampField = 0;
  /** The last header was of type 0, so that the field is an absolute time. */
  isAbsolute = false;
  hasExtendedTimestamp = false;
  /** Whether this peer repeats the extended timestamp on type 3 chunks; unknown until its first one. */
  repeatsExtendedTimestamp: boolean | undefined = undefined;
  messageLength = 0;
  messageTypeId = 0;
  messageStreamId = 0;
  /** A message has begun and is not complete. */
  isOpen = false;
  /** Bytes of the open message that are here. */
  received = 0;
  /** Memory the open message is gathered in; kept for the next one when it is small. */
  buffer: Uint8Array | undefined = undefined;

  constructor(readonly id: number) {}

  /**
   * What a type 3 chunk that opens a message adds. After a type 0 chunk that is
   * by §5.3.1.2.4 the type 0 timestamp itself, which FMLE means (26 ms, then
   * 52). nginx-rtmp, gortmplib and encoders tested against them mean 0 there.
   * They differ only when the timestamp is no longer a frame's duration, and
   * then doubling the time is never what an encoder wants.
   */
  get impliedDelta(): number {
    if (this.isAbsolute && this.timestampField > MAX_IMPLIED_DELTA) return 0;
    return this.timestampField;
  }
}
