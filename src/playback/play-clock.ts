/** A step in a file's times that is longer than this is no pause to be waited for, in milliseconds. */
const MAX_STEP = 10_000;
/** A step back longer than this is a new beginning, in milliseconds. */
const MAX_STEP_BACK = 1000;

/** Says when what is recorded is due: in real time, as far ahead as the player keeps media. */
export class PlayClock {
  /** Media time at the time {@link #since}. */
  #from = 0;
  #since: number | undefined;
  /** Time of the newest message sent. */
  #sent = 0;

  /** Time of the newest message sent, in milliseconds. */
  get position(): number {
    return this.#sent;
  }

  /** Media time the player has got to, if it played from the moment it got something. */
  #playhead(now: number): number {
    return this.#since === undefined ? this.#from : this.#from + (now - this.#since);
  }

  /**
   * How long a message has to wait, in milliseconds; 0 or less when it is due.
   *
   * @param lead milliseconds of media the player keeps
   */
  wait(timestamp: number, lead: number, now: number): number {
    if (this.#since === undefined) {
      this.#since = now;
      this.#from = this.#sent = timestamp;
    }
    const step = timestamp - this.#sent;
    if (step > MAX_STEP || step < -MAX_STEP_BACK) {
      this.#from += step;
      this.#sent = timestamp;
    }
    // A player that ran out waits: it is not owed what it could not be sent in time.
    if (this.#playhead(now) > this.#sent) {
      this.#from = this.#sent;
      this.#since = now;
    }
    return timestamp - this.#playhead(now) - lead;
  }

  /** A message is sent. */
  sent(timestamp: number): void {
    if (timestamp > this.#sent) this.#sent = timestamp;
  }

  /** Begins anew with the next message, as after a seek. */
  reset(): void {
    this.#since = undefined;
  }

  /** The player stands still. */
  pause(now: number): void {
    this.#from = this.#playhead(now);
    this.#since = now;
  }

  /** It goes on: the time since pause() does not count. */
  resume(now: number): void {
    if (this.#since !== undefined) this.#since = now;
  }
}
