/** Milliseconds other tracks go on without the leader before it is not waited for. */
const MAX_SILENCE = 2000;

/**
 * Says how long a stream has gone on without the track that leads, in the time of the stream: however far tracks are apart, of which each
 * comes in its time.
 */
export class LeaderSilence {
  #now = 0;
  #since: number | undefined;

  /** The leader is there. */
  end(): void {
    this.#since = undefined;
  }

  /**
   * Another track is there.
   *
   * @returns milliseconds that are missing of the leader, but for those that it is waited for
   */
  pass(milliseconds: number): number {
    if (milliseconds > this.#now) this.#now = milliseconds;
    this.#since ??= this.#now;
    return this.#now - this.#since - MAX_SILENCE;
  }
}
