import { addressKey } from './address-key.js';
import type { TunnelFault } from './errors.js';
import type { RtmptLimits } from './limits.js';
import { TokenBucket } from './token-bucket.js';

type AddressLimits = Pick<
  RtmptLimits,
  'maxTunnelsPerAddress' | 'maxOpensPerSecond' | 'maxOpenBurst' | 'maxTrackedAddresses'
>;

/** How many tunnels each address has, and how fast it opens them. */
export class AddressBook {
  readonly #limits: Readonly<AddressLimits>;
  readonly #counts = new Map<string, number>();
  /** The oldest first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: Readonly<AddressLimits>) {
    this.#limits = limits;
  }

  /** Addresses something is known about. */
  get size(): number {
    return Math.max(this.#buckets.size, this.#counts.size);
  }

  /** Counts an opening in, or says why it may not be. One that is refused counts against the rate all the same. */
  enter(address: string, now: number): TunnelFault | undefined {
    const key = addressKey(address);
    const { maxOpensPerSecond, maxTunnelsPerAddress } = this.#limits;
    if (!this.#bucket(key, now).take(now)) {
      return { code: 'RTMPT_ERR_OPEN_RATE', detail: `${key}, limit is ${maxOpensPerSecond} per second` };
    }
    const count = this.#counts.get(key) ?? 0;
    if (count >= maxTunnelsPerAddress) {
      return { code: 'RTMPT_ERR_TOO_MANY_TUNNELS_OF_ADDRESS', detail: `${key}, limit is ${maxTunnelsPerAddress}` };
    }
    this.#counts.set(key, count + 1);
    return undefined;
  }

  leave(address: string): void {
    const key = addressKey(address);
    const count = this.#counts.get(key) ?? 0;
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }

  /** Forgets addresses that have been quiet for long enough. */
  sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
  }

  #bucket(key: string, now: number): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      const { maxOpensPerSecond, maxOpenBurst, maxTrackedAddresses } = this.#limits;
      if (this.#buckets.size >= maxTrackedAddresses) this.#forgetOldest();
      bucket = new TokenBucket(maxOpensPerSecond, maxOpenBurst, now);
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
