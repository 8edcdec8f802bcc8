import type { AdminHistory } from './admin-api.js';
import type { Rates } from './stream-rates.js';

/** Samples kept of a stream: five minutes, 10 kB. */
const MAX_SAMPLES = 300;

/** The last minutes of one publish, for charts. */
export class StreamHistory implements AdminHistory {
  readonly times: number[] = [];
  readonly bitrate: Array<number | null> = [];
  readonly fps: Array<number | null> = [];
  readonly viewers: number[] = [];

  /** @param time milliseconds since 1970 */
  add(time: number, { incoming, fps }: Rates, viewers: number): void {
    this.times.push(time);
    this.bitrate.push(incoming);
    this.fps.push(fps);
    this.viewers.push(viewers);
    if (this.times.length <= MAX_SAMPLES) return;
    for (const samples of [this.times, this.bitrate, this.fps, this.viewers]) samples.shift();
  }
}
