/** How long wrong attempts are remembered, in milliseconds. */
const WINDOW = 60_000;
/** Addresses that are remembered; beyond, the oldest is forgotten. */
const MAX_ADDRESSES = 1024;

interface Attempts {
  count: number;
  readonly since: number;
}

/** Counts wrong credentials by address, so that tokens cannot be tried by the thousand. */
export class AttemptLimiter {
  readonly #byAddress = new Map<string, Attempts>();

  constructor(private readonly limit: number) {}

  /** Whether an address has to wait. @param now milliseconds */
  isBlocked(address: string, now: number): boolean {
    const attempts = this.#byAddress.get(address);
    if (attempts === undefined) return false;
    if (now - attempts.since < WINDOW) return attempts.count >= this.limit;
    this.#byAddress.delete(address);
    return false;
  }

  /** An attempt failed. */
  count(address: string, now: number): void {
    const attempts = this.#byAddress.get(address);
    if (attempts !== undefined && now - attempts.since < WINDOW) {
      attempts.count++;
      return;
    }
    if (this.#byAddress.size >= MAX_ADDRESSES) this.#byAddress.delete(this.#byAddress.keys().next().value!);
    this.#byAddress.set(address, { count: 1, since: now });
  }

  /** An attempt was right. */
  forget(address: string): void {
    this.#byAddress.delete(address);
  }
}
