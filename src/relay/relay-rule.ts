import type { LocatedPlace } from './located-place.js';
import type { RelayAddress } from './relay-address.js';
import type { RtmpPullRule } from './relay-options.js';
import type { Relay, RelayObserver } from './relay.js';

/** A rule that makes relays. */
export interface RelayRule<TRule, TPlace = RelayAddress> {
  readonly id: string;
  readonly rule: TRule;
  readonly address: TPlace;
  /** Whether it was added at run time. */
  readonly isTemporary: boolean;
}

/** A rule that makes pulls. */
export type PullRelayRule = RelayRule<RtmpPullRule, RelayAddress | LocatedPlace>;

/** Where all relays of a server are listed. */
export interface RelayBook extends RelayObserver {
  /** An ID for a relay. */
  nextId(): string;
  /** Lists a relay until it has stopped, and starts it. */
  start(relay: Relay): void;
}
