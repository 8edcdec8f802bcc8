/** `push`: a publish is sent on. `pull`: a stream is taken from another server. */
export type RtmpRelayDirection = 'push' | 'pull';

/** What a relay does now. */
export type RtmpRelayState =
  /** A pull that nobody needs now: nobody watches, or somebody publishes the name here. */
  | 'waiting'
  /** On its way to the other server, until that has agreed and, of a pull, sent something. */
  | 'connecting'
  | 'live'
  /** It failed, and waits before the next attempt. */
  | 'backing-off'
  /** The other server said no, or must not be asked: waits for long, or for ever. */
  | 'refused'
  /** It is over. */
  | 'stopped';

/** Why an attempt failed. */
export interface RtmpRelayProblem {
  /** Of an RtmpClientError, a RelayError or an FlvError; undefined of what should not have happened. */
  readonly code: string | undefined;
  /** Names and keys are masked. */
  readonly message: string;
  /** Code of the other server's status, e.g. `NetStream.Publish.BadName`. */
  readonly status: string | undefined;
}

/** A relay as one sees it from outside, at one moment. Plain values: it can be sent as JSON. */
export interface RtmpRelayInfo {
  readonly id: string;
  readonly direction: RtmpRelayDirection;
  /** ID of the rule it comes from; undefined for one of a handler or of `RtmpRelays.push()`. */
  readonly rule: string | undefined;
  readonly app: string;
  readonly name: string;
  /** Where to, or from: names, queries and passwords are masked. */
  readonly url: string;
  readonly state: RtmpRelayState;
  /** When it came into this state, milliseconds since 1970. */
  readonly since: number;
  /** When it tries again, milliseconds since 1970; undefined when it does not, or has not failed. */
  readonly retryAt: number | undefined;
  /** What the last attempt failed with; undefined when it did not. */
  readonly problem: RtmpRelayProblem | undefined;
  /** Times it has been live. */
  readonly connections: number;
  /** Attempts that failed, and connections that were lost. */
  readonly failures: number;
  /** Bytes sent, or received of a pull, over all connections. */
  readonly bytes: number;
  /** Times the destination was too slow and skipped to a key frame. */
  readonly skips: number;
  /** Bytes it was not sent because of that. */
  readonly skippedBytes: number;
  /** Bytes the destination is behind the stream, those that wait in its socket not counted. */
  readonly lag: number;
  /** Bytes that wait in its socket. */
  readonly queuedBytes: number;
}

/** A rule that makes relays, as one sees it from outside. */
export interface RtmpRelayRuleInfo {
  readonly id: string;
  readonly direction: RtmpRelayDirection;
  /** Undefined for all apps. */
  readonly app: string | undefined;
  /** Undefined for all names. */
  readonly name: string | undefined;
  /** Masked. */
  readonly url: string;
  /** Whether it was added at run time, and so is gone after the next start. */
  readonly isTemporary: boolean;
}

/** `relay.connecting`, `relay.live` and `relay.stopped`. */
export interface RelayStateEvent {
  readonly relay: RtmpRelayInfo;
}

/** `relay.failed`: an attempt failed, or a connection was lost. */
export interface RelayFailedEvent {
  readonly relay: RtmpRelayInfo;
  readonly error: Error;
  /** Milliseconds until the next attempt; undefined when there is none. */
  readonly retryIn: number | undefined;
}
