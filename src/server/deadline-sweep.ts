import type { RepeatedTask, Ticker } from './ticker.js';

/** Something that wants to be called no later than a time, on the server's clock. */
export interface Deadlined {
  /** Milliseconds. May be set to later or earlier at any time. */
  readonly dueAt: number;
  /** It is time, perhaps 0.4 s past it. Must set a new `dueAt` and must not throw. */
  onDue(now: number): void;
}

/**
 * Deadlines are looked at so often, in milliseconds, or somewhat later, so that every tick is in time for it: one may be
 * noticed 0.4 s late. No oftener, since of hundreds of connections no object is in a cache by then.
 */
const INTERVAL = 240;
const SLACK = 160;

/** Looks after the deadlines of all connections, while there are any. */
export class DeadlineSweep implements RepeatedTask {
  readonly interval = INTERVAL;
  readonly slack = SLACK;
  readonly #all = new Set<Deadlined>();
  readonly #ticker: Ticker;

  constructor(ticker: Ticker) {
    this.#ticker = ticker;
  }

  add(item: Deadlined): void {
    this.#all.add(item);
    this.#ticker.add(this);
  }

  delete(item: Deadlined): void {
    this.#all.delete(item);
    if (this.#all.size === 0) this.#ticker.delete(this);
  }

  run(now: number): void {
    for (const item of this.#all) if (item.dueAt <= now) item.onDue(now);
  }
}
