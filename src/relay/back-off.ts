/** How long a relay waits before it tries again, in milliseconds. */
export interface BackOffLimits {
  /** After the first failure; it doubles with each that follows. */
  readonly firstRetry: number;
  /** It grows no further. */
  readonly maxRetry: number;
  /** After a refusal: who was told no asks again when somebody may have changed something. */
  readonly refusedRetry: number;
}

/** Waits that grow, and differ so that many who lost the same server do not come back at once. */
export class BackOff {
  #failures = 0;

  /** @param random from 0 to 1 */
  constructor(
    private readonly limits: BackOffLimits,
    private readonly random: () => number = Math.random,
  ) {}

  /** The next wait: from half of it to all of it. */
  next(isRefused: boolean): number {
    const { firstRetry, maxRetry, refusedRetry } = this.limits;
    const grown = Math.min(maxRetry, firstRetry * 2 ** Math.min(this.#failures++, 30));
    const longest = isRefused ? Math.max(refusedRetry, grown) : grown;
    return Math.round(longest * (0.5 + this.random() / 2));
  }

  /** It worked: the next failure is the first again. */
  reset(): void {
    this.#failures = 0;
  }
}
