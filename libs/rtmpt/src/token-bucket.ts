/** So many at once, so many a second on average. Time is in milliseconds of any clock that does not go back. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #last: number;

  constructor(perSecond: number, capacity: number, now: number) {
    this.#perSecond = perSecond;
    this.#tokens = this.#capacity = capacity;
    this.#last = now;
  }

  /** Takes one, if there is one. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Time until there is one again, in milliseconds. */
  wait(now: number): number {
    this.#refill(now);
    return Math.max(0, ((1 - this.#tokens) / this.#perSecond) * 1000);
  }

  /** As good as new: nothing is forgotten with it. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.#capacity;
  }

  #refill(now: number): void {
    if (now <= this.#last) return;
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#last) / 1000) * this.#perSecond);
    this.#last = now;
  }
}
