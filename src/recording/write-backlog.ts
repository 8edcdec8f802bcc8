/** Bytes that wait to be written, of all recordings of a server. */
export class WriteBacklog {
  bytes = 0;

  /** @param maxBytes beyond which recordings wait for their own writes */
  constructor(readonly maxBytes: number) {}

  get isFull(): boolean {
    return this.bytes > this.maxBytes;
  }
}
