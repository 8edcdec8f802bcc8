import type { TrackDetails } from './track-details.js';

/** A step between two frames that is longer than this is a gap, not the length of a frame, in ms. */
const LONGEST_FRAME = 1000;

/** Keeps the books of one track: how much, from when to when, and what it is. */
export class TrackBook {
  /** Bytes of its tags, headers included; of a tag with several tracks its own part. */
  bytes = 0;
  frames = 0;
  /** Timestamp of the first frame, in ms. */
  first = 0;
  /** Latest timestamp, in ms. */
  last = 0;
  /** What onMetaData calls the codec: legacy CodecID or SoundFormat, or FourCC as a number. */
  codecId: number | undefined;
  details: TrackDetails = {};
  #step = 0;

  constructor(readonly trackId: number) {}

  /** Whether there is anything in the track to play. */
  get present(): boolean {
    return this.frames > 0;
  }

  /** When the last frame is over, in ms; its length is taken to be that of the one before. */
  get end(): number {
    return this.last + this.#step;
  }

  /** Pictures per second on average; undefined when there are too few to say. */
  get averageRate(): number | undefined {
    const time = this.last - this.first;
    return this.frames > 1 && time > 0 ? ((this.frames - 1) * 1000) / time : undefined;
  }

  addFrame(timestamp: number): void {
    if (this.frames === 0) {
      this.first = timestamp;
      this.last = timestamp;
    } else if (timestamp > this.last) {
      const step = timestamp - this.last;
      if (step <= LONGEST_FRAME) this.#step = step;
      this.last = timestamp;
    }
    this.frames += 1;
  }

  /** What was known first stays: later configurations describe later parts of the recording. */
  describe(details: TrackDetails): void {
    const { width, height, frameRate, sampleRate, channels, sampleSize } = this.details;
    this.details = {
      width: width ?? details.width,
      height: height ?? details.height,
      frameRate: frameRate ?? details.frameRate,
      sampleRate: sampleRate ?? details.sampleRate,
      channels: channels ?? details.channels,
      sampleSize: sampleSize ?? details.sampleSize,
    };
  }
}
