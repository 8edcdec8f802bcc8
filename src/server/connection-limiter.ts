/** Why a connection is refused before it could say anything. */
export type LimitReached = 'maxConnections' | 'maxConnectionsPerAddress';

/** Counts connections, in all and by address. */
export class ConnectionLimiter {
  readonly #byAddress = new Map<string, number>();
  #count = 0;

  constructor(
    private readonly maxConnections: number,
    private readonly maxPerAddress: number,
  ) {}

  /** Counts a connection in, or says which limit it would exceed. */
  enter(address: string): LimitReached | undefined {
    const ofAddress = this.#byAddress.get(address) ?? 0;
    if (this.#count >= this.maxConnections) return 'maxConnections';
    if (ofAddress >= this.maxPerAddress) return 'maxConnectionsPerAddress';
    this.#count++;
    this.#byAddress.set(address, ofAddress + 1);
    return undefined;
  }

  leave(address: string): void {
    const ofAddress = this.#byAddress.get(address) ?? 0;
    if (ofAddress === 0) return;
    this.#count--;
    if (ofAddress > 1) this.#byAddress.set(address, ofAddress - 1);
    else this.#byAddress.delete(address);
  }
}
