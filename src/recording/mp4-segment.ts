import { Mp4Muxer, reservedIndex, type Mp4Receiver, type TrackFormat, writeInitSegment } from '#lib/hls';
import { MediaFlags, TagType } from '#lib/flv';
import type { LiveStream, MediaMessage } from '#lib/live';
import { loadMuxingLibrary } from '../media/load-muxing-library.js';
import type { RecordingInfo } from './recording-events.js';
import { RecordingFile } from './recording-file.js';
import type { RecordingSegment, SegmentContext } from './recording-segment.js';
import type { FileBegin } from './recording-timeline.js';
import type { WriteQueue } from './write-queue.js';

/**
 * One MP4 file of movie fragments: the init segment, room for an index, then a fragment each second. It is opened when it
 * is known what tracks there are; the index is written at the end.
 */
export class Mp4Segment implements RecordingSegment, Mp4Receiver {
  readonly #file: RecordingFile;
  readonly #zero: number;
  readonly #muxer: Mp4Muxer;
  #bytes = 0;
  #time = 0;
  /** Fragments that wait for the init segment. */
  #waiting: Uint8Array[] | undefined;
  #init: Promise<void> | undefined;
  #indexAt: number | undefined;

  constructor(stream: LiveStream, { zero }: FileBegin, context: SegmentContext) {
    this.#zero = zero;
    this.#file = new RecordingFile(stream, context, () => context.onQueueChange());
    const { videoMessages, audioMessages } = stream.counters;
    this.#muxer = new Mp4Muxer(this, { video: videoMessages > 0, audio: audioMessages > 0 });
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
    return this.#file.info;
  }

  get queue(): WriteQueue {
    return this.#file.queue;
  }

  get isChanged(): boolean {
    return this.#muxer.isChanged;
  }

  get problem(): string | undefined {
    return this.#muxer.problem;
  }

  get outgrown(): string | undefined {
    return this.#muxer.outgrown;
  }

  add(message: MediaMessage, time: number): void {
    const timestamp = Math.max(0, time - this.#zero);
    if (timestamp > this.#time) this.#time = timestamp;
    this.#muxer.push({ ...message, timestamp });
  }

  checkTime(now: number): void {
    this.#file.checkTime(now);
  }

  flush(): void {}

  giveUp(visit: (message: MediaMessage, time: number) => void): void {
    this.#muxer.drainBacklog((message) => visit(message, message.timestamp + this.#zero));
  }

  async finish(): Promise<void> {
    await this.#file.complete(async () => {
      const { duration, index } = this.#muxer.end();
      if (this.#init === undefined) return undefined; // nothing came that could be written
      await this.#init;
      const hasIndex = index !== undefined && this.#indexAt !== undefined;
      return {
        patches: hasIndex ? [{ position: this.#indexAt!, bytes: index }] : [],
        duration,
        bytes: this.#bytes,
      };
    });
  }

  onTracks(formats: readonly TrackFormat[]): void {
    this.#waiting = [];
    this.#file.open('mp4');
    this.#init = this.#begin(formats).catch((error: Error) => this.queue.fail(error));
  }

  onFragment(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#waiting === undefined) this.queue.add([bytes]);
    else this.#waiting.push(bytes);
  }

  async #begin(formats: readonly TrackFormat[]): Promise<void> {
    const init = await writeInitSegment(await loadMuxingLibrary('recording'), formats);
    const room = reservedIndex();
    this.#indexAt = init.length;
    this.#bytes += init.length + room.length;
    const waiting = this.#waiting!;
    this.#waiting = undefined;
    this.queue.add([init, room, ...waiting]);
  }
}
