import type { Logger } from '@nestjs/common';

/** Time between two lines, in milliseconds. */
const INTERVAL = 1000;

/** A warning that somebody outside can cause as often as they like: one line a second, with a count. */
export class RepeatedWarning {
  #last = -Infinity;
  #suppressed = 0;

  constructor(
    private readonly logger: Logger,
    private readonly message: string,
    private readonly now: () => number,
  ) {}

  warn(details: Readonly<Record<string, unknown>>): void {
    const now = this.now();
    if (now - this.#last < INTERVAL) {
      this.#suppressed++;
      return;
    }
    this.logger.warn(this.message, this.#suppressed > 0 ? { ...details, before: this.#suppressed } : details);
    this.#last = now;
    this.#suppressed = 0;
  }
}
