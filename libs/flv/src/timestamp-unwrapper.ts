const HALF = 2 ** 31;

/** A step across the wrap at 2^31 that is longer than this is taken for a new start instead, in ms. */
const MAX_WRAP_STEP = 10 * 60 * 1000;

/**
 * Turns the 32-bit timestamps of a stream, which wrap, into milliseconds that go on growing. Small steps back, as
 * between audio and video, stay small steps back. Most publishers wrap at 2^32, FFmpeg and OBS at 2^31 because they
 * mask the top bit; both wraps come out as a small step. Steps are taken by serial number arithmetic (RFC 1982).
 *
 * Give it the timestamps of coded media only: OBS sends sequence headers and its last message with timestamp 0.
 */
export class TimestampUnwrapper {
  #last = 0;
  #value: number | undefined;

  /** The last value given out; undefined before the first. */
  get value(): number | undefined {
    return this.#value;
  }

  /** The first timestamp stands for itself; every other is as far from the one before as they say. */
  unwrap(timestamp: number): number {
    const now = timestamp >>> 0;
    this.#value = this.#value === undefined ? now : this.#value + step(this.#last, now);
    this.#last = now;
    return this.#value;
  }

  /** Forgets everything: the next timestamp is a first one. */
  reset(): void {
    this.#value = undefined;
  }
}

function step(from: number, to: number): number {
  const difference = (to - from) | 0;
  if (from >= HALF || to >= HALF) return difference;
  const across = difference < 0 ? difference + HALF : difference - HALF;
  return Math.abs(across) <= MAX_WRAP_STEP && Math.abs(difference) > MAX_WRAP_STEP ? across : difference;
}
