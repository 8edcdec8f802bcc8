import type { FragmentWriter } from '../fragment/fragment-writer.js';
import { type MediaPlaylistSource, SKIP_BOUNDARY } from '../playlist/media-playlist.js';
import type { RenditionSummary } from '../playlist/multivariant-playlist.js';
import type { HlsInit, HlsSegment, SegmentStart } from '../playlist/segment.js';
import { SegmentWindow } from '../playlist/segment-window.js';
import type { MetadataHints } from '../track/metadata-hints.js';
import { BitRateMeter } from './bit-rate-meter.js';
import { CutRule } from './cut-rule.js';
import { LeaderSilence } from './leader-silence.js';
import { listedSeconds, summaryOf } from './rendition-content.js';
import { SegmentBoundaries } from './segment-boundaries.js';
import type { StreamPlan } from './stream-plan.js';
import type { TrackWriter } from './track-writer.js';
import { WaitingSamples } from './waiting-samples.js';

const MILLISECONDS = 1000;
/** Segments another rendition may be ahead before this one is cut where it is. */
const MAX_LAG = 2;
/** Milliseconds behind a boundary that a sample happens to begin at, when it is not known how long they are. */
const TOLERANCE = 50;
/** Parts the first one may have the length of, where another track can go on behind it. */
const FIRST_PARTS = 2;

/**
 * What one media playlist stands for: a track, or video and audio together. Its first track says where it is cut;
 * other renditions than the leading one are cut where that was.
 */
export class Rendition implements MediaPlaylistSource {
  readonly window: SegmentWindow;
  others: readonly Rendition[] = [];
  readonly #bitRates = new BitRateMeter();
  readonly #rule: CutRule;
  readonly #waiting: WaitingSamples;
  #init: HlsInit | undefined;
  #isOpen = false;
  #isDiscontinuity = false;
  #isIndependent = true;
  #partStart = 0;
  /** Where the leading rendition began segments that this one has still to begin. */
  readonly #boundaries = new SegmentBoundaries();
  /** When it began, after there was nothing; milliseconds, as those that follow. */
  #openedAt = 0;
  readonly #silence = new LeaderSilence();
  /** From where on there is nothing but gaps, since the leader is silent. */
  #emptyFrom: number | undefined;
  #beforeLast: HlsSegment | undefined;

  constructor(
    readonly name: string,
    readonly tracks: readonly TrackWriter[],
    readonly isLeading: boolean,
    private readonly plan: StreamPlan,
    private readonly writer: FragmentWriter,
  ) {
    const { options } = plan;
    this.#waiting = new WaitingSamples(tracks);
    this.#rule = new CutRule(this.leader.timescale, options, tracks.length > 1 || !isLeading ? FIRST_PARTS : Infinity);
    const limits = { duration: () => listedSeconds(options, this.targetDuration), maxBytes: options.maxBytes };
    this.window = new SegmentWindow(limits, (segment) => plan.onRemove(this, segment));
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

  /** Segments there are but for one that is the rest of another. */
  get wholeCount(): number {
    return this.window.nextNumber - (this.#beforeLast === undefined ? 0 : 1);
  }

  /** Bytes held: of segments, and of samples that are not in one yet. */
  get byteLength(): number {
    return this.window.byteLength + this.#waiting.byteLength;
  }

  /** @param hints what the publisher says of its tracks */
  summary(hints: MetadataHints | undefined): RenditionSummary {
    return summaryOf(this, this.#bitRates, this.#rule.frameRate, hints);
  }

  /** A sample of one of the tracks. */
  add(track: TrackWriter, milliseconds: number, offset: number, isKey: boolean, body: Uint8Array): void {
    if (track !== this.leader) {
      // What begins before the first picture is of no use.
      if (this.#isOpen && milliseconds >= this.#openedAt)
        track.add(track.timeOf(milliseconds, body), offset, isKey, body);
      return;
    }
    this.#silence.end();
    // Other renditions begin where the leading one did.
    if (!this.#isOpen && !(isKey && (this.isLeading || this.#hasPassed(0, milliseconds + offset)))) return;
    let [time, late] = [track.timeOf(milliseconds, body), 0];
    if (!this.#isOpen) this.#beginAnew(time, milliseconds, offset);
    else if (this.#cutBefore(time, milliseconds, offset, isKey) && this.#isJustBehind(time)) {
      // The part before has ended a moment too early: publishers' times are rounded. It is shown when it would be.
      late = this.#waiting.millisecondsOf(time - this.#partStart);
      time = this.#partStart;
    }
    track.add(time, offset + late, isKey, body);
    this.#rule.added(time);
  }

  /** Another track of the stream is there: this rendition, which leads, goes on without its leader when that is silent. */
  pass(milliseconds: number): void {
    const missing = this.#silence.pass(milliseconds);
    if (missing <= 0 && this.#emptyFrom === undefined) return;
    if (this.tracks.length === 1) {
      if (this.#isOpen) this.#beginEmpty(milliseconds);
      this.#addEmpty(milliseconds);
    } else if (this.#isOpen) {
      this.#fill(this.leader.lastTime + this.#waiting.ticksOf(missing), 0);
      this.leader.skipTo(this.#partStart);
    }
  }

  /** Whether what is being written has to end when nothing comes until then. */
  breaksBefore(milliseconds: number): boolean {
    if (this.#emptyFrom !== undefined) return true;
    return this.#isOpen && this.#rule.isTooLong(this.#waiting.ticksOf(milliseconds), this.plan.targetDuration);
  }

  /** Makes a segment of what there is of the first one, so that somebody who waits need not wait for a key frame. */
  completeFirst(): void {
    const { open } = this.window;
    if (open === undefined || open.parts.length === 0 || open.number > 0) return;
    this.#completeSegment();
    const milliseconds = this.#waiting.millisecondsOf(this.#partStart);
    this.#openSegment(milliseconds, milliseconds, this.#waiting.startsWithKey);
    this.#rule.splitSegment(this.#waiting.startsWithKey);
  }

  /** The leading rendition began a segment there. */
  addBoundary(milliseconds: number): void {
    this.#boundaries.add(milliseconds);
    if (this.#boundaries.count > MAX_LAG) this.#catchUp();
  }

  /** Ends what is being written: what follows is a discontinuity, or nothing. @param count segments there have to be */
  finish(isLast: boolean, count = 0): void {
    this.#breakOff(isLast);
    while (this.window.nextNumber < count) this.#addGap();
    this.#isDiscontinuity = true;
    this.#boundaries.clear();
    this.#emptyFrom = undefined;
    this.#waiting.restart();
  }

  /** The tracks have other formats now; nothing is being written. */
  reconfigure(): void {
    this.#init = this.plan.newInit(this.tracks);
  }

  /** @returns whether something ended before a sample of the leader */
  #cutBefore(time: number, milliseconds: number, offset: number, isKey: boolean): boolean {
    const target = this.plan.targetDuration;
    const isPassed = this.#hasPassed(0, milliseconds + offset);
    const stop = Math.min(time, (isPassed ? this.#passedBoundary(milliseconds + offset) : undefined) ?? time);
    this.#fill(stop - this.#rule.partLength, time);
    let cut = this.isLeading ? this.#rule.cutBefore(time, isKey, target) : this.#rule.partBefore(time);
    if (isPassed) cut = 'segment';
    else if (cut === 'none') return false;
    const latest = Math.max(this.#partStart, Math.min(stop, this.#rule.partEnd(target)));
    const end = this.#waiting.isEmpty ? this.#partStart : latest;
    // There is nothing that could end.
    if (end === this.#partStart && (cut === 'part' || this.window.open?.parts.length === 0)) return false;
    if (end === time) this.#rule.endPart(end);
    else this.#rule.breakPart(end);
    if (cut === 'segment') {
      if (isPassed && end > this.#partStart) this.#waiting.holdBackFrom(end);
      this.#endSegment(end, time);
      this.#begin(end, milliseconds, offset, this.#waiting.isEmpty ? isKey : this.#waiting.startsWithKey);
    } else {
      this.#endPart(end, time);
      this.plan.onPart(this);
    }
    return true;
  }

  /**
   * Ends parts that are over by then, as long as there is something to be in them.
   *
   * @param next when the leader's next sample begins, which holds pictures back for parts that have none; 0 when nobody knows
   */
  #fill(until: number, next: number): void {
    const target = this.plan.targetDuration;
    for (;;) {
      const end = this.#rule.partEnd(target);
      if (!(end < until) || end <= this.#partStart || !this.#waiting.isAnyBefore(end)) return;
      this.#waiting.holdBack(end, next === 0 ? 0 : Math.ceil((until - end) / this.#rule.partLength));
      this.#rule.breakPart(end);
      if (this.isLeading && this.#rule.isTooLong(end + this.#rule.partLength, target)) {
        this.#endSegment(end, next || end);
        this.#begin(end, this.#waiting.millisecondsOf(end), 0, this.#waiting.startsWithKey);
      } else {
        this.#endPart(end, next || end);
        this.plan.onPart(this);
      }
    }
  }

  /** The part before ended a moment before a picture. */
  #isJustBehind(time: number): boolean {
    const end = this.leader.format.kind === 'video' ? this.#partStart + this.#rule.frame : 0;
    return time > this.#partStart && time < end;
  }

  /** The next boundary, when it is further back than where a sample happens to be shown; in units of the timescale. */
  #passedBoundary(milliseconds: number): number | undefined {
    const { first } = this.#boundaries;
    const tolerance = Math.max(this.#waiting.millisecondsOf(this.#rule.frame), TOLERANCE);
    return first !== undefined && milliseconds - first > tolerance ? this.#waiting.ticksOf(first) : undefined;
  }

  /** Whether a moment is where the leading rendition began a segment, or behind. */
  #hasPassed(index: number, milliseconds: number): boolean {
    return this.#boundaries.hasPassed(index, milliseconds, this.#rule.frameRate);
  }

  /** Behind a beginning, a discontinuity or gaps. */
  #beginAnew(time: number, milliseconds: number, offset: number): void {
    this.#addEmpty(milliseconds);
    if (this.#emptyFrom !== undefined && this.#emptyFrom < milliseconds)
      this.#addEmptySegment(milliseconds - this.#emptyFrom);
    this.#emptyFrom = undefined;
    this.#openedAt = milliseconds;
    this.#begin(time, milliseconds, offset, true);
  }

  /**
   * @param at where it begins, unless there are gaps before it
   * @param milliseconds of the sample that comes next, which may be later
   */
  #begin(at: number, milliseconds: number, offset: number, isKey: boolean): void {
    const own = this.#waiting.ticksOf(milliseconds);
    let start = at;
    for (; this.#hasPassed(1, milliseconds + offset); start = own) this.#addGap();
    const passed = this.#passedBoundary(milliseconds + offset);
    if (passed !== undefined) start = Math.max(this.#partStart, Math.min(own, passed));
    this.#boundaries.shift();
    this.#isOpen = true;
    const isNear = Math.abs(start - own) <= this.#waiting.ticksOf(TOLERANCE);
    this.#openSegment(isNear ? milliseconds : this.#waiting.millisecondsOf(start), milliseconds + offset, isKey);
    this.#partStart = start;
    this.#rule.beginSegment(start, isKey);
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
      formats: this.tracks.map(({ format }) => format),
      isDiscontinuity: this.#isDiscontinuity && this.window.nextNumber > 0,
      isIndependent,
      programDateTime: this.plan.wallTime(milliseconds),
    };
  }

  /** @param next when the leader's next sample begins, as far as known */
  #endPart(end: number, next: number): void {
    const waiting = this.#waiting;
    if (!waiting.isEmpty && end > this.#partStart) {
      const duration = (end - this.#partStart) / this.leader.timescale;
      const bytes = this.writer.write(waiting.fragments(next));
      this.window.add({ duration, bytes, isIndependent: waiting.hasKey });
      waiting.clear();
      this.#bitRates.add(bytes.length, duration);
    }
    this.#partStart = end;
    this.#rule.beginPart(end);
  }

  #endSegment(end: number, next: number): void {
    this.#endPart(end, next);
    this.#completeSegment();
    // Not before it is complete: the part that would come next is the first of another segment.
    this.plan.onPart(this);
  }

  /** Ends what is being written, where it ends as far as anybody knows. */
  #breakOff(isLast = false): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const known = Math.min(this.#waiting.end ?? 0, this.#rule.partEnd(this.plan.targetDuration));
    if (isLast && this.hasParts) this.#beginLast(known);
    const end = this.#waiting.isEmpty ? this.#partStart : Math.max(this.#partStart + 1, known);
    this.#endPart(end, end);
    this.#completeSegment();
    if (!isLast) this.plan.onPart(this); // the last is listed together with the end of the playlist
  }

  /**
   * The last part of all is a segment of its own. Players learn that it is together with the end: hls.js 1.7 loads no other
   * part of a segment that it knows to be complete by then, and video.js 8 ends when it asks for something while it knows.
   */
  #beginLast(end: number): void {
    const isLater = this.window.open!.parts.length > 0;
    this.#waiting.endHere(end, isLater ? end - this.#partStart : Infinity);
    if (!isLater || this.#waiting.isEmpty) return;
    this.#beforeLast = this.window.open!;
    this.window.complete();
    const { startsWithKey } = this.#waiting;
    this.#isIndependent &&= startsWithKey;
    this.window.begin(this.#startAt(this.#waiting.millisecondsOf(this.#partStart), startsWithKey));
    this.writer.beginSegment();
  }

  #completeSegment(): void {
    const segment = this.window.open!;
    this.window.complete();
    this.#bitRates.endSegment();
    this.plan.onSegment(this, this.#beforeLast ?? segment, this.#beforeLast && segment);
  }

  /** The leading rendition is far ahead: this one has stopped, or is late. */
  #catchUp(): void {
    if (this.#isOpen) this.#breakOff();
    else this.#addGap();
  }

  /** The last pictures there are last until then, where the other renditions are; there is nothing behind it. */
  #beginEmpty(milliseconds: number): void {
    const end = this.#waiting.ticksOf(milliseconds);
    this.#fill(end - this.#rule.partLength, end);
    this.#isOpen = false;
    this.#endSegment(Math.max(this.#partStart, Math.min(end, this.#rule.partEnd(this.plan.targetDuration))), end);
    this.#emptyFrom = this.#waiting.millisecondsOf(this.#partStart);
    this.plan.onBoundary(this.#emptyFrom);
  }

  /** Segments of which there is nothing, up to there; another one follows. */
  #addEmpty(until: number): void {
    const duration = this.targetDuration * MILLISECONDS;
    while (this.#emptyFrom !== undefined && until - this.#emptyFrom > duration) {
      this.#addEmptySegment(duration);
      this.plan.onBoundary(this.#emptyFrom);
    }
  }

  #addEmptySegment(milliseconds: number): void {
    const from = this.#emptyFrom!;
    this.#emptyFrom = from + milliseconds;
    this.#tellOf(this.window.addGap(this.#startAt(from, true), milliseconds / MILLISECONDS));
  }

  /** Nothing from the next boundary to the one behind it. */
  #addGap(): void {
    const { first: from = 0, distance } = this.#boundaries;
    const duration = distance === undefined ? this.targetDuration : distance / MILLISECONDS;
    this.#boundaries.shift();
    this.#tellOf(this.window.addGap(this.#startAt(from, true), duration));
  }

  #tellOf(gap: HlsSegment): void {
    this.#isDiscontinuity = false;
    this.plan.onSegment(this, gap);
    this.plan.onPart(this);
  }
}
