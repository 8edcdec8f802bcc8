import { AddressBook } from './address-book.js';
import type { TunnelFault } from './errors.js';
import { resolveRtmptLimits, type RtmptLimits } from './limits.js';
import { createSessionId, type RandomSource } from './session-id.js';
import { TunnelSession } from './tunnel-session.js';

/** How often addresses are gone through, in milliseconds. */
const ADDRESS_SWEEP_INTERVAL = 1000;

/** All tunnels of a server. It decides who may open one. */
export class TunnelRegistry<R> {
  /** The limits in force. */
  readonly limits: Readonly<RtmptLimits>;
  readonly #random: RandomSource;
  readonly #tunnels = new Map<string, TunnelSession<R>>();
  readonly #addresses: AddressBook;
  #addressesSweptAt = -Infinity;
  #isShuttingDown = false;

  /**
   * @param random a cryptographic source: session IDs are all a peer needs to prove that a tunnel is its own
   * @param limits see {@link RtmptLimits}
   * @throws {RtmptUsageError} for a limit that is none
   */
  constructor(random: RandomSource, limits: Partial<RtmptLimits> = {}) {
    this.#random = random;
    this.limits = resolveRtmptLimits(limits);
    this.#addresses = new AddressBook(this.limits);
  }

  /** Tunnels at the moment. */
  get size(): number {
    return this.#tunnels.size;
  }

  /** Addresses whose openings are remembered. */
  get trackedAddresses(): number {
    return this.#addresses.size;
  }

  /** The tunnel with this ID, unless it has ended. */
  get(id: string): TunnelSession<R> | undefined {
    return this.#tunnels.get(id);
  }

  /** All tunnels. They may be closed on the way. */
  [Symbol.iterator](): IterableIterator<TunnelSession<R>> {
    return this.#tunnels.values();
  }

  /** A new tunnel, or why there is none. */
  open(address: string, now: number): TunnelSession<R> | TunnelFault {
    if (this.#isShuttingDown) return { code: 'RTMPT_ERR_SHUTTING_DOWN', detail: `for ${address}` };
    const { maxTunnels } = this.limits;
    const fault = this.#addresses.enter(address, now);
    if (fault !== undefined) return fault;
    if (this.#tunnels.size >= maxTunnels) {
      this.#addresses.leave(address);
      return { code: 'RTMPT_ERR_TOO_MANY_TUNNELS', detail: `limit is ${maxTunnels}` };
    }
    const id = createSessionId(this.#random);
    const tunnel = new TunnelSession<R>(id, address, this.limits, now, () => this.#remove(tunnel));
    this.#tunnels.set(id, tunnel);
    return tunnel;
  }

  /** Opens no more; the tunnels there are go on. */
  refuseNew(): void {
    this.#isShuttingDown = true;
  }

  /** Time passed. Gives the tunnels that are to be polled because of it; call it some times a second. */
  sweep(now: number): Array<TunnelSession<R>> {
    if (now - this.#addressesSweptAt >= ADDRESS_SWEEP_INTERVAL) {
      this.#addressesSweptAt = now;
      this.#addresses.sweep(now);
    }
    const due: Array<TunnelSession<R>> = [];
    for (const tunnel of this.#tunnels.values()) {
      const deadline = tunnel.nextDeadline();
      if (deadline === undefined || deadline > now) continue;
      tunnel.handleDeadline(now);
      due.push(tunnel);
    }
    return due;
  }

  #remove(tunnel: TunnelSession<R>): void {
    if (this.#tunnels.delete(tunnel.id)) this.#addresses.leave(tunnel.address);
  }
}
