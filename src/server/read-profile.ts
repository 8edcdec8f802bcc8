import type { LatencyProfile } from '#lib/live';

/** How the sockets of publishers are read. */
export interface ReadProfile {
  /** Publishers for whose media somebody waits are read as it comes up to this number; all others on the tick. */
  readonly readAtOnce: number;
  /** Time between two reads of one publisher, in milliseconds: the most that gathering adds to latency. */
  readonly tick: number;
  /** Whether those who wait for pictures alone are read once for each picture. */
  readonly pacesPictures?: boolean;
}

export const READ_PROFILES: Readonly<Record<LatencyProfile, ReadProfile>> = Object.freeze({
  realtime: { readAtOnce: 16, tick: 14, pacesPictures: true },
  balanced: { readAtOnce: 8, tick: 90 },
  throughput: { readAtOnce: 2, tick: 325 },
});

/** The longest of all ticks, in milliseconds: what may wait so long can go with the reading of sockets, and wakes nobody up. */
export const LONGEST_TICK = Math.max(...Object.values(READ_PROFILES).map(({ tick }) => tick));
