/** How long wrong attempts are remembered, and an address has to wait after the last, in milliseconds. */
const WINDOW = 60_000;
/** Addresses that are remembered; beyond, the one that has been quiet for longest is forgotten. */
const MAX_ADDRESSES = 1024;

interface Attempts {
  readonly count: number;
  /** When the last was made. */
  readonly last: number;
}

/** Counts wrong credentials by address, so that tokens cannot be tried by the thousand. */
export class AttemptLimiter {
  /** In the order of their last attempts. */
  readonly #byAddress = new Map<string, Attempts>();

  constructor(private readonly limit: number) {}

  /** Whether an address has to wait. @param now milliseconds */
  isBlocked(address: string, now: number): boolean {
    return this.#countOf(address, now) >= this.limit;
  }

  /** An attempt failed. Not for an address that has to wait: it would wait for longer. */
  count(address: string, now: number): void {
    const count = this.#countOf(address, now) + 1;
    this.#byAddress.delete(address);
    if (this.#byAddress.size >= MAX_ADDRESSES) this.#byAddress.delete(this.#byAddress.keys().next().value!);
    this.#byAddress.set(address, { count, last: now });
  }

  /** An attempt was right. */
  forget(address: string): void {
    this.#byAddress.delete(address);
  }

  #countOf(address: string, now: number): number {
    const attempts = this.#byAddress.get(address);
    return attempts === undefined || now - attempts.last >= WINDOW ? 0 : attempts.count;
  }
}
