import type { TrackDescription } from '../../tracks/track-description.js';

/** Of the distances between key frames. */
export interface GopReport {
  /** Mean, in seconds. */
  readonly seconds: number;
  readonly shortest: number;
  readonly longest: number;
  /** Pictures, on average. */
  readonly pictures: number;
}

/** What was seen of a track. */
export interface TrackReport extends TrackDescription {
  /** Pictures, or messages of audio. */
  readonly frames: number;
  /** Of what was seen, in seconds. */
  readonly duration: number;
  /** Without the headers of FLV. */
  readonly bytes: number;
  /** Bits per second. */
  readonly bitrate?: number;
  /** Pictures per second, as they came. */
  readonly fps?: number;
  readonly keyFrames?: number;
  /** When there were two key frames at least. */
  readonly gop?: GopReport;
  /** Pictures are shown in another order than they are sent in: there are B-frames. */
  readonly reordered?: boolean;
}

/** A picture, or a message of audio. */
export interface ProbedFrame {
  /** In milliseconds. */
  readonly timestamp: number;
  /** In bytes. */
  readonly length: number;
  readonly isKeyFrame: boolean;
  /** In milliseconds. */
  readonly compositionTime: number;
}

/** Keeps the figures of one track. */
export class TrackProbe {
  /** What is known of it; its head at least. */
  description: TrackDescription;
  #frames = 0;
  #bytes = 0;
  #keyFrames = 0;
  #first = 0;
  #last = 0;
  #step = 0;
  #firstKey = 0;
  #lastKey = 0;
  #pictures = 0;
  #picturesAtLastKey = 0;
  #shortest = Infinity;
  #longest = 0;
  #leastComposition = Infinity;
  #mostComposition = -Infinity;

  constructor(description: TrackDescription) {
    this.description = description;
  }

  get keyFrames(): number {
    return this.#keyFrames;
  }

  take({ timestamp, length, isKeyFrame, compositionTime }: ProbedFrame): void {
    if (this.#frames === 0) this.#first = this.#last = timestamp;
    if (timestamp > this.#last) {
      this.#step = timestamp - this.#last;
      this.#last = timestamp;
    }
    if (isKeyFrame) this.#takeKeyFrame(timestamp);
    if (this.#keyFrames > 0) this.#pictures++;
    this.#leastComposition = Math.min(this.#leastComposition, compositionTime);
    this.#mostComposition = Math.max(this.#mostComposition, compositionTime);
    this.#frames++;
    this.#bytes += length;
  }

  report(): TrackReport {
    const time = this.#last - this.#first;
    const duration = (time + this.#step) / 1000;
    return {
      ...this.description,
      frames: this.#frames,
      duration,
      bytes: this.#bytes,
      ...(duration > 0 && { bitrate: Math.round((this.#bytes * 8) / duration) }),
      ...(this.description.kind === 'video' && {
        ...(time > 0 && { fps: hundredths(((this.#frames - 1) * 1000) / time) }),
        keyFrames: this.#keyFrames,
        ...this.#gop(),
        reordered: this.#mostComposition > this.#leastComposition,
      }),
    };
  }

  #takeKeyFrame(timestamp: number): void {
    if (this.#keyFrames === 0) {
      this.#firstKey = timestamp;
    } else {
      this.#shortest = Math.min(this.#shortest, timestamp - this.#lastKey);
      this.#longest = Math.max(this.#longest, timestamp - this.#lastKey);
    }
    this.#lastKey = timestamp;
    this.#picturesAtLastKey = this.#pictures;
    this.#keyFrames++;
  }

  #gop(): { gop?: GopReport } {
    const count = this.#keyFrames - 1;
    if (count < 1) return {};
    const gop = {
      seconds: hundredths((this.#lastKey - this.#firstKey) / count / 1000),
      shortest: hundredths(this.#shortest / 1000),
      longest: hundredths(this.#longest / 1000),
      pictures: hundredths(this.#picturesAtLastKey / count),
    };
    return { gop };
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
