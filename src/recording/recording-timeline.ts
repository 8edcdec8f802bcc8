/** A step back longer than this is a publisher that began anew, in milliseconds. */
const MAX_STEP_BACK = 1000;
/** A step forward longer than this is one too: no live stream is silent for so long and goes on. */
const MAX_STEP_FORWARD = 60_000;
/** A stream that begins below this is taken to begin at 0, so that files keep its times. */
const ZERO_BASED = 1000;

/** Turns a stream's times into those of one file, which begins at 0 and goes on where the stream jumps. */
export class RecordingTimeline {
  #base: number;
  #last: number;

  /** @param first time of the file's first coded message */
  constructor(first: number) {
    this.#base = first < ZERO_BASED ? 0 : first;
    this.#last = first;
  }

  /** Milliseconds from the beginning of the file. */
  at(timestamp: number): number {
    const step = timestamp - this.#last;
    if (step < -MAX_STEP_BACK || step > MAX_STEP_FORWARD) this.#base += step;
    this.#last = timestamp;
    return Math.max(0, timestamp - this.#base);
  }
}
