import { MediaClock } from '#lib/flv';
import type { MediaMessage } from '#lib/live';

/** A longer step ahead is a publisher that began anew, in milliseconds: no live stream is silent for so long and goes on. */
const MAX_STEP_FORWARD = 60_000;
/** A stream that begins below this is taken to begin at 0, so that files keep its times. */
const ZERO_BASED = 1000;

/** Where a file begins in the time of its recording, in milliseconds. */
export interface FileBegin {
  /** What is 0 in the file. */
  readonly zero: number;
  /** Where its headers stand. */
  readonly headers: number;
}

/** Turns a stream's times into those of its recording, which goes on where the stream jumps, and over all of its files. */
export class RecordingTimeline {
  readonly #clock = new MediaClock(MAX_STEP_FORWARD);
  #hasFile = false;

  /** The time of a message, in milliseconds. */
  take({ flags, timestamp }: MediaMessage): number {
    return this.#clock.take(flags, timestamp);
  }

  /** The publisher came back. */
  restart(): void {
    this.#clock.restart();
  }

  /**
   * Where a file is to begin whose first message has just been taken: at that message, or where a track is that lags
   * behind it.
   */
  begin(): FileBegin {
    const headers = this.#clock.now - this.#clock.lag;
    const zero = !this.#hasFile && headers < ZERO_BASED ? 0 : headers;
    this.#hasFile = true;
    return { zero, headers };
  }
}
