/** Something that is done again and again. */
export interface RepeatedTask {
  /** Milliseconds between two runs. */
  readonly interval: number;
  /** How much later it may be done, in milliseconds, if it can go with another then. */
  readonly slack: number;
  /** Keeps the process running. */
  readonly isNeeded?: boolean;
  run(now: number): void;
}

/**
 * One timer for all that a server does again and again. Waking up an idle processor costs more than most of what is done
 * then, so tasks that can wait for another are done together with it.
 */
export class Ticker {
  /** When each is to be done next. */
  readonly #due = new Map<RepeatedTask, number>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  /** Begins with it; its first run is an interval from now. */
  add(task: RepeatedTask): void {
    if (this.#due.has(task)) return;
    const now = performance.now();
    this.#due.set(task, now + task.interval);
    this.#arm(now);
  }

  delete(task: RepeatedTask): void {
    if (this.#due.delete(task)) this.#arm(performance.now());
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    const now = performance.now();
    try {
      for (const [task, due] of this.#due) {
        if (due > now) continue;
        // Those without slack keep their rhythm, unless they are too late for it.
        const next = task.slack === 0 && now < due + task.interval ? due : now;
        this.#due.set(task, next + task.interval);
        task.run(now);
      }
    } finally {
      this.#arm(performance.now()); // one that throws ends none of the others
    }
  }

  #arm(now: number): void {
    let at = Infinity;
    let isNeeded = false;
    for (const [task, due] of this.#due) {
      at = Math.min(at, due + task.slack);
      isNeeded ||= task.isNeeded === true;
    }
    if (at !== this.#timerAt) {
      clearTimeout(this.#timer);
      this.#timerAt = at;
      this.#timer = at === Infinity ? undefined : setTimeout(() => this.#onTimer(), Math.max(1, Math.ceil(at - now)));
    }
    if (isNeeded) this.#timer?.ref();
    else this.#timer?.unref();
  }
}
