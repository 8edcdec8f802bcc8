import type { Logger } from '@nestjs/common';

/** Time between two lines, in milliseconds. */
const INTERVAL = 1000;

/** A warning that somebody outside can cause as often as they like: one line a second, with a count of those left out. */
export class RepeatedWarning {
  #last = -Infinity;
  /** Lines that may be written now. */
  #credit: number;
  #suppressed = 0;

  /** @param burst lines that may be written at once when there was none for as many seconds. Defaults to 1. */
  constructor(
    private readonly logger: Logger,
    private readonly message: string,
    private readonly now: () => number,
    private readonly burst = 1,
  ) {
    this.#credit = burst;
  }

  warn(details: object): void {
    const now = this.now();
    this.#credit = Math.min(this.burst, this.#credit + (now - this.#last) / INTERVAL);
    this.#last = now;
    if (this.#credit < 1) {
      this.#suppressed++;
      return;
    }
    this.#credit--;
    this.logger.warn(this.message, this.#suppressed > 0 ? { ...details, before: this.#suppressed } : details);
    this.#suppressed = 0;
  }
}
