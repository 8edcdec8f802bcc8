import { hasCompositionTime, MediaFlags, parseVideoTag, TagType } from '#lib/flv';
import type { LiveStream, MediaMessage, MediaSink } from '#lib/live';
import type { RecordingStorage } from '../storage/recording-storage.js';
import { FlvSegment } from './flv-segment.js';
import { Mp4Segment } from './mp4-segment.js';
import type { RecordingSegment, SegmentContext } from './recording-segment.js';
import { type FileBegin, RecordingTimeline } from './recording-timeline.js';
import {
  MAX_FILE_DURATION,
  type RecorderOptions,
  type RecordingContainer,
  type RecordingOptions,
} from './recording-options.js';
import type { RecordingObserver } from './recording-events.js';
import type { WriteBacklog } from './write-backlog.js';

/** What a recorder shares with the others of its server. */
export interface FlvRecorderContext {
  readonly storage: RecordingStorage;
  readonly backlog: WriteBacklog;
  readonly observer: RecordingObserver;
  readonly options: Readonly<RecorderOptions>;
  /** Whether what MP4 cannot hold is recorded as FLV instead. */
  readonly fallsBack: boolean;
}

/**
 * Records a live stream as FLV or MP4, message for message. A file begins with the
 * headers and its first picture is a key frame; audio that comes before it is
 * kept. When its storage is slower than the publisher the publisher's socket
 * waits; when it fails the publish goes on unrecorded.
 */
export class FlvRecorder implements MediaSink {
  #stream: LiveStream;
  readonly #context: FlvRecorderContext;
  readonly #segmentContext: SegmentContext;
  readonly #timeline = new RecordingTimeline();
  readonly #maxDuration: number;
  readonly #maxBytes: number;
  /** Files that are done with and not closed. */
  readonly #finishing = new Map<RecordingSegment, Promise<void>>();
  readonly #stopped = withResolver();
  #removeSink: () => void = () => {};
  #segment: RecordingSegment | undefined;
  #fileBegin: FileBegin | undefined;
  #container: RecordingContainer;
  /** A picture that depends on one that is not in the file must not be in it either. */
  #hasKeyFrame = false;
  /** The file has pictures that were before their sequence header, with which another one can begin. */
  #isHeaderLate = false;
  #hasVideoHeader = false;
  #configurationVersion = 0;
  #release: (() => void) | undefined;
  #isStopped = false;

  /** @internal */
  constructor(stream: LiveStream, recording: RecordingOptions, context: FlvRecorderContext) {
    this.#stream = stream;
    this.#context = context;
    const { storage, backlog, observer } = context;
    const { writeTimeout } = context.options;
    this.#segmentContext = { storage, backlog, observer, writeTimeout, onQueueChange: () => this.#queueChanged() };
    this.#container = recording.container === 'mp4' ? 'mp4' : 'flv';
    this.#maxDuration = Math.min(recording.maxDuration ?? Infinity, MAX_FILE_DURATION);
    this.#maxBytes = recording.maxBytes ?? Infinity;
    this.#removeSink = stream.addSink(this);
  }

  /** Where the file being written is, once the storage has said so. */
  get location(): string | undefined {
    return this.#segment?.info.location;
  }

  onMessage(message: MediaMessage): void {
    if (this.#isStopped) return;
    const { flags } = message;
    if ((flags & MediaFlags.Coded) === 0) {
      this.#addUncoded(message);
      return;
    }
    const isKeyFrame = this.#stream.startsAt(flags);
    if (this.#segment === undefined && flags & MediaFlags.Video && !isKeyFrame) return;
    const time = this.#timeline.take(message);
    if (this.#segment === undefined) {
      this.#begin();
    } else if (this.#isDue(flags)) {
      this.#changeContainer(this.#segment);
      this.#endSegment();
      if (this.#isStopped) return;
      this.#begin();
    }
    if (flags & MediaFlags.Video) {
      if (isKeyFrame) this.#hasKeyFrame = true;
      else if (!this.#hasKeyFrame) return;
    }
    const segment = this.#segment!;
    segment.add(message, time);
    if (segment.problem !== undefined) {
      this.#fallBack(segment, segment.problem);
      return;
    }
    if (this.#release === undefined && segment.queue.queuedBytes > this.#mayQueue()) {
      this.#release = this.#stream.publisherHold.take();
    }
  }

  onEnd(): void {
    this.stop();
  }

  /** The publisher may come back: the file stays open. */
  onSuspend(): void {
    this.#release?.();
    this.#release = undefined;
    this.#segment?.flush();
  }

  /** It did: what follows goes into the same file, pictures from a key frame on. */
  onContinued(stream: LiveStream): void {
    this.#removeSink();
    this.#stream = stream;
    this.#configurationVersion = stream.configurationVersion;
    this.#hasKeyFrame = false;
    this.#timeline.restart();
    this.#removeSink = stream.addSink(this, { greet: false });
  }

  /** Writes out what was received, and fails what the storage hangs with. Called at the flush interval until all is closed. */
  flush(now: number): void {
    for (const segment of this.#finishing.keys()) segment.checkTime(now);
    this.#segment?.checkTime(now);
    this.#segment?.flush();
  }

  /** Ends the recording; what was received goes into the file. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#removeSink();
    this.#endSegment();
    this.#release?.();
    this.#release = undefined;
    void this.whenFinished().then(this.#stopped.resolve);
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** The recording has been stopped and all its files are closed. */
  get whenStopped(): Promise<void> {
    return this.#stopped.promise;
  }

  /** The files that are done with are closed. */
  async whenFinished(): Promise<void> {
    while (this.#finishing.size > 0) await Promise.all(this.#finishing.values());
  }

  /** Sequence headers that changed, colour information and script data other than onMetaData, which is in the header. */
  #addUncoded(message: MediaMessage): void {
    if (this.#segment === undefined || message.flags & MediaFlags.Empty) return;
    if (message.tagType === TagType.Script) {
      if (message.payload === this.#stream.metadata) return;
    }
    if (message.flags & (MediaFlags.SequenceHeader | MediaFlags.Metadata | MediaFlags.MultichannelConfig)) {
      const version = this.#stream.configurationVersion;
      if (version === this.#configurationVersion) return;
      this.#configurationVersion = version;
      if (this.#hasKeyFrame && this.#isFirstHeader(message)) this.#isHeaderLate = true;
    }
    this.#segment.add(message, this.#timeline.take(message));
  }

  /**
   * Whether it is the sequence header that pictures of the file would have needed: FFmpeg reads no FLV file without. MP4 files wait
   * for it.
   */
  #isFirstHeader({ flags, payload }: MediaMessage): boolean {
    if (this.#hasVideoHeader || this.#container === 'mp4' || !isVideoHeader(flags)) return false;
    this.#hasVideoHeader = true;
    return parseVideoTag(payload).tracks.some(({ fourCc }) => hasCompositionTime(fourCc));
  }

  /** @param begin defaults to the message that has just been taken */
  #begin(begin: FileBegin = this.#timeline.begin()): void {
    const Segment = this.#container === 'mp4' ? Mp4Segment : FlvSegment;
    this.#segment = new Segment(this.#stream, begin, this.#segmentContext);
    this.#fileBegin = begin;
    this.#configurationVersion = this.#stream.configurationVersion;
    this.#hasKeyFrame = false;
    this.#hasVideoHeader = this.#stream.configurations.some(({ flags }) => isVideoHeader(flags));
    this.#isHeaderLate = false;
  }

  /** The container cannot hold the stream: FLV can. What has come so far goes there. */
  #fallBack(segment: RecordingSegment, problem: string): void {
    const { observer, fallsBack } = this.#context;
    observer.onUnsupported?.(segment.info, problem, fallsBack);
    this.#segment = undefined;
    if (!fallsBack) {
      this.stop();
      return;
    }
    this.#container = 'flv';
    segment.giveUp((message, time) => {
      if (this.#segment === undefined) this.#begin(this.#fileBegin);
      if (message.flags & MediaFlags.KeyFrame) this.#hasKeyFrame = true;
      this.#segment!.add(message, time);
    });
  }

  /** What came since the file began goes into one of another kind from now on, or nowhere when another recorder has it. */
  #changeContainer({ info, outgrown }: RecordingSegment): void {
    if (outgrown === undefined) return;
    const { observer, fallsBack } = this.#context;
    observer.onUnsupported?.(info, outgrown, fallsBack);
    if (fallsBack) this.#container = 'flv';
    else this.stop();
  }

  /** Files are cut where a player can begin: at a key frame, or anywhere when there is no video. */
  #isDue(flags: number): boolean {
    const segment = this.#segment!;
    const isFull = segment.time >= this.#maxDuration || segment.bytes >= this.#maxBytes;
    if (!isFull && !segment.isChanged && !this.#isHeaderLate) return false;
    return this.#stream.startsAt(flags) || this.#stream.counters.videoMessages === 0;
  }

  #endSegment(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#segment = undefined;
    this.#finishing.set(
      segment,
      segment.finish().finally(() => this.#finishing.delete(segment)),
    );
  }

  /** Bytes that may wait before the publisher does. */
  #mayQueue(): number {
    return this.#context.backlog.isFull ? 0 : this.#context.options.maxQueuedBytes;
  }

  #queueChanged(): void {
    const segment = this.#segment;
    if (segment?.queue.failure !== undefined) {
      this.stop();
    } else if (this.#release !== undefined && (segment?.queue.queuedBytes ?? 0) <= this.#mayQueue() / 2) {
      this.#release();
      this.#release = undefined;
    }
  }
}

function isVideoHeader(flags: number): boolean {
  return (flags & MediaFlags.Video) !== 0 && (flags & MediaFlags.SequenceHeader) !== 0;
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
