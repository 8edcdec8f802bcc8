import { TimestampUnwrapper } from '#lib/flv';

/** What lies between the newest message before a gap and the first one behind it, in milliseconds. */
const GAP = 40;

/**
 * The time of a stream: publishers' timestamps, which wrap, as milliseconds
 * that do not. It starts where the publisher starts, or behind another one.
 */
export class StreamTimeline {
  readonly #unwrapper = new TimestampUnwrapper();
  /** Where the first message is put; undefined to leave it where it is. */
  #base: number | undefined;
  #offset = 0;
  #now: number | undefined;
  #newest: number | undefined;

  /** The time of the message before; undefined before the first. */
  get now(): number | undefined {
    return this.#now ?? this.#base;
  }

  /** The time of a coded message. */
  take(timestamp: number): number {
    const time = this.#unwrapper.unwrap(timestamp);
    if (this.#now === undefined) {
      this.#offset = (this.#base ?? time) - time;
      this.#newest = time + this.#offset;
    }
    const now = time + this.#offset;
    this.#now = now;
    if (now > this.#newest!) this.#newest = now;
    return now;
  }

  /** Goes on where another one has ended; to be called before the first message. */
  continue(previous: StreamTimeline): void {
    const end = previous.#newest;
    this.#base = end === undefined ? previous.#base : end + GAP;
  }
}
