import { RtmpUsageError } from '../errors.js';

/** The calls that wait for an answer, by transaction ID. */
export class PendingCalls {
  readonly #names = new Map<number, string>();
  /** Transaction IDs of what a NetStream was told to begin, by message stream ID. */
  readonly #begins = new Map<number, number>();
  readonly #limit: number;
  #last = 0;

  /** @param limit calls that may wait at a time */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Opens a call; its transaction ID, from 1 up (§7.2.1.1: connect has 1). */
  open(name: string): number {
    if (this.#names.size >= this.#limit) {
      throw new RtmpUsageError(`${name}: ${this.#limit} calls wait for their answers already`);
    }
    const transactionId = ++this.#last;
    this.#names.set(transactionId, name);
    return transactionId;
  }

  /** A transaction ID for a call whose answer is of no interest. */
  pass(): number {
    return ++this.#last;
  }

  /** A transaction ID for what a NetStream is to begin: the answer is a status of it, or an `_error`. */
  begin(messageStreamId: number): number {
    const transactionId = this.pass();
    this.#begins.set(messageStreamId, transactionId);
    return transactionId;
  }

  /** The NetStream whose beginning is refused by an `_error` for this transaction; undefined when it is none. */
  takeBegin(transactionId: number): number | undefined {
    for (const [messageStreamId, own] of this.#begins) {
      if (own !== transactionId) continue;
      this.#begins.delete(messageStreamId);
      return messageStreamId;
    }
    return undefined;
  }

  /** The NetStream is gone. */
  forget(messageStreamId: number): void {
    this.#begins.delete(messageStreamId);
  }

  /** The name of the call that was answered; undefined when nothing like it was asked. */
  take(transactionId: number): string | undefined {
    const name = this.#names.get(transactionId);
    this.#names.delete(transactionId);
    return name;
  }
}
