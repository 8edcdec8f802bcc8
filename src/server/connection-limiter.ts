import { addressKey } from '#lib/rtmpt';

/** Why a connection is refused before it could say anything. */
export type LimitReached = 'maxConnections' | 'maxConnectionsPerAddress';

/** Counts connections, in all and by address: the first 64 bits of an IPv6 one, since one host has all the rest. */
export class ConnectionLimiter {
  readonly #byAddress = new Map<string, number>();
  #count = 0;

  constructor(
    private readonly maxConnections: number,
    private readonly maxPerAddress: number,
  ) {}

  /**
   * Counts a connection in, or says which limit it would exceed.
   *
   * @param address undefined when it is not known yet: then it counts in all only
   */
  enter(address: string | undefined): LimitReached | undefined {
    if (this.#count >= this.maxConnections) return 'maxConnections';
    if (address !== undefined) {
      const key = addressKey(address);
      const ofAddress = this.#byAddress.get(key) ?? 0;
      if (ofAddress >= this.maxPerAddress) return 'maxConnectionsPerAddress';
      this.#byAddress.set(key, ofAddress + 1);
    }
    this.#count++;
    return undefined;
  }

  leave(address: string | undefined): void {
    if (address !== undefined) {
      const key = addressKey(address);
      const ofAddress = this.#byAddress.get(key) ?? 0;
      if (ofAddress === 0) return;
      if (ofAddress > 1) this.#byAddress.set(key, ofAddress - 1);
      else this.#byAddress.delete(key);
    }
    this.#count--;
  }
}
