import { MediaFlags, TRACK_ID_SHIFT } from './tag/media-flags.js';

/** A track that goes back by more than this, or ahead of the others, is looked at closely, in milliseconds. */
const MAX_STEP_BACK = 1000;
/** What tells tracks apart: kind and track ID. */
const TRACK_BITS = MediaFlags.Audio | MediaFlags.Video | (0xff << TRACK_ID_SHIFT);

/** Where a track is. */
interface TrackTime {
  /** Its newest timestamp. */
  timestamp: number;
  /** What is taken off its timestamps. */
  base: number;
  /** Where the newest track was at that moment. */
  newest: number;
  /** How far its last long step ahead went beyond what the others had come; 0 when it was undone, or there was none. */
  leap: number;
}

/**
 * The time of media whose publishers change their clocks: it goes on where timestamps jump, by more than a second back or
 * further ahead than no pause is. What lies between tracks stays as it was sent, however far apart they are: every track is
 * measured by its own last timestamp, and by how far the others have come since. Of a jump that all tracks make the first
 * decides; the others follow it when their own timestamps show it, so that late ones of the old clock keep their place.
 *
 * Timestamps are not to wrap: see {@link TimestampUnwrapper}.
 */
export class MediaClock {
  readonly #maxStepForward: number;
  readonly #tracks = new Map<number, TrackTime>();
  #base = 0;
  /** Before the last jump: a single wrong timestamp is left for what was there before. */
  #previousBase = 0;
  #now = 0;
  #newest: number | undefined;
  #jumps = 0;

  /** @param maxStepForward milliseconds: a longer step ahead is no pause but another clock */
  constructor(maxStepForward: number) {
    this.#maxStepForward = maxStepForward;
  }

  /** Time of the message before, in milliseconds; 0 before the first. */
  get now(): number {
    return this.#now;
  }

  /** How often the publisher changed its clock. */
  get jumps(): number {
    return this.#jumps;
  }

  /** How far the track that lags most is behind the newest one, in milliseconds; 0 when they come in order. */
  get lag(): number {
    let lag = 0;
    for (const { timestamp, base, newest } of this.#tracks.values()) lag = Math.max(lag, newest - (timestamp - base));
    return lag;
  }

  /**
   * The time of a message, in milliseconds; the first keeps its own. Messages without a coded picture or sound, whose
   * timestamps mean nothing, get that of the message before.
   *
   * @param flags `MediaFlags` of the message
   */
  take(flags: number, timestamp: number): number {
    if ((flags & MediaFlags.Coded) === 0) return this.#now;
    const key = flags & TRACK_BITS;
    let track = this.#tracks.get(key);
    if (track === undefined) {
      track = { timestamp, base: this.#firstBase(timestamp), newest: 0, leap: 0 };
      this.#tracks.set(key, track);
    } else {
      const step = timestamp - track.timestamp;
      const expected = this.#newest! - track.newest;
      const isUsual = step >= -MAX_STEP_BACK && step <= expected + MAX_STEP_BACK;
      if (!isUsual || track.base !== this.#base) this.#choose(track, step, expected);
      track.timestamp = timestamp;
    }
    const now = timestamp - track.base;
    if (this.#newest === undefined || now > this.#newest) this.#newest = now;
    track.newest = this.#newest;
    this.#now = now;
    return now;
  }

  /** Another publisher follows on the same time: its tracks have nothing to do with those that were there. */
  restart(): void {
    this.#tracks.clear();
  }

  /** A track that begins somewhere else altogether has a clock of its own. */
  #firstBase(timestamp: number): number {
    const newest = this.#newest;
    if (newest === undefined) return this.#base;
    const distance = timestamp - this.#base - newest;
    if (Math.abs(distance) > this.#maxStepForward) this.#jump(timestamp - newest);
    return this.#base;
  }

  /** Finds out by which clock a track goes on: its own, the one that others have jumped to, the one before, or a new one. */
  #choose(track: TrackTime, step: number, expected: number): void {
    if (this.#isBack(track, step)) {
      track.leap = 0;
      return;
    }
    const { base } = track;
    // Where its base would be if it had done what the others did.
    const ideal = base + step - expected;
    let nearest = Math.abs(ideal - this.#base) < Math.abs(ideal - base) ? this.#base : base;
    if (Math.abs(ideal - this.#previousBase) < Math.abs(ideal - nearest)) nearest = this.#previousBase;
    const ahead = ideal - nearest;
    if (expected + ahead < -MAX_STEP_BACK || ahead > this.#maxStepForward) nearest = ideal;
    else if (nearest === base && ahead > MAX_STEP_BACK) track.leap = ahead;
    if (nearest !== base && nearest !== this.#base) this.#jump(nearest);
    track.base = nearest;
  }

  /** Whether a track had leapt ahead by mistake, alone, and comes back to the others. */
  #isBack(track: TrackTime, step: number): boolean {
    const { leap } = track;
    if (leap === 0 || Math.abs(step + leap) > MAX_STEP_BACK) return false;
    let others = -Infinity;
    for (const other of this.#tracks.values()) {
      if (other !== track) others = Math.max(others, other.timestamp - other.base);
    }
    return Math.abs(track.timestamp - track.base - leap - others) <= MAX_STEP_BACK;
  }

  #jump(base: number): void {
    this.#previousBase = this.#base;
    this.#base = base;
    this.#jumps++;
  }
}
