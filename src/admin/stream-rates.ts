/** What is read of a stream every second. */
export interface StreamReading {
  /** Milliseconds of any steady clock. */
  readonly at: number;
  readonly bytes: number;
  readonly frames: number;
  readonly sentBytes: number;
  /** Stream time of the newest picture or sound, in milliseconds; undefined before the first. */
  readonly timestamp: number | undefined;
}

/** Means over the last readings; null while there is only one. */
export interface Rates {
  /** Bits per second. */
  readonly incoming: number | null;
  /** Pictures per second. */
  readonly fps: number | null;
  /** Bits per second. */
  readonly outgoing: number | null;
  /** Seconds of the stream that come in a second: 1 is real time. */
  readonly speed: number | null;
}

/** Readings that rates are the mean of: long enough for a key frame to weigh no more than it does. */
const READINGS = 6;

/** The rates of one stream, out of its counters. */
export class StreamRates {
  readonly #readings: StreamReading[] = [];
  #rates: Rates = { incoming: null, fps: null, outgoing: null, speed: null };

  get rates(): Rates {
    return this.#rates;
  }

  add(newest: StreamReading): void {
    const readings = this.#readings;
    readings.push(newest);
    if (readings.length > READINGS) readings.shift();
    const oldest = readings[0]!;
    const seconds = (newest.at - oldest.at) / 1000;
    if (seconds <= 0) return;
    const perSecond = (name: 'bytes' | 'frames' | 'sentBytes') => (newest[name] - oldest[name]) / seconds;
    this.#rates = {
      incoming: Math.round(perSecond('bytes') * 8),
      fps: Math.round(perSecond('frames') * 10) / 10,
      // What left with a viewer's connection is not counted twice, but may be a reading late.
      outgoing: Math.max(0, Math.round(perSecond('sentBytes') * 8)),
      speed: speedOf(oldest, newest, seconds),
    };
  }
}

function speedOf({ timestamp: from }: StreamReading, { timestamp: to }: StreamReading, seconds: number): number | null {
  return from === undefined || to === undefined ? null : Math.round((to - from) / seconds / 10) / 100;
}
