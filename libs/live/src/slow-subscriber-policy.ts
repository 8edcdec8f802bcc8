import type { LiveStream } from './live-stream.js';
import type { SubscriberCounters } from './stream-counters.js';

/** When a subscriber that reads slower than the stream is behind. */
export interface SlowSubscriberLimits {
  /** Bytes that may wait in its socket before it is sent no more. Defaults to 512 KiB. */
  maxQueuedBytes: number;
  /** Bytes it may be behind the stream before it has to skip to a newer key frame. Defaults to 4 MiB. */
  maxLagBytes: number;
  /** Time that what waits in its socket may take to leave before it is closed, in milliseconds. Defaults to 30,000. */
  maxBlockedTime: number;
}

/** Defaults of {@link SlowSubscriberLimits}. */
export const DEFAULT_SLOW_SUBSCRIBER_LIMITS: Readonly<SlowSubscriberLimits> = Object.freeze({
  maxQueuedBytes: 512 * 1024,
  maxLagBytes: 4 * 1024 * 1024,
  maxBlockedTime: 30_000,
});

/** A subscriber that is behind, at the moment its policy is asked. */
export interface SlowSubscriber {
  /** The stream it reads. */
  readonly stream: LiveStream;
  /** The way its bytes go, e.g. `http-flv`. */
  readonly kind: string | undefined;
  readonly counters: Readonly<SubscriberCounters>;
  /**
   * Why it is asked: it has fallen `maxLagBytes` behind, once more; nothing has left its socket for `maxBlockedTime`,
   * once more; or its socket has drained and it is more than half of `maxLagBytes` behind.
   */
  readonly reason: 'lag' | 'blocked' | 'drained';
  /** Bytes that wait in its socket. */
  readonly queuedBytes: number;
  /** Bytes it is behind the stream beside those. */
  readonly lagBytes: number;
  /** How long its socket has been full, in milliseconds. */
  readonly blockedTime: number;
}

/**
 * What becomes of it: it goes on where it is (`continue`), at a newer key
 * frame as soon as there is one (`skip`), or not at all (`close`).
 */
export type SlowSubscriberDecision = 'continue' | 'skip' | 'close';

/** Decides what becomes of subscribers that are behind. It is asked when one of the limits is passed, not by message. */
export interface SlowSubscriberPolicy {
  /** Must not throw. */
  decide(subscriber: SlowSubscriber): SlowSubscriberDecision;
}

/** Skips while the socket takes anything at all, then closes. */
export const SKIP_THEN_CLOSE: SlowSubscriberPolicy = Object.freeze({
  decide: ({ reason }: SlowSubscriber): SlowSubscriberDecision => (reason === 'blocked' ? 'close' : 'skip'),
});

/** A subscriber that may go on where it is keeps what it was not sent in memory: never more than so many times `maxLagBytes`. */
export const MAX_KEPT_LAGS = 16;
