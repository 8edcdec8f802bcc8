import { RtmpProtocolError } from '../errors.js';

/** A bucket of commands that refills with time: a flood of commands must not occupy the application. */
export class CommandRate {
  readonly #perSecond: number;
  #tokens: number;
  #last: number;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond * 2;
    this.#last = now;
  }

  /** @throws {RtmpProtocolError} RTMP_ERR_COMMAND_RATE when the bucket is empty */
  take(now: number): void {
    const refill = ((now - this.#last) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond * 2, this.#tokens + Math.max(0, refill));
    this.#last = Math.max(this.#last, now);
    if (this.#tokens < 1) {
      throw new RtmpProtocolError('RTMP_ERR_COMMAND_RATE', `limit is ${this.#perSecond}, twice that in a burst`);
    }
    this.#tokens -= 1;
  }
}
