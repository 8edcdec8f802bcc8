import { addressKey } from '#lib/rtmpt';
import type { RtmpSession } from '../session/rtmp-session.js';

/** A pull on demand, as far as its place is concerned. */
export interface DemandedPull {
  /** Whether it ever was live. */
  readonly wasLive: boolean;
  /** Since when nobody waits for it, in milliseconds on the clock of `now`; undefined while somebody does. */
  readonly unwantedSince: number | undefined;
  stop(): void;
}

/** What the source said is good for so long at least, in milliseconds: it is asked no more often for the places there are. */
const LEAST_STAY = 1000;

/**
 * The places of pulls on demand. Anybody may ask for names that nobody publishes, so pulls that were never live are
 * shared out among the addresses that asked: when all places are taken,
 *
 * - whoever has fewer of them gets one of the address with the most,
 * - anybody else gets one that nobody has waited for in the last second.
 */
export class DemandPlaces<TPull extends DemandedPull> {
  /** Who asked for it first, in the order of their beginning. */
  readonly #askers = new Map<TPull, string>();

  constructor(
    private readonly limit: number,
    private readonly now: () => number,
  ) {}

  /** Makes sure that there is a place. @returns false when there is none to be had */
  makeRoom(session: RtmpSession | undefined): boolean {
    if (this.#askers.size < this.limit) return true;
    const pull = this.#ofLargest(askerOf(session)) ?? this.#unwanted([...this.#askers.keys()], LEAST_STAY);
    if (pull === undefined) return false;
    this.leave(pull);
    pull.stop();
    return true;
  }

  enter(pull: TPull, session: RtmpSession | undefined): void {
    this.#askers.set(pull, askerOf(session));
  }

  leave(pull: TPull): void {
    this.#askers.delete(pull);
  }

  /** One of the address that has the most, if that has more even without it. */
  #ofLargest(asker: string): TPull | undefined {
    const byAsker = new Map<string, TPull[]>();
    for (const [pull, of] of this.#askers) {
      if (pull.wasLive) continue;
      const pulls = byAsker.get(of);
      if (pulls === undefined) byAsker.set(of, [pull]);
      else pulls.push(pull);
    }
    const own = byAsker.get(asker)?.length ?? 0;
    let largest: TPull[] = [];
    for (const pulls of byAsker.values()) if (pulls.length > largest.length) largest = pulls;
    return largest.length > own + 1 ? (this.#unwanted(largest, 0) ?? largest[0]) : undefined;
  }

  /** The first that nobody has waited for in so many milliseconds. */
  #unwanted(pulls: readonly TPull[], stay: number): TPull | undefined {
    const before = this.now() - stay;
    return pulls.find(({ wasLive, unwantedSince = Infinity }) => !wasLive && unwantedSince <= before);
  }
}

/** Those who come without a session count as one. */
function askerOf(session: RtmpSession | undefined): string {
  return session === undefined ? '' : addressKey(session.remoteAddress);
}
