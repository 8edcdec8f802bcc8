import type { FragmentWriter } from '../fragment/fragment-writer.js';
import type { MediaPlaylistSource } from '../playlist/media-playlist.js';
import { SKIP_BOUNDARY } from '../playlist/media-playlist.js';
import type { RenditionSummary } from '../playlist/multivariant-playlist.js';
import type { HlsInit, HlsSegment, SegmentStart } from '../playlist/segment.js';
import { SegmentWindow } from '../playlist/segment-window.js';
import { BitRateMeter } from './bit-rate-meter.js';
import { CutRule } from './cut-rule.js';
import type { PackagerOptions } from './packager-options.js';
import type { TrackWriter } from './track-writer.js';

const MILLISECONDS = 1000;
/** Segments another rendition may be ahead before this one is cut where it is. */
const MAX_LAG = 2;

/** What the renditions of a stream have in common. */
export interface StreamPlan {
  readonly options: Readonly<PackagerOptions>;
  /** Seconds; undefined until a playlist has been shown. */
  readonly targetDuration: number | undefined;
  /** When a moment of the stream was, milliseconds since 1970. */
  wallTime(milliseconds: number): number;
  newInit(tracks: readonly TrackWriter[]): HlsInit | undefined;
  onPart(rendition: Rendition): void;
  onSegment(rendition: Rendition, segment: HlsSegment): void;
  onRemove(rendition: Rendition, segment: HlsSegment): void;
  /** The leading rendition began a segment there. */
  onBoundary(milliseconds: number): void;
}

/**
 * What one media playlist stands for: a track, or video and audio together. Its first track says where it is cut;
 * other renditions than the leading one are cut where that was.
 */
export class Rendition implements MediaPlaylistSource {
  readonly window: SegmentWindow;
  others: readonly Rendition[] = [];
  readonly #bitRates = new BitRateMeter();
  readonly #rule: CutRule;
  #init: HlsInit | undefined;
  #isOpen = false;
  #isDiscontinuity = false;
  #isIndependent = true;
  #partStart = 0;
  /** Where the leading rendition began segments that this one has still to begin. */
  #boundaries: number[] = [];

  constructor(
    readonly name: string,
    readonly tracks: readonly TrackWriter[],
    readonly isLeading: boolean,
    private readonly plan: StreamPlan,
    private readonly writer: FragmentWriter,
  ) {
    const { options } = plan;
    this.#rule = new CutRule(this.leader.timescale, options);
    const duration = options.playlist === 'event' ? Infinity : options.window / MILLISECONDS;
    this.window = new SegmentWindow({ duration, maxBytes: options.maxBytes }, (segment) =>
      plan.onRemove(this, segment),
    );
    this.#init = plan.newInit(tracks);
  }

  get leader(): TrackWriter {
    return this.tracks[0]!;
  }

  get extension(): 'm4s' | 'ts' {
    return this.writer.extension;
  }

  get targetDuration(): number {
    return this.plan.targetDuration ?? 1;
  }

  get partTarget(): number | undefined {
    return this.hasParts ? this.#rule.partTarget : undefined;
  }

  get isEvent(): boolean {
    return this.plan.options.playlist === 'event';
  }

  get isIndependent(): boolean {
    return this.#isIndependent;
  }

  get canSkip(): boolean {
    return this.isEvent || this.plan.options.window / MILLISECONDS > SKIP_BOUNDARY * this.targetDuration;
  }

  private get hasParts(): boolean {
    return this.plan.options.partDuration > 0 && this.extension === 'm4s';
  }

  /** Whether there is a complete segment, which players need to begin. */
  get isReady(): boolean {
    return this.window.lastNumber >= 0;
  }

  /** Whether there is something that could be a segment. */
  get hasPart(): boolean {
    return (this.window.segments[0]?.parts.length ?? 0) > 0;
  }

  /** Seconds there are of the first segment; undefined when it is complete. */
  get firstSegmentSoFar(): number | undefined {
    const [first] = this.window.segments;
    return first === undefined ? 0 : first.isComplete || this.window.mediaSequence > 0 ? undefined : first.duration;
  }

  /** Seconds of the longest segment that is listed. */
  get longestSegment(): number {
    return Math.max(0, ...this.window.segments.map(({ duration }) => duration));
  }

  /** Bytes held: of segments, and of samples that are not in one yet. */
  get byteLength(): number {
    return this.tracks.reduce((sum, { run }) => sum + run.byteLength, this.window.byteLength);
  }

  summary(): RenditionSummary {
    const { format } = this.leader;
    return {
      name: this.name,
      formats: this.tracks.map((track) => track.format),
      isAlternative: format.kind === 'audio' && !this.isLeading,
      frameRate: format.kind === 'video' ? (format.frameRate ?? this.#rule.frameRate) : undefined,
      peakBitRate: this.#bitRates.peak,
      averageBitRate: this.#bitRates.average,
    };
  }

  /** A sample of one of the tracks. */
  add(track: TrackWriter, milliseconds: number, offset: number, isKey: boolean, body: Uint8Array): void {
    if (track !== this.leader) {
      if (this.#isOpen) track.add(track.timeOf(milliseconds, body), offset, isKey, body);
      return;
    }
    if (!this.#isOpen && !(isKey && this.#mayBegin(milliseconds))) return;
    const time = track.timeOf(milliseconds, body);
    if (this.#isOpen) this.#cutBefore(time, milliseconds, offset, isKey);
    else this.#begin(time, milliseconds, offset, isKey);
    track.add(time, offset, isKey, body);
    this.#rule.added(time);
  }

  /** Other renditions begin where the leading one did. */
  #mayBegin(milliseconds: number): boolean {
    return this.isLeading || this.#hasPassed(0, milliseconds);
  }

  /** Makes a segment of what there is of the first one, so that somebody who waits need not wait for a key frame. */
  completeFirst(): void {
    const { open } = this.window;
    if (open === undefined || open.parts.length === 0 || open.number > 0) return;
    this.#completeSegment();
    const { keys } = this.leader.run;
    const milliseconds = (this.#partStart * MILLISECONDS) / this.leader.timescale;
    this.#openSegment(milliseconds, milliseconds, keys[0]!);
    this.#rule.splitSegment(keys[0]!);
  }

  /** The leading rendition began a segment there. */
  addBoundary(milliseconds: number): void {
    this.#boundaries.push(milliseconds);
    if (this.#boundaries.length > MAX_LAG) this.#catchUp();
  }

  /**
   * Ends what is being written: nothing follows, or what follows is a discontinuity.
   *
   * @param nextNumber segments there have to be
   */
  finish(nextNumber = 0): void {
    if (this.#isOpen) this.#endSegment(this.leader.end);
    this.#isOpen = false;
    while (this.window.nextNumber < nextNumber) this.#addGap();
    this.#isDiscontinuity = true;
    this.#boundaries = [];
    for (const track of this.tracks) track.restart();
  }

  /** The tracks have other formats now; nothing is being written. */
  reconfigure(): void {
    this.#init = this.plan.newInit(this.tracks);
  }

  #cutBefore(time: number, milliseconds: number, offset: number, isKey: boolean): void {
    const cut = this.isLeading
      ? this.#rule.cutBefore(time, isKey, this.plan.targetDuration)
      : this.#followBefore(time, milliseconds, isKey);
    if (cut === 'none') return;
    if (cut === 'part') {
      this.#endPart(time);
      this.#rule.beginPart(time);
      this.plan.onPart(this);
      return;
    }
    this.#endSegment(time);
    this.#begin(time, milliseconds, offset, isKey);
  }

  #followBefore(time: number, milliseconds: number, isKey: boolean): 'none' | 'part' | 'segment' {
    if (!isKey || !this.#hasPassed(0, milliseconds)) return this.#rule.partBefore(time);
    this.#rule.endPart(time);
    return 'segment';
  }

  /** Whether a moment is where the leading rendition began a segment, or behind. */
  #hasPassed(index: number, milliseconds: number): boolean {
    const boundary = this.#boundaries[index];
    const { frameRate } = this.#rule;
    const half = frameRate === undefined ? 0 : MILLISECONDS / frameRate / 2;
    return boundary !== undefined && milliseconds >= boundary - half;
  }

  #begin(time: number, milliseconds: number, offset: number, isKey: boolean): void {
    while (this.#hasPassed(1, milliseconds)) this.#addGap();
    this.#boundaries.shift();
    this.#isOpen = true;
    this.#openSegment(milliseconds, milliseconds + offset, isKey);
    this.#partStart = time;
    this.#rule.beginSegment(time, isKey);
  }

  /** @param boundary when its first sample is presented, which is where the other renditions are cut */
  #openSegment(milliseconds: number, boundary: number, isKey: boolean): void {
    this.#isIndependent &&= isKey;
    this.window.begin(this.#startAt(milliseconds, isKey));
    this.#isDiscontinuity = false;
    this.writer.beginSegment();
    if (this.isLeading) this.plan.onBoundary(boundary);
  }

  #startAt(milliseconds: number, isIndependent: boolean): SegmentStart {
    return {
      init: this.#init,
      isDiscontinuity: this.#isDiscontinuity && this.window.nextNumber > 0,
      isIndependent,
      programDateTime: this.plan.wallTime(milliseconds),
    };
  }

  #endPart(end: number): void {
    const { leader } = this;
    if (leader.run.count > 0) {
      const duration = (end - this.#partStart) / leader.timescale;
      const isIndependent = leader.run.keys.slice(0, leader.run.count).includes(true);
      const bytes = this.writer.write(this.tracks.map((track) => track.fragment(track === leader ? end : track.end)));
      for (const { run } of this.tracks) run.clear();
      this.window.add({ duration, bytes, isIndependent });
      this.#bitRates.add(bytes.length, duration);
    }
    this.#partStart = end;
  }

  #endSegment(end: number): void {
    this.#endPart(end);
    this.#completeSegment();
    // Not before it is complete: the part that would come next is the first of another segment.
    this.plan.onPart(this);
  }

  #completeSegment(): void {
    const segment = this.window.open!;
    this.window.complete();
    this.#bitRates.endSegment();
    this.plan.onSegment(this, segment);
  }

  /** The leading rendition is far ahead: this one has stopped, or is late. */
  #catchUp(): void {
    if (this.#isOpen) this.#endSegment(this.leader.end);
    else this.#addGap();
    this.#isOpen = false;
  }

  /** Nothing from the next boundary to the one behind it. */
  #addGap(): void {
    const [from = 0, to] = this.#boundaries;
    const duration = to === undefined ? this.targetDuration : (to - from) / MILLISECONDS;
    this.#boundaries.shift();
    const gap = this.window.addGap(this.#startAt(from, true), duration);
    this.#isDiscontinuity = false;
    this.plan.onSegment(this, gap);
    this.plan.onPart(this);
  }
}
