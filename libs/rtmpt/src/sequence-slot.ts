import type { SessionRequest } from './session-request.js';

/** A small piece keeps its whole object alive: what a piece counts for beside its bytes. */
export const PIECE_OVERHEAD = 256;

/**
 * What one sequence number stands for, from the first byte of its body to its answer. A request may break off
 * and be sent again; the slot stays, and takes up where the first try stopped.
 */
export class SequenceSlot<R> {
  /** The try in flight; undefined while the request is lost and may be sent again. */
  request: SessionRequest<R> | undefined;
  /** The next new sequence number at the time it was lost: when the client goes on to that, it has given this up. */
  nextWhenLost = 0;
  /** Body bytes taken, over all tries. */
  received = 0;
  /** All of the body is here. */
  isComplete = false;
  /** When the try in flight was begun, or could be read on. */
  receivingSince: number;
  /** A poll that finds nothing waits until then. */
  heldUntil = 0;
  readonly #pieces: Uint8Array[] = [];
  #first = 0;

  constructor(
    readonly verb: 'send' | 'idle' | 'close',
    readonly sequence: number,
    readonly contentLength: number | undefined,
    now: number,
  ) {
    this.receivingSince = now;
  }

  /** Brings nothing, asks for something: an /idle, and a /send without a body. */
  get isPoll(): boolean {
    return this.verb === 'idle' || (this.verb === 'send' && this.received === 0);
  }

  /** Nothing waits here to be handed on. */
  get isDrained(): boolean {
    return this.#pieces.length === 0;
  }

  push(bytes: Uint8Array): void {
    this.received += bytes.length;
    this.#pieces.push(bytes);
  }

  take(): Uint8Array | undefined {
    const piece = this.#pieces[this.#first];
    if (piece === undefined) return undefined;
    if (++this.#first === this.#pieces.length) {
      this.#pieces.length = 0;
      this.#first = 0;
    }
    return piece;
  }
}
