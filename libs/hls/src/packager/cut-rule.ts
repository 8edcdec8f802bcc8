import type { PackagerOptions } from './packager-options.js';

/** What to end before the next sample. */
export type Cut = 'none' | 'part' | 'segment';

const MILLISECONDS = 1000;
/** EXTINF rounded must not be more than the target duration (RFC 8216 §4.3.3.1). */
const ROUNDING = 0.499;
/** Frames a part is allowed to be short of its length before another frame is added: publishers' times are rounded. */
const FRAME_TOLERANCE = 0.1;
/** Milliseconds a part may be longer than its frames, at least: publishers' times are rounded. */
const LEAST_SLACK = 1;
/** Length of parts where they are not listed, milliseconds: what is written at a time. */
const UNLISTED_PART = 1000;

/**
 * Says where a rendition is cut, from the times of its first track: segments at key frames, parts of a fixed
 * number of frames.
 */
export class CutRule {
  readonly #timescale: number;
  #segmentStart = 0;
  #partStart = 0;
  /** Samples of the part so far, and when the first of them begins. */
  #count = 0;
  #first = 0;
  #last = 0;
  #longest = 0;
  /** Length of a frame, as far as known. */
  #frame = 0;
  #partTicks: number | undefined;
  /** The segment before was cut without a key frame. */
  #isForced = false;

  /** @param firstParts parts the first one may have the length of, while it is not known how long frames are */
  constructor(
    timescale: number,
    private readonly options: Pick<PackagerOptions, 'segmentDuration' | 'maxSegmentDuration' | 'partDuration'>,
    private readonly firstParts: number,
  ) {
    this.#timescale = timescale;
  }

  /** Longest part in seconds; undefined until the first part has shown how long frames are. */
  get partTarget(): number | undefined {
    return this.#partTicks === undefined ? undefined : this.#partTicks / this.#timescale;
  }

  /** Frames a second, as measured; undefined until there was a part. */
  get frameRate(): number | undefined {
    return this.#frame === 0 ? undefined : this.#timescale / this.#frame;
  }

  /** Length of a frame in units of the timescale, as measured; 0 until there was a part. */
  get frame(): number {
    return this.#frame;
  }

  /** How long parts may be, in units of the timescale. */
  get partLength(): number {
    return this.#partTicks ?? this.#ticks(this.#partDuration()) * this.firstParts;
  }

  /** Where the part that is being filled ends at the latest, whenever the next sample comes. */
  partEnd(target: number | undefined): number {
    return Math.min(this.#partStart + this.partLength, this.#segmentStart + this.#longestSegment(target));
  }

  /** A segment begins at this time. */
  beginSegment(time: number, isKey: boolean): void {
    this.#segmentStart = time;
    this.#isForced = !isKey;
    this.beginPart(time);
  }

  /** The segment is split where the part that is being filled began. */
  splitSegment(isKey: boolean): void {
    this.#segmentStart = this.#partStart;
    this.#isForced = !isKey;
  }

  /** A part begins at this time. */
  beginPart(time: number): void {
    this.#partStart = time;
    this.#count = 0;
  }

  /** A sample has been added to the part. */
  added(time: number): void {
    if (this.#count > 0) this.#longest = Math.max(this.#longest, time - this.#last);
    else this.#first = time;
    this.#last = time;
    this.#count++;
  }

  /**
   * What ends before a sample of this time.
   *
   * @param target seconds a segment may have, rounded; undefined when nobody has been told one yet
   */
  cutBefore(time: number, isKey: boolean, target: number | undefined): Cut {
    const elapsed = time - this.#segmentStart;
    const frame = this.#frame === 0 ? time - this.#last : this.#frame;
    const wanted = this.#ticks(this.options.segmentDuration);
    if (isKey && (elapsed >= wanted - frame / 2 || this.#isForced)) return 'segment';
    if (this.isTooLong(time + frame, target)) return 'segment';
    return this.#isPartFull(time, frame) ? 'part' : 'none';
  }

  /** What ends before a sample of this time when another rendition says where segments end. */
  partBefore(time: number): Cut {
    const frame = this.#frame === 0 ? time - this.#last : this.#frame;
    return this.#isPartFull(time, frame) ? 'part' : 'none';
  }

  /** Whether a segment that ends there has more than it may. */
  isTooLong(end: number, target: number | undefined): boolean {
    return end - this.#segmentStart > this.#longestSegment(target);
  }

  /** What there is of a part ends at this time, which is where the next sample begins: it shows how long frames are. */
  endPart(end: number): void {
    if (this.#count === 0) return;
    this.#longest = Math.max(this.#longest, end - this.#last);
    this.#frame = (end - this.#first) / this.#count;
    if (this.#partTicks !== undefined) return;
    const wanted = this.#ticks(this.#partDuration());
    const frames = Math.max(1, Math.ceil(wanted / this.#frame - FRAME_TOLERANCE));
    const slack = Math.max(this.#ticks(LEAST_SLACK), this.#longest - this.#frame);
    this.#partTicks = Math.ceil(frames * this.#frame + slack);
  }

  /** What there is of a part has to end at this time, before the next sample begins: it does not show how long frames are. */
  breakPart(end: number): void {
    this.#partTicks ??= Math.ceil(Math.max(end - this.#partStart, this.#ticks(this.#partDuration())));
  }

  #isPartFull(time: number, frame: number): boolean {
    const elapsed = time - this.#partStart;
    if (this.#partTicks !== undefined) return elapsed + frame > this.#partTicks;
    return elapsed >= this.#ticks(this.#partDuration()) - frame * FRAME_TOLERANCE;
  }

  #longestSegment(
    target = Math.max(this.options.maxSegmentDuration, this.options.segmentDuration) / MILLISECONDS,
  ): number {
    return (target + ROUNDING) * this.#timescale;
  }

  #partDuration(): number {
    return this.options.partDuration === 0 ? UNLISTED_PART : this.options.partDuration;
  }

  #ticks(milliseconds: number): number {
    return (milliseconds * this.#timescale) / MILLISECONDS;
  }
}
