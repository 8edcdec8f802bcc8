/** Empty answers in a row before the interval grows. */
const PATIENCE = 10;
const LEAST = 0x01;
const MOST = 0x21;

/**
 * The first byte of every answer to /send and /idle: how long the client should wait before it polls again,
 * in units of about 16 ms (0x21 is half a second). FFmpeg and librtmp ignore it.
 *
 * It follows Red5, whose steps Flash is used to: 0x01 while data flows, and from the 11th empty answer on
 * 0x03, 0x05, 0x09, 0x11, 0x21. 0 tells that the session is over.
 */
export class PollingInterval {
  #emptyAnswers = 0;
  #interval = LEAST;

  /** The interval for an answer with or without data. */
  next(isEmpty: boolean): number {
    if (!isEmpty) {
      this.#emptyAnswers = 0;
      this.#interval = LEAST;
    } else if (++this.#emptyAnswers > PATIENCE) {
      this.#interval = Math.min(MOST, (this.#interval - 1 || 1) * 2 + 1);
    }
    return this.#interval;
  }
}
