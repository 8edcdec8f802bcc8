import { Mp4Muxer, reservedIndex, type Mp4Receiver, writeInitSegment } from '#lib/hls';
import { MediaFlags, TagType } from '#lib/flv';
import type { LiveStream, MediaMessage } from '#lib/live';
import type { RecordingWriter } from '../storage/recording-storage.js';
import { loadMuxingLibrary } from '../media/load-muxing-library.js';
import type { RecordingInfo } from './recording-events.js';
import type { RecordingSegment, SegmentContext } from './recording-segment.js';
import { RecordingTimeline } from './recording-timeline.js';
import { WriteQueue } from './write-queue.js';

type TrackFormats = Parameters<Mp4Receiver['onTracks']>[0];

/**
 * One MP4 file of movie fragments: the init segment, room for an index, then a fragment each second. It is opened when it
 * is known what tracks there are; the index is written at the end.
 */
export class Mp4Segment implements RecordingSegment, Mp4Receiver {
  readonly queue: WriteQueue;
  readonly #context: SegmentContext;
  readonly #info: Omit<RecordingInfo, 'location'>;
  readonly #timeline: RecordingTimeline;
  readonly #muxer = new Mp4Muxer(this);
  readonly #writer: Promise<RecordingWriter>;
  #resolveWriter!: (writer: Promise<RecordingWriter>) => void;
  #location = '';
  #bytes = 0;
  #time = 0;
  /** Time of the stream minus that of the file. */
  #offset = 0;
  /** Fragments that wait for the init segment. */
  #waiting: Uint8Array[] | undefined;
  #init: Promise<void> | undefined;
  #indexAt: number | undefined;

  /** @param first the coded message the file is to begin with */
  constructor(stream: LiveStream, first: MediaMessage, context: SegmentContext) {
    this.#context = context;
    const { id: streamId, app, name } = stream;
    this.#info = { streamId, app, name, startedAt: Date.now() };
    this.#timeline = new RecordingTimeline(first.timestamp);
    this.#writer = new Promise((resolve) => (this.#resolveWriter = resolve));
    this.queue = new WriteQueue(this.#writer, context.pool, context.backlog, () => context.onQueueChange());
    this.#writer.catch((error: Error) => this.queue.fail(error));
    if (stream.metadata !== undefined) {
      this.#muxer.push({ tagType: TagType.Script, timestamp: 0, flags: MediaFlags.Data, payload: stream.metadata });
    }
    for (const configuration of stream.configurations) this.#muxer.push({ ...configuration, timestamp: 0 });
  }

  get bytes(): number {
    return this.#bytes;
  }

  get time(): number {
    return this.#time;
  }

  get info(): RecordingInfo {
    return { ...this.#info, location: this.#location };
  }

  get isChanged(): boolean {
    return this.#muxer.isChanged;
  }

  get problem(): string | undefined {
    return this.#muxer.problem;
  }

  add(message: MediaMessage): void {
    this.#time = this.#timeline.at(message.timestamp);
    this.#offset = message.timestamp - this.#time;
    this.#muxer.push({ ...message, timestamp: this.#time });
  }

  flush(): void {}

  giveUp(visit: (message: MediaMessage) => void): void {
    this.#muxer.drainBacklog((message) => visit({ ...message, timestamp: message.timestamp + this.#offset }));
  }

  async finish(): Promise<void> {
    try {
      const { duration, index } = this.#muxer.end();
      if (this.#init === undefined) return; // nothing came that could be written
      await this.#init;
      await this.queue.whenIdle();
      if (this.queue.failure !== undefined) throw this.queue.failure;
      const writer = await this.#writer;
      if (index !== undefined) await writer.patch?.(this.#indexAt!, index);
      await writer.complete();
      const figures = { duration: duration / 1000, bytes: this.#bytes, isRepaired: false };
      this.#context.observer.onCompleted({ ...this.info, ...figures });
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  onTracks(formats: TrackFormats): void {
    this.#waiting = [];
    this.#resolveWriter(this.#open());
    this.#init = this.#begin(formats).catch((error: Error) => this.queue.fail(error));
  }

  onFragment(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#waiting === undefined) this.queue.add(bytes);
    else this.#waiting.push(bytes);
  }

  async #begin(formats: TrackFormats): Promise<void> {
    const init = await writeInitSegment(await loadMuxingLibrary('recording'), formats);
    const room = reservedIndex();
    this.#indexAt = init.length;
    this.#bytes += init.length + room.length;
    const waiting = this.#waiting!;
    this.#waiting = undefined;
    for (const bytes of [init, room, ...waiting]) this.queue.add(bytes);
  }

  async #open(): Promise<RecordingWriter> {
    const { app, name, startedAt } = this.#info;
    const writer = await this.#context.storage.create({ app, name, startedAt, extension: 'mp4' });
    this.#location = writer.location;
    this.#context.observer.onStarted(this.info);
    return writer;
  }

  #fail(error: Error): void {
    this.queue.fail(error);
    void this.#writer.then((writer) => writer.abandon()).catch(() => {});
    this.#context.observer.onFailed({ ...this.info, error });
  }
}
