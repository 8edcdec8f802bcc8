import type { RelayAddress } from './relay-address.js';
import type { Relay, RelayObserver } from './relay.js';

/** A rule that makes relays. */
export interface RelayRule<TRule> {
  readonly id: string;
  readonly rule: TRule;
  readonly address: RelayAddress;
  /** Whether it was added at run time. */
  readonly isTemporary: boolean;
}

/** Where all relays of a server are listed. */
export interface RelayBook extends RelayObserver {
  /** An ID for a relay. */
  nextId(): string;
  /** Lists a relay until it has stopped, and starts it. */
  start(relay: Relay): void;
}
