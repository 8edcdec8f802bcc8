import { MediaFlags, trackIdOf } from '../tag/media-flags.js';
import type { FlvMessage } from './flv-reader.js';

/** Audio so much later than the time looked for ends the search when no picture does, in milliseconds. */
const AUDIO_PATIENCE = 1000;
/** An index that is so much off is not this file's, in milliseconds. */
const INDEX_TOLERANCE = 1000;

/** Whether it is a picture one can begin at: a key frame of the first video track. */
export function isFirstKeyFrame(flags: number): boolean {
  return (flags & MediaFlags.KeyFrame) !== 0 && trackIdOf(flags) === 0;
}

/**
 * Looks for the last key frame at or before a time, among the tags from a place on that is known to be before it.
 * Without pictures any audio will do.
 */
export class KeyFrameSearch {
  #keyFrame: number | undefined;
  #audio: number | undefined;
  #sawVideo = false;
  #sawAnything = false;

  constructor(
    readonly time: number,
    /** Time of the key frame that an index says is the first to come. */
    readonly promised: number | undefined,
  ) {}

  /** Position of the tag to begin at, as far as is known; undefined when nothing was at or before the time. */
  get found(): number | undefined {
    return this.#keyFrame ?? this.#audio;
  }

  /** Takes the next tag; 'wrong' means that the index cannot be trusted. */
  take(message: FlvMessage): 'more' | 'done' | 'wrong' {
    const { flags, timestamp, position } = message;
    if (!this.#sawAnything && this.promised !== undefined && !this.#isAsPromised(message)) return 'wrong';
    this.#sawAnything = true;
    if ((flags & MediaFlags.Coded) === 0) return 'more';
    const isVideo = (flags & MediaFlags.Video) !== 0;
    if (isVideo) this.#sawVideo = true;
    if (timestamp > this.time) {
      return isVideo || !this.#sawVideo || timestamp > this.time + AUDIO_PATIENCE ? 'done' : 'more';
    }
    if (isFirstKeyFrame(flags)) {
      this.#keyFrame = position;
    } else if (!isVideo && !this.#sawVideo) {
      this.#audio = position;
    }
    return 'more';
  }

  /** A key frame of about that time, or the sequence header that yamdi and this library put first. */
  #isAsPromised({ flags, timestamp }: FlvMessage): boolean {
    const isPlace = isFirstKeyFrame(flags) || (flags & MediaFlags.Video && flags & MediaFlags.SequenceHeader);
    return Boolean(isPlace) && Math.abs(timestamp - this.promised!) <= INDEX_TOLERANCE;
  }
}
