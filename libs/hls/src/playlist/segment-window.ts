import type { HlsInit, HlsPart, HlsSegment, SegmentStart } from './segment.js';

/** What a {@link SegmentWindow} keeps. */
export interface SegmentWindowLimits {
  /** Seconds of complete segments a playlist lists, at least; Infinity for all of them. Asked whenever one is complete. */
  readonly duration: () => number;
  /** Bytes all segments may take; beyond, the oldest go, unless all are to be listed. */
  readonly maxBytes: number;
}

interface OpenSegment extends HlsSegment {
  parts: HlsPart[];
  duration: number;
  byteLength: number;
  isComplete: boolean;
  isGap: boolean;
  isFolded: boolean;
}

const LEAST_LISTED = 3;

/** The segments of a media playlist: those it lists, and those it listed until a moment ago. */
export class SegmentWindow {
  #listed: OpenSegment[] = [];
  /** Not listed any more, and still there for players that read an older playlist. */
  #leaving: OpenSegment[] = [];
  #next = 0;
  #discontinuitySequence = 0;
  #byteLength = 0;
  #version = 0;
  #isEnded = false;

  /** @param onRemove a segment is gone */
  constructor(
    private readonly limits: SegmentWindowLimits,
    private readonly onRemove: (segment: HlsSegment) => void = () => {},
  ) {}

  /** What the playlist lists; the last may not be complete. */
  get segments(): readonly HlsSegment[] {
    return this.#listed;
  }

  /** Number of the first listed segment. */
  get mediaSequence(): number {
    return this.#listed[0]?.number ?? this.#next;
  }

  /** Discontinuities that are listed no more. */
  get discontinuitySequence(): number {
    return this.#discontinuitySequence;
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Goes up with every change. */
  get version(): number {
    return this.#version;
  }

  /** Nothing follows. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The segment that is being written. */
  get open(): HlsSegment | undefined {
    const last = this.#listed.at(-1);
    return last === undefined || last.isComplete ? undefined : last;
  }

  /** Seconds of the longest segment that is listed. */
  get longest(): number {
    return Math.max(0, ...this.#listed.map(({ duration }) => duration));
  }

  /** Seconds there are of the first segment of all; undefined when it is complete. */
  get firstSoFar(): number | undefined {
    const [first] = this.#listed;
    return first === undefined ? 0 : first.isComplete || first.number > 0 ? undefined : first.duration;
  }

  /** Number of the newest complete segment; -1 before the first. */
  get lastNumber(): number {
    return this.#next - 1 - (this.open === undefined ? 0 : 1);
  }

  /** The number the next segment will have, or the one that is being written has. */
  get nextNumber(): number {
    return this.open?.number ?? this.#next;
  }

  /** Number of the first segment that is listed, or was until a moment ago. */
  get oldestNumber(): number {
    return (this.#leaving[0] ?? this.#listed[0])?.number ?? this.#next;
  }

  /** A segment that is listed, or was until a moment ago. */
  find(number: number): HlsSegment | undefined {
    const first = this.#leaving[0] ?? this.#listed[0];
    if (first === undefined) return undefined;
    const index = number - first.number;
    return index < this.#leaving.length ? this.#leaving[index] : this.#listed[index - this.#leaving.length];
  }

  /** The init segment of that ID; undefined when no segment needs it, or none does any more. */
  findInit(id: number): HlsInit | undefined {
    const isNeeding = ({ init }: OpenSegment): boolean => init?.id === id;
    return (this.#listed.find(isNeeding) ?? this.#leaving.find(isNeeding))?.init;
  }

  /** Begins a segment; the one before is complete. */
  begin(start: SegmentStart): void {
    const segment = { ...start, number: this.#next++, parts: [], duration: 0, byteLength: 0 };
    this.#listed.push({ ...segment, isComplete: false, isGap: false, isFolded: false });
  }

  /** Adds to the segment that is being written. */
  add(part: HlsPart): void {
    const segment = this.#listed.at(-1)!;
    segment.parts.push(part);
    segment.duration += part.duration;
    segment.byteLength += part.bytes.length;
    this.#byteLength += part.bytes.length;
    this.#version++;
  }

  /** No playlist is to list the parts of the first segment, when it is the only one and complete. */
  foldFirst(): void {
    const first = this.#listed[0];
    if (this.lastNumber === 0 && first !== undefined) first.isFolded = true;
  }

  /** The segment that is being written has all its parts. */
  complete(): void {
    const segment = this.#listed.at(-1)!;
    segment.isComplete = true;
    this.#version++;
    this.#trim();
  }

  /** A segment of which there is nothing. */
  addGap(start: SegmentStart, duration: number): HlsSegment {
    this.begin(start);
    const segment = this.#listed.at(-1)!;
    segment.isGap = true;
    segment.duration = duration;
    this.complete();
    return segment;
  }

  /**
   * Whether {@link dropOldest} would free memory: not where the oldest is kept elsewhere.
   *
   * @param least complete segments that stay listed
   */
  canDrop(least: number): boolean {
    // What a playlist of an event has listed has to stay (RFC 8216 §4.3.3.5).
    if (this.limits.duration() === Infinity) return false;
    const oldest = this.#leaving[0] ?? (this.#completeCount > least ? this.#listed[0] : undefined);
    return oldest !== undefined && (oldest.isGap || oldest.parts.length > 0);
  }

  /** Bytes that so many complete segments and the one that is being written take, as far as those there are say it. */
  neededBytes(count: number): number {
    const sizes = [...this.#leaving, ...this.#listed].filter(({ isComplete }) => isComplete).map(bytesOf);
    const held = sizes.filter((size) => size > 0);
    if (held.length === 0) return this.#byteLength;
    return (held.reduce((sum, size) => sum + size, 0) / held.length) * (count + 1);
  }

  /** Gives up the oldest segment, whatever playlists are to list; only when {@link canDrop} says so. */
  dropOldest(): void {
    let segment = this.#leaving.shift();
    if (segment === undefined) {
      segment = this.#listed.shift()!;
      if (segment.isDiscontinuity) this.#discontinuitySequence++;
      this.#version++;
    }
    this.#remove(segment);
  }

  get #completeCount(): number {
    return this.#listed.length - (this.open === undefined ? 0 : 1);
  }

  /** What a segment consists of is lost. */
  lose(number: number): void {
    const segment = this.find(number) as OpenSegment | undefined;
    if (segment === undefined || segment.isGap) return;
    segment.isGap = true;
    this.release(number);
    this.#version++;
  }

  /** Forgets the bytes of a complete segment, which are somewhere else by now. */
  release(number: number): void {
    const segment = this.find(number) as OpenSegment | undefined;
    if (segment === undefined || !segment.isComplete) return;
    this.#byteLength -= bytesOf(segment);
    segment.parts = [];
  }

  /** Nothing follows any more. */
  end(): void {
    this.#isEnded = true;
    this.#version++;
  }

  #trim(): void {
    let listed = this.#listed.reduce((sum, { duration }) => sum + duration, 0);
    const least = this.limits.duration();
    if (least === Infinity) return;
    const isTooMuch = () => {
      if (this.#listed.length <= 1) return false;
      const rest = listed - this.#listed[0]!.duration;
      return (this.#listed.length > LEAST_LISTED && rest >= least) || this.#byteLength > this.limits.maxBytes;
    };
    this.#dropLeaving(listed);
    while (isTooMuch()) {
      if (this.#byteLength > this.limits.maxBytes && this.#leaving.length > 0) {
        this.#remove(this.#leaving.shift()!);
        continue;
      }
      const segment = this.#listed.shift()!;
      listed -= segment.duration;
      if (segment.isDiscontinuity) this.#discontinuitySequence++;
      this.#leaving.push(segment);
    }
  }

  /** RFC 8216 §6.2.2: for as long as itself and the longest playlist that listed it. */
  #dropLeaving(listed: number): void {
    let since = this.#leaving.reduce((sum, { duration }) => sum + duration, 0);
    while (this.#leaving.length > 0) {
      since -= this.#leaving[0]!.duration;
      if (since <= listed) return;
      this.#remove(this.#leaving.shift()!);
    }
  }

  #remove(segment: OpenSegment): void {
    this.#byteLength -= bytesOf(segment);
    this.onRemove(segment);
  }
}

/** Bytes of a segment that are in memory. */
function bytesOf({ parts }: HlsSegment): number {
  return parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
