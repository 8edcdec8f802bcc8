import { MediaFlags } from '#lib/flv';
import { Fmp4Writer } from '../fragment/fragment-writer.js';
import { TsWriter } from '../ts/ts-writer.js';
import type { HlsMessage } from '../hls-message.js';
import { renderMultivariantPlaylist } from '../playlist/multivariant-playlist.js';
import type { HlsInit, HlsSegment } from '../playlist/segment.js';
import { isSameFormat, type TrackFormat } from '../track/track-format.js';
import { type CodecName, keyOf, TrackReader, type TrackReceiver } from '../track/track-reader.js';
import { FollowerSilence } from './follower-silence.js';
import { LeftOutTracks } from './left-out-tracks.js';
import { MessageBacklog, type PublishedKinds } from './message-backlog.js';
import { DEFAULT_PACKAGER_OPTIONS, type PackagerOptions } from './packager-options.js';
import type { OutgrownReason, PackagerReceiver } from './packager-receiver.js';
import { PublisherClock } from './publisher-clock.js';
import { Rendition } from './rendition.js';
import { isTsFormat, planRenditions } from './rendition-plan.js';
import type { StreamPlan } from './stream-plan.js';
import { TrackWriter } from './track-writer.js';

const MILLISECONDS = 1000;

/** Milliseconds playlists go on, at least, without a track that has come meanwhile: a publisher is not to have new ones all the time. */
const LEAST_RUN = 5000;
/** Milliseconds without anything that are a pause of the publisher, when a segment would have to go on over them. */
const LEAST_PAUSE = 1000;

/**
 * Makes HLS of the messages of a live stream: tracks, segments, parts and playlists.
 *
 * ```
 * probing --tracks known--> packaging --discontinue()--> probing …
 *    |                         '--other tracks, too much of an event--> outgrown
 *    '-------------------------'------------------end()------'--> ended
 * ```
 */
export class HlsPackager implements TrackReceiver, StreamPlan {
  readonly options: Readonly<PackagerOptions>;
  readonly #reader = new TrackReader(this);
  readonly #tracks = new Map<number, TrackWriter>();
  readonly #renditionOf = new Map<number, Rendition>();
  readonly #backlog = new MessageBacklog();
  readonly #clock = new PublisherClock();
  #renditions: readonly Rendition[] = [];
  #leading: Rendition | undefined;
  #targetDuration: number | undefined;
  #initCount = 0;
  #isProbing = true;
  #isOutgrown = false;
  /** Tracks of which something has come since probing began. */
  readonly #heard = new Set<number>();
  /** When the newest message was published, and that with which the playlists began; milliseconds since 1970. */
  #wallTime = 0;
  #begunAt = 0;
  /** Playlists have been seen. */
  #isShown = false;
  /** Tracks have other formats, and nothing has come since. */
  #isChanged = false;
  #keyFrameInterval: number | undefined;
  #published: PublishedKinds | undefined;
  readonly #leftOut = new LeftOutTracks((what) => this.receiver.onLeftOut?.(what));
  /** Time of the newest sample, milliseconds. */
  #newest = 0;
  readonly #silence = new FollowerSilence();

  constructor(
    options: Partial<PackagerOptions> = {},
    private readonly receiver: PackagerReceiver = {},
  ) {
    this.options = { ...DEFAULT_PACKAGER_OPTIONS, ...options };
  }

  /** One for each media playlist; none before it is known what tracks there are. */
  get renditions(): readonly Rendition[] {
    return this.#renditions;
  }

  get targetDuration(): number | undefined {
    return this.#targetDuration;
  }

  /** Bytes held: of segments, and of what is not in one yet. */
  get byteLength(): number {
    return this.#renditions.reduce((sum, rendition) => sum + rendition.byteLength, this.#backlog.byteLength);
  }

  /** Bytes that so many complete segments of each playlist take, and what is not in one yet. */
  neededBytes(count: number): number {
    return this.#renditions.reduce((sum, { window, byteLength }) => {
      return sum + window.neededBytes(count) + byteLength - window.byteLength;
    }, this.#backlog.byteLength);
  }

  /** Whether {@link dropOldest} would free memory. */
  canDrop(least: number): boolean {
    return this.#renditions.some(({ window }) => window.canDrop(least));
  }

  /** Gives up the oldest segment of the playlist that holds most; only when {@link canDrop} says so. */
  dropOldest(least: number): void {
    const windows = this.#renditions.map(({ window }) => window).filter((window) => window.canDrop(least));
    windows.reduce((largest, window) => (window.byteLength > largest.byteLength ? window : largest)).dropOldest();
  }

  /** Whether there is enough for playlists, and the target duration, which does not change, is known. */
  get isReady(): boolean {
    const isPlanned = this.#targetDuration !== undefined && this.#renditions.length > 0;
    return isPlanned && this.#renditions.every(({ isReady }) => isReady);
  }

  /**
   * Somebody wants to see playlists. Makes do with what there is of the first segment.
   *
   * @returns whether there is enough by now
   */
  prepare(): boolean {
    if (this.#isShown) return true;
    const leading = this.#leading;
    if (leading === undefined || leading.window.longest === 0) return false;
    this.#targetDuration ??= this.#chooseTarget();
    if (this.#targetDuration !== undefined) leading.completeFirst();
    this.#isShown = this.isReady;
    // hls.js loads the parts of a playlist that ends with its first segment again and again.
    if (this.#isShown) for (const { window } of this.#renditions) window.foldFirst();
    return this.#isShown;
  }

  find(name: string): Rendition | undefined {
    return this.#renditions.find((rendition) => rendition.name === name);
  }

  /**
   * The multivariant playlist.
   *
   * @param base put in front of every URI, with its `/` at the end
   * @param query appended to every URI, with its `?`
   * @param formatsOf formats of a rendition that it is to speak of; of all that are listed when it does not say
   */
  multivariant(base: string, query?: string, formatsOf?: (name: string) => readonly TrackFormat[] | undefined): string {
    const summaries = this.#renditions.map((rendition) => {
      const summary = rendition.summary(this.#reader.hints);
      return { ...summary, formats: formatsOf?.(rendition.name) ?? summary.formats };
    });
    return renderMultivariantPlaylist(summaries, base, query);
  }

  /** Milliseconds between key frames, when that is known beforehand. */
  expectKeyFrames(interval: number): void {
    this.#keyFrameInterval = interval;
  }

  /** Kinds of which something was published before, when that is known: metadata may keep silent about them. */
  expectKinds(published: PublishedKinds): void {
    this.#published = published;
  }

  /** @param wallTime when the message was published, milliseconds since 1970 */
  push(message: HlsMessage, wallTime: number): void {
    if (this.#isOutgrown) return;
    this.#wallTime = wallTime;
    const { flags, timestamp } = message;
    const time = flags & MediaFlags.Coded ? this.#clock.take(keyOf(flags), timestamp, wallTime) : timestamp;
    if (!this.#isProbing) {
      this.#reader.read(message, time);
      return;
    }
    this.#backlog.add(message, time);
    // Formats are read at once, samples when it is known where they go.
    this.#reader.read(message, time);
    if ((flags & MediaFlags.Coded) === 0) return;
    if (this.#isProbed(time)) this.#begin();
    else if (this.#backlog.isOverdue(time) && this.#usable().length === 0) this.#passOver();
  }

  /** What follows is another publish, or the same after a pause. */
  discontinue(): void {
    this.#finish();
    this.#reader.reset();
    this.#backlog.clear();
    this.#heard.clear();
    this.#clock.restart();
    this.#isProbing = true;
  }

  /** Nothing follows. */
  end(): void {
    if (this.#isProbing && !this.#isOutgrown && !this.#backlog.isEmpty) this.#begin();
    this.#finish(true);
    this.#targetDuration ??= this.#chooseTarget() ?? 1;
    for (const { window } of this.#renditions) window.end();
    for (const rendition of this.#renditions) this.receiver.onPart?.(rendition);
  }

  /** @internal */
  onFormat(key: number, format: TrackFormat): void {
    this.#leftOut.remove(key);
    const track = this.#tracks.get(key);
    if (this.#isProbing || track === undefined || isSameFormat(track.format, format)) return;
    if (!this.#isUsable(format)) {
      // There is no more of it; playlists of what the stream has now are made when it is there.
      this.#tracks.delete(key);
      this.#tellLeftOut();
      return;
    }
    this.#finish();
    track.restart(format);
    this.#isChanged = true;
  }

  /** @internal */
  onSample(key: number, time: number, offset: number, isKey: boolean, body: Uint8Array): void {
    if (this.#isProbing) {
      this.#heard.add(key);
      return;
    }
    const track = this.#tracks.get(key);
    if (track === undefined) {
      this.#onNewTrack(key);
      return;
    }
    if (this.#isOutgrown) return;
    if (this.#isChanged) {
      this.#isChanged = false;
      for (const rendition of this.#renditions) rendition.reconfigure();
    }
    const leading = this.#leading!;
    if (time - this.#newest > LEAST_PAUSE && leading.breaksBefore(time)) this.#finish();
    if (time > this.#newest) this.#newest = time;
    if (track !== leading.leader) {
      leading.pass(time);
      this.#silence.end(this.#wallTime);
    } else if (leading.tracks.length > 1 && this.#silence.pass(time, this.#wallTime)) {
      this.#onFollowerSilent();
    }
    this.#renditionOf.get(key)!.add(track, time, offset, isKey, body);
  }

  /** @internal */
  onUnknown(key: number, codec: CodecName): void {
    this.#leftOut.addUnknown(key, codec);
    if (!this.#isProbing) this.#leftOut.tellAll();
  }

  /** @internal */
  wallTime(milliseconds: number): number {
    return this.#clock.wallTime(milliseconds);
  }

  /** @internal */
  newInit(tracks: readonly TrackWriter[]): HlsInit | undefined {
    if (this.options.container === 'ts') return undefined;
    const init = { id: this.#initCount++, formats: tracks.map(({ format }) => format) };
    this.receiver.onInit?.(init);
    return init;
  }

  /** @internal */
  onPart(rendition: Rendition): void {
    this.receiver.onPart?.(rendition);
  }

  /** @internal */
  onSegment(rendition: Rendition, segment: HlsSegment, rest?: HlsSegment): void {
    this.receiver.onSegment?.(rendition, segment, rest);
    const { playlist, maxBytes } = this.options;
    if (playlist === 'event' && rendition.window.byteLength > maxBytes) this.#outgrow('bytes');
  }

  /** @internal */
  onRemove(rendition: Rendition, segment: HlsSegment): void {
    this.receiver.onRemove?.(rendition, segment);
  }

  /** @internal */
  onBoundary(milliseconds: number): void {
    for (const rendition of this.#renditions) if (!rendition.isLeading) rendition.addBoundary(milliseconds);
  }

  #isProbed(time: number): boolean {
    const keys = this.#usable().map(([key]) => key);
    const isMissing = [...this.#reader.formats].some(
      ([key, format]) => this.#isUsable(format) && !this.#heard.has(key),
    );
    return this.#backlog.isProbed(time, keys, this.#reader.hints, isMissing, this.#published);
  }

  /** Nothing of what has come can be in a playlist: it is not kept for one. */
  #passOver(): void {
    this.#tellLeftOut();
    this.#backlog.clear();
  }

  #tellLeftOut(): void {
    for (const [key, format] of this.#reader.formats)
      if (!this.#isUsable(format)) this.#leftOut.addUnusable(key, format.codec);
    this.#leftOut.tellAll();
  }

  /** Tracks that there is something of. */
  #usable(): Array<[number, TrackFormat]> {
    return [...this.#reader.formats].filter(([key, format]) => this.#heard.has(key) && this.#isUsable(format));
  }

  #isUsable(format: TrackFormat): boolean {
    return this.options.container !== 'ts' || isTsFormat(format);
  }

  /** It is known what tracks there are: what has come so far is packaged. */
  #begin(): void {
    const usable = this.#usable();
    if (this.#renditions.length === 0) this.#plan(usable);
    else if (usable.length !== this.#tracks.size || usable.some(([key]) => !this.#tracks.has(key))) {
      // Players know what there was: they neither take up another track nor do without one.
      this.#outgrow('tracks');
      return;
    } else this.#replaceFormats(usable);
    this.#isProbing = false;
    this.#tellLeftOut();
    this.#begunAt = this.#wallTime;
    this.#backlog.drain((message) => this.#reader.read(message));
  }

  /** Something of a track that no playlist has, or that it has and can have no more of. */
  #onNewTrack(key: number): void {
    const format = this.#reader.formats.get(key);
    const isOther = format !== undefined && (this.#isUsable(format) || this.#renditionOf.has(key));
    const isMissed = isOther && this.#renditions.length > 0;
    if (isMissed && this.#wallTime - this.#begunAt >= LEAST_RUN) this.#outgrow('tracks');
  }

  /**
   * Browsers show pictures no further than the sound in the same playlist goes: what is live begins anew without. An event
   * stays in one piece.
   */
  #onFollowerSilent(): void {
    if (this.options.playlist === 'live' && this.#isShown) this.#outgrow('tracks');
  }

  #outgrow(reason: OutgrownReason): void {
    if (this.#isOutgrown) return;
    this.#isOutgrown = true;
    this.#backlog.clear();
    this.receiver.onOutgrown?.(reason);
  }

  #plan(usable: ReadonlyArray<[number, TrackFormat]>): void {
    const ts = this.options.container === 'ts';
    this.#renditions = planRenditions(usable, this.options.container).map(({ name, tracks, isLeading }) => {
      const writers = tracks.map(([key, format], index) => new TrackWriter(key, index + 1, format));
      const rendition = new Rendition(name, writers, isLeading, this, ts ? new TsWriter(writers) : new Fmp4Writer());
      for (const writer of writers) {
        this.#tracks.set(writer.key, writer);
        this.#renditionOf.set(writer.key, rendition);
      }
      return rendition;
    });
    this.#leading = this.#renditions.find(({ isLeading }) => isLeading);
    for (const rendition of this.#renditions) {
      rendition.others = this.#renditions.filter((other) => other !== rendition);
    }
  }

  /** Another publish of the same stream, with the same tracks. */
  #replaceFormats(usable: ReadonlyArray<[number, TrackFormat]>): void {
    for (const [key, format] of usable) {
      const track = this.#tracks.get(key);
      if (track === undefined || isSameFormat(track.format, format)) continue;
      track.restart(format);
      this.#isChanged = true;
    }
  }

  #finish(isLast = false): void {
    const leading = this.#leading;
    leading?.finish(isLast);
    for (const rendition of this.#renditions) {
      if (rendition !== leading) rendition.finish(isLast, leading!.wholeCount);
    }
  }

  /** Seconds, a whole number; undefined while the first group of pictures has not shown how long it is. */
  #chooseTarget(): number | undefined {
    const { segmentDuration, maxSegmentDuration } = this.options;
    const leading = this.#leading;
    if (leading === undefined) return undefined;
    const most = Math.max(segmentDuration, maxSegmentDuration);
    const longest = leading.window.longest * MILLISECONDS;
    let expected = segmentDuration;
    if (this.#keyFrameInterval !== undefined && leading.leader.format.kind === 'video') {
      expected = Math.ceil(segmentDuration / this.#keyFrameInterval - 0.05) * this.#keyFrameInterval;
    } else if (leading.window.firstSoFar !== undefined && leading.leader.format.kind === 'video') {
      if (!leading.window.isEnded && leading.window.firstSoFar * MILLISECONDS <= segmentDuration) return undefined;
      expected = most;
    }
    return Math.max(1, Math.round(Math.max(longest, Math.min(expected, most)) / MILLISECONDS));
  }
}
