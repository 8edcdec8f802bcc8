/**
 * One RTMP message, as the chunk layer delivers it. The decoder hands out the
 * same object every time: it and its payload are valid until the next call of
 * the decoder. Copy what you keep.
 */
export interface Message {
  chunkStreamId: number;
  messageStreamId: number;
  messageTypeId: number;
  /** Milliseconds, modulo 2^32. */
  timestamp: number;
  payload: Uint8Array;
}
