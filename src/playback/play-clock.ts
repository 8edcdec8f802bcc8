import { type FlvMessage, MediaClock } from '#lib/flv';

/** A step in a file's times that is longer than this is no pause to be waited for, in milliseconds. */
const MAX_STEP = 10_000;

/** Says when what is recorded is due: in real time, as far ahead as the player keeps media. */
export class PlayClock {
  /** Times of the file, which may jump, as such that go on. */
  #media = new MediaClock(MAX_STEP);
  #message: FlvMessage | undefined;
  #time = 0;
  /** Media time at the time {@link #since}. */
  #from = 0;
  #since: number | undefined;
  /** Media time of the newest message sent. */
  #sent = 0;
  #position = 0;

  /** Time of the newest message sent, as the file says it, in milliseconds. */
  get position(): number {
    return this.#position;
  }

  /** Media time the player has got to, if it played from the moment it got something. */
  #playhead(now: number): number {
    return this.#since === undefined ? this.#from : this.#from + (now - this.#since);
  }

  /**
   * How long a picture or sound has to wait, in milliseconds; 0 or less when it is due. May be asked again.
   *
   * @param lead milliseconds of media the player keeps
   */
  wait(message: FlvMessage, lead: number, now: number): number {
    if (message !== this.#message) {
      this.#message = message;
      this.#time = this.#media.take(message.flags, message.timestamp);
    }
    if (this.#since === undefined) {
      this.#since = now;
      this.#from = this.#sent = this.#time;
      this.#position = message.timestamp;
    }
    // A player that ran out waits: it is not owed what it could not be sent in time.
    const given = Math.max(this.#sent, this.#time);
    if (this.#playhead(now) > given) {
      this.#from = given;
      this.#since = now;
    }
    return this.#time - this.#playhead(now) - lead;
  }

  /** The message that was last asked about is sent. */
  sent({ timestamp }: FlvMessage): void {
    if (this.#time <= this.#sent) return;
    this.#sent = this.#time;
    this.#position = timestamp;
  }

  /** Begins anew with the next message, as after a seek. */
  reset(): void {
    this.#since = undefined;
    this.#message = undefined;
    this.#media = new MediaClock(MAX_STEP);
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
