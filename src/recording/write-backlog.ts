/** Bytes a piece takes in memory beside what it holds, its places in lists included: 115 with Node 20 and 22, 122 with Node 24. */
const PIECE_BYTES = 128;

/** Bytes that a piece which waits takes in memory, for limits: tiny ones would get around them otherwise. */
export function pieceBytes({ length }: Uint8Array): number {
  return PIECE_BYTES + length;
}

/** Bytes that wait to be written, with what their pieces take in memory, of all recordings of a server. */
export class WriteBacklog {
  bytes = 0;

  /** @param maxBytes beyond which recordings wait for their own writes */
  constructor(readonly maxBytes: number) {}

  get isFull(): boolean {
    return this.bytes > this.maxBytes;
  }
}
