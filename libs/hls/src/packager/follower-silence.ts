/** Milliseconds that the pictures of a playlist go on without the sound that is in it until that is taken to have ended. */
const MAX_SILENCE = 5000;
/** Most milliseconds from one picture to the next that count: clocks may jump. */
const MAX_STEP = 500;

/** Says when the track that leads has gone on for long without the other one in its playlist. */
export class FollowerSilence {
  #passed = 0;
  #last: number | undefined;
  /** When there was something of the other one; milliseconds since 1970. */
  #heardAt: number | undefined;

  /** The other track is there. @param wallTime milliseconds since 1970 */
  end(wallTime: number): void {
    this.#passed = 0;
    this.#last = undefined;
    this.#heardAt = wallTime;
  }

  /**
   * The leader is there: for so long in the time of the stream, and in that of its publisher, who may send each of them in
   * one piece.
   *
   * @param wallTime milliseconds since 1970
   */
  pass(milliseconds: number, wallTime: number): boolean {
    this.#passed += Math.min(Math.max(0, milliseconds - (this.#last ?? milliseconds)), MAX_STEP);
    this.#last = milliseconds;
    this.#heardAt ??= wallTime;
    return this.#passed >= MAX_SILENCE && wallTime - this.#heardAt >= MAX_SILENCE;
  }
}
