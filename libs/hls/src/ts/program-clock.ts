/** Longest time between two references, in 90 kHz: 100 ms (ISO 13818-1 §2.7.2). */
export const MAX_CLOCK_STEP = 9000;
/** How far references are before decoding, in 90 kHz. */
const LEAD = 45_000;
/** A longer gap, in 90 kHz, is none of the stream's: it is not filled. */
const MAX_GAP = 1_000_000;

/** The program clock of a transport stream, as its references tell it: it is never silent for longer than it may be. */
export class ProgramClock {
  #last: number | undefined;

  /**
   * The next reference that has to stand by itself, in front of what is decoded at a time.
   *
   * @returns undefined when none is due any more
   */
  due(decoding: number): number | undefined {
    if (this.#last === undefined) return undefined;
    const gap = decoding - LEAD - this.#last;
    return gap > MAX_CLOCK_STEP && gap <= MAX_GAP ? (this.#last += MAX_CLOCK_STEP) : undefined;
  }

  /**
   * The reference that goes with what is decoded at a time. It does not go back behind those that stood by themselves for
   * another track, unless that would be too late for decoding.
   */
  tell(decoding: number): number {
    const wanted = decoding - LEAD;
    const isLate = this.#last === undefined || this.#last > decoding;
    return (this.#last = isLate ? wanted : Math.max(wanted, this.#last!));
  }
}
