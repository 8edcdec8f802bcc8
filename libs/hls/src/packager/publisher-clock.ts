/**
 * Milliseconds a track may step back, or forward without as much time having passed, or be away from another one of the same
 * clock: beyond, it is taken for another clock.
 */
const MAX_STEP = 1000;
/** Milliseconds two tracks of one clock may be apart when the second of them begins. */
const MAX_SKEW = 10_000;
/** Where the first message is put, so that tracks which begin before it have times too. */
const FIRST_TIME = MAX_SKEW;

interface TrackTime {
  /** The newest time of the publisher's that is believed, and where the newest message was put. */
  last: number;
  placed: number;
  /** Time of the stream minus that of the publisher. */
  offset: number;
  /** Between the last two messages. */
  step: number;
  /** When the last message was published, milliseconds since 1970. */
  wallTime: number;
  /** What the publisher said of a message that did not fit, and the offset it would have there. */
  strayTime: number | undefined;
  strayOffset: number;
}

/**
 * The time of a stream, from the times a publisher gives the messages of its tracks. It begins where it likes, and every track goes
 * on from where it is when its clock jumps; tracks that jump alike stay together. A single message whose time does not
 * fit is put where it came.
 */
export class PublisherClock {
  readonly #tracks = new Map<number, TrackTime>();
  /** Where the next message is put when there is none before. */
  #base = FIRST_TIME;
  #now = FIRST_TIME;
  #wallOffset = 0;

  /** When a moment of the stream was, milliseconds since 1970. */
  wallTime(milliseconds: number): number {
    return milliseconds + this.#wallOffset;
  }

  /** Another publisher follows, behind everything there was. */
  restart(): void {
    this.#tracks.clear();
    this.#base = this.#now + MAX_SKEW;
  }

  /**
   * The time of a message in the stream.
   *
   * @param key of its track
   * @param timestamp milliseconds as the publisher counts them
   * @param wallTime when it was published, milliseconds since 1970
   */
  take(key: number, timestamp: number, wallTime: number): number {
    let track = this.#tracks.get(key);
    if (track === undefined) {
      track = this.#begin(timestamp, wallTime);
      this.#tracks.set(key, track);
    } else this.#continue(track, timestamp, wallTime);
    if (track.placed > this.#now) this.#now = track.placed;
    return track.placed;
  }

  #begin(timestamp: number, wallTime: number): TrackTime {
    let offset: number | undefined;
    if (this.#tracks.size === 0) {
      offset = this.#base - timestamp;
      this.#now = this.#base;
      this.#wallOffset = wallTime - this.#base;
    } else offset = this.#offsetNear(timestamp, this.#now, MAX_SKEW) ?? this.#now - timestamp;
    const placed = timestamp + offset;
    return { last: timestamp, placed, offset, step: 0, wallTime, strayTime: undefined, strayOffset: 0 };
  }

  #continue(track: TrackTime, timestamp: number, wallTime: number): void {
    const most = MAX_STEP + Math.max(0, wallTime - track.wallTime);
    track.wallTime = wallTime;
    if (isNear(timestamp, track.last, most) || this.#isTogether(track, timestamp)) {
      track.strayTime = undefined;
      this.#place(track, timestamp);
    } else if (track.strayTime !== undefined && isNear(timestamp, track.strayTime, most)) {
      track.strayTime = undefined;
      track.offset = track.strayOffset;
      track.last = timestamp;
      this.#place(track, timestamp);
    } else {
      const next = track.placed + track.step;
      track.strayTime = timestamp;
      track.strayOffset = this.#offsetNear(timestamp, next, MAX_STEP) ?? next - timestamp;
      track.placed = timestamp + track.strayOffset;
    }
  }

  #place(track: TrackTime, timestamp: number): void {
    const placed = timestamp + track.offset;
    track.step = Math.min(Math.max(0, placed - track.placed), MAX_STEP);
    track.placed = placed;
    if (timestamp > track.last) track.last = timestamp;
  }

  /** Whether another track of the same clock is at that time. */
  #isTogether(track: TrackTime, timestamp: number): boolean {
    for (const other of this.#tracks.values()) {
      const isSame = other !== track && other.offset === track.offset && other.strayTime === undefined;
      if (isSame && Math.abs(timestamp - other.last) <= MAX_STEP) return true;
    }
    return false;
  }

  /** The clock of a track, or the one it may be about to have, by which a time is near another. */
  #offsetNear(timestamp: number, time: number, most: number): number | undefined {
    for (const { offset, strayTime, strayOffset } of this.#tracks.values()) {
      if (strayTime !== undefined && Math.abs(timestamp + strayOffset - time) <= most) return strayOffset;
      if (Math.abs(timestamp + offset - time) <= most) return offset;
    }
    return undefined;
  }
}

function isNear(timestamp: number, last: number, most: number): boolean {
  return timestamp - last <= most && last - timestamp <= MAX_STEP;
}
