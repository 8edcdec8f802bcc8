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
}
