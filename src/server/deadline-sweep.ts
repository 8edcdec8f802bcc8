/** Something that wants to be called no later than a time, on the server's clock. */
export interface Deadlined {
  /** Milliseconds. May be set to later or earlier at any time. */
  readonly dueAt: number;
  /** It is time, perhaps up to one tick past. Must set a new `dueAt` and must not throw. */
  onDue(now: number): void;
}

/** How late a deadline may be noticed, in milliseconds. */
const TICK = 100;

/** One timer for the deadlines of all connections; it runs only while there are any. */
export class DeadlineSweep {
  readonly #all = new Set<Deadlined>();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(item: Deadlined): void {
    this.#all.add(item);
    this.#timer ??= setInterval(() => this.#sweep(), TICK).unref();
  }

  delete(item: Deadlined): void {
    this.#all.delete(item);
    if (this.#all.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    const now = this.#now();
    for (const item of this.#all) if (item.dueAt <= now) item.onDue(now);
  }
}
