/** How latency is traded for CPU. */
export type LatencyProfile = 'realtime' | 'balanced' | 'throughput';

/**
 * When what has been encoded is sent. It is the number of writes that costs,
 * so with many subscribers messages wait for each other.
 */
export interface FlushProfile {
  /** Feeds with up to so many subscribers are flushed whenever something came. */
  readonly flushAtOnce: number;
  /** Whether a picture is sent at once, and takes waiting audio along. */
  readonly isPictureUrgent: boolean;
  /** The longest a message waits, in milliseconds. */
  readonly interval: number;
}

/**
 * The flush side of the three latency profiles. Half of the pictures wait for less than about two thirds of the
 * interval: under 60 ms in `balanced`, under 10 in `realtime`, under 190 in `throughput` is what they are for.
 */
export const FLUSH_PROFILES: Readonly<Record<LatencyProfile, FlushProfile>> = Object.freeze({
  realtime: { flushAtOnce: 8, isPictureUrgent: true, interval: 30 },
  balanced: { flushAtOnce: 8, isPictureUrgent: false, interval: 88 },
  throughput: { flushAtOnce: 0, isPictureUrgent: false, interval: 315 },
});
