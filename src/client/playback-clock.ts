import { MediaFlags, TimestampUnwrapper } from '#lib/flv';

/** The time of what is played: timestamps, which wrap, as milliseconds that do not. */
export class PlaybackClock {
  readonly #unwrapper = new TimestampUnwrapper();

  /** Time of the last coded message. */
  get now(): number {
    return this.#unwrapper.value ?? 0;
  }

  /** The time of a message. Only coded ones move it on: servers send sequence headers at 0 wherever the stream is. */
  take(timestamp: number, flags: number): number {
    if (flags & MediaFlags.Coded) return this.#unwrapper.unwrap(timestamp);
    return this.#unwrapper.value ?? timestamp;
  }
}
