import { classifyMedia, CONFIGURATION_FLAGS, type FlvTag, MediaFlags, readOnMetaData } from '#lib/flv';
import type { PublishedTag } from '../../client/publish-flv.js';

/** Which part of a file, and how often. */
export interface CutOptions {
  /** Begin at the first key frame at or behind this time of the file, in milliseconds; the time of what is left begins at 0. Defaults to 0. */
  start?: number | undefined;
  /** End after so much, in milliseconds. Defaults to Infinity. */
  duration?: number | undefined;
  /** How often, one behind the other. Defaults to 1. */
  times?: number | undefined;
}

const { Audio, Video, Data, Coded, KeyFrame, SequenceEnd } = MediaFlags;

/**
 * Cuts and repeats a file. What decoders need, and metadata, come in front of
 * the first picture or sound of every round.
 *
 * @param open the file from its beginning, for every round
 */
export async function* cutTags(open: () => AsyncIterable<FlvTag>, options: CutOptions): AsyncGenerator<PublishedTag> {
  const { start = 0, duration = Infinity, times = 1 } = options;
  let before = 0;
  for (let number = 1; number <= times; number++) {
    const round = new Round(start, before, number < times);
    for await (const tag of open()) {
      const taken = round.take(tag);
      if (round.played >= duration) return;
      yield* taken;
    }
    if (round.length === 0) return;
    before += round.length;
  }
}

/** One pass through a file. */
class Round {
  readonly #start: number;
  readonly #before: number;
  readonly #isFollowed: boolean;
  /** What came before the first picture or sound. */
  readonly #held = new Map<string, PublishedTag>();
  readonly #audio = new TrackTime();
  readonly #video = new TrackTime();
  #hasVideo = false;
  /** Time of the first picture or sound, in the file. */
  #begin: number | undefined;
  #now = 0;

  /** @param before length of the rounds before */
  constructor(start: number, before: number, isFollowed: boolean) {
    this.#start = start;
    this.#before = before;
    this.#isFollowed = isFollowed;
  }

  /** Milliseconds of all rounds up to the newest picture or sound. */
  get played(): number {
    return this.#begin === undefined ? 0 : this.#before + this.#now - this.#begin;
  }

  /** From the first picture or sound to the end of the last. */
  get length(): number {
    return this.#begin === undefined ? 0 : Math.max(this.#audio.end, this.#video.end) - this.#begin;
  }

  take(tag: FlvTag): PublishedTag[] {
    const flags = classifyMedia(tag.tagType, tag.payload);
    if (flags & SequenceEnd && this.#isFollowed) return [];
    if (flags & Video) this.#hasVideo = true;
    if (this.#begin === undefined) {
      if (!this.#begins(tag, flags)) {
        this.#hold(tag, flags);
        return [];
      }
      this.#begin = this.#now = tag.timestamp;
      const begin = this.#begin;
      this.#account(tag, flags);
      return [...this.#held.values(), tag].map((one) => this.#moved(one, this.#isMoved ? begin : -Infinity));
    }
    if (flags & Coded) {
      // Sound from before the picture one begins with.
      if (this.#start > 0 && tag.timestamp < this.#begin) return [];
      this.#account(tag, flags);
    }
    return [this.#moved(tag, this.#isMoved && !(flags & Coded) ? this.#begin : -Infinity)];
  }

  get #isMoved(): boolean {
    return this.#start > 0 || this.#before > 0;
  }

  #begins({ timestamp }: FlvTag, flags: number): boolean {
    if (!(flags & Coded) || timestamp < this.#start) return false;
    return this.#start === 0 || !this.#hasVideo || (flags & KeyFrame) !== 0;
  }

  #hold(tag: FlvTag, flags: number): void {
    if (this.#start === 0) {
      this.#held.set(`${this.#held.size}`, tag);
      return;
    }
    // Of what was skipped, the newest configuration of every track, and the newest metadata.
    const isNeeded = flags & Data ? readOnMetaData(tag.payload) !== undefined : (flags & CONFIGURATION_FLAGS) !== 0;
    if (isNeeded) this.#held.set(`${tag.tagType} ${flags}`, tag);
  }

  #account({ timestamp }: FlvTag, flags: number): void {
    (flags & Audio ? this.#audio : this.#video).add(timestamp);
    this.#now = Math.max(this.#now, timestamp);
  }

  /** Headers may stand at 0 wherever the file begins. */
  #moved({ tagType, timestamp, payload }: PublishedTag, least: number): PublishedTag {
    const shift = this.#before - (this.#start > 0 ? this.#begin! : 0);
    return { tagType, timestamp: Math.max(timestamp, least) + shift, payload };
  }
}

/** When the last picture or sound of a track is over. */
class TrackTime {
  #last: number | undefined;
  #step = 0;

  get end(): number {
    return this.#last === undefined ? 0 : this.#last + this.#step;
  }

  add(timestamp: number): void {
    if (this.#last !== undefined && timestamp > this.#last) this.#step = timestamp - this.#last;
    this.#last = Math.max(this.#last ?? timestamp, timestamp);
  }
}
