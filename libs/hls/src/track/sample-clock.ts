import type { TrackFormat } from './track-format.js';

const MILLISECONDS = 1000;
/** Frames an audio track may be away from the publisher's clock before it is set right. */
const MAX_DRIFT_FRAMES = 1.5;
/** Latest decoding time, in units of any timescale: what is later could not be counted on exactly. */
const MAX_TIME = 2 ** 52;

/**
 * Makes decoding times of a publisher's milliseconds. Audio frames whose length is known follow each other without
 * gaps or overlaps, which would be heard, until they are too far from where the publisher puts them.
 */
export class SampleClock {
  readonly #timescale: number;
  /** Where the sample after the last one begins, or 1 behind it when its length is not known. */
  #next: number | undefined;
  #frameLength = 0;

  constructor({ timescale }: Pick<TrackFormat, 'timescale'>) {
    this.#timescale = timescale;
  }

  /** Where the last sample ends; undefined when nobody knows yet. */
  get next(): number | undefined {
    return this.#frameLength === 0 ? undefined : this.#next;
  }

  /**
   * The decoding time of a sample. It never goes back, nor is it before 0, where files and playlists have no times.
   *
   * @param frameLength of this sample in units of the timescale; 0 when only the next one tells
   */
  take(milliseconds: number, frameLength: number): number {
    const given = Math.min(Math.max(0, Math.round((milliseconds * this.#timescale) / MILLISECONDS)), MAX_TIME);
    const next = this.#next;
    const previousLength = this.#frameLength;
    this.#frameLength = frameLength;
    if (next === undefined) return this.#continueAt(given);
    if (previousLength === 0) return this.#continueAt(Math.max(given, next));
    const isNear = Math.abs(given - next) <= previousLength * MAX_DRIFT_FRAMES;
    return this.#continueAt(isNear ? next : Math.max(given, next - previousLength + 1));
  }

  /** The next sample is not before that: its fragment begins there. */
  skipTo(time: number): void {
    if (this.#next === undefined || this.#next >= time) return;
    this.#next = time;
    this.#frameLength = 0;
  }

  #continueAt(time: number): number {
    this.#next = time + Math.max(1, this.#frameLength);
    return time;
  }
}
