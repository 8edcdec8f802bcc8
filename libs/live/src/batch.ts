/**
 * Encoded messages that lie together in one buffer, shared by all subscribers
 * of a feed. Batches form a chain: whoever holds one can go on from it, and
 * what nobody holds any more is garbage.
 */
export class Batch {
  next: Batch | undefined = undefined;

  constructor(
    readonly bytes: Uint8Array,
    /** Where its first byte stands in the feed. */
    readonly position: number,
  ) {}

  get end(): number {
    return this.position + this.bytes.length;
  }
}

/** Where in the chain a player can begin: a key frame. */
export interface StartPoint {
  readonly batch: Batch;
  /** Offset in the batch's bytes. */
  readonly offset: number;
  /** Position in the feed. */
  readonly position: number;
  /** Stream time of the key frame, in milliseconds. */
  readonly timestamp: number;
}
