import { RtmpUsageError } from '../errors.js';

/** The calls that wait for an answer, by transaction ID. */
export class PendingCalls {
  readonly #names = new Map<number, string>();
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

  /** The name of the call that was answered; undefined when nothing like it was asked. */
  take(transactionId: number): string | undefined {
    const name = this.#names.get(transactionId);
    this.#names.delete(transactionId);
    return name;
  }
}
