import { FlvMuxer, readOnMetaData, tagLength } from '#lib/flv';
import type { LiveStream, MediaMessage } from '#lib/live';
import type { RecordingInfo } from './recording-events.js';
import { RecordingFile } from './recording-file.js';
import type { RecordingSegment, SegmentContext } from './recording-segment.js';
import { RecordingTimeline } from './recording-timeline.js';
import type { WriteQueue } from './write-queue.js';

/**
 * One FLV file: headers, then messages as tags, then its true duration and
 * index. Tags are put together in pooled buffers, one copy each, and written
 * behind the media's back.
 */
export class FlvSegment implements RecordingSegment {
  readonly #context: SegmentContext;
  readonly #file: RecordingFile;
  readonly #muxer: FlvMuxer;
  readonly #timeline: RecordingTimeline;
  /** FLV takes everything. */
  readonly isChanged = false;
  readonly problem = undefined;
  #buffer: Uint8Array | undefined;
  /** Bytes of the buffer that have been queued, and that are filled. */
  #queuedTo = 0;
  #filledTo = 0;
  #bytes = 0;
  #time = 0;

  /** @param first the coded message the file is to begin with */
  constructor(stream: LiveStream, first: MediaMessage, context: SegmentContext) {
    this.#context = context;
    this.#timeline = new RecordingTimeline(first.timestamp);
    this.#file = new RecordingFile(stream, context, () => this.#queueChanged());
    this.#file.open('flv');
    this.#muxer = new FlvMuxer();
    const metadata = stream.metadata && readOnMetaData(stream.metadata);
    if (metadata !== undefined) this.#muxer.setMetadata(metadata.properties);
    this.#addBytes(this.#muxer.header());
    const at = this.#timeline.at(first.timestamp);
    for (const { tagType, flags, payload } of stream.configurations) this.#addTag(tagType, at, payload, flags);
  }

  /** Bytes in the file so far, those not yet written included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Time of the newest tag, in milliseconds from the beginning of the file. */
  get time(): number {
    return this.#time;
  }

  get info(): RecordingInfo {
    return this.#file.info;
  }

  get queue(): WriteQueue {
    return this.#file.queue;
  }

  giveUp(): void {}

  add(message: MediaMessage): void {
    this.#time = this.#timeline.at(message.timestamp);
    this.#addTag(message.tagType, this.#time, message.payload, message.flags);
  }

  /** Queues what the buffer holds; the rest of the buffer goes on being filled. */
  flush(): void {
    const buffer = this.#buffer;
    if (buffer === undefined || this.#queuedTo === this.#filledTo) return;
    this.queue.add(buffer.subarray(this.#queuedTo, this.#filledTo));
    this.#queuedTo = this.#filledTo;
  }

  /** Begins the buffer anew when all of it has been written: a slow stream then never touches most of its memory. */
  #rewind(): void {
    if (this.queue.queuedBytes === 0 && this.#queuedTo === this.#filledTo) this.#queuedTo = this.#filledTo = 0;
  }

  /** Writes what is left and the final figures. Reports how it went; does not throw. */
  async finish(): Promise<void> {
    await this.#file.complete(() => {
      this.#releaseBuffer();
      const { patches, duration, fileSize } = this.#muxer.finish();
      return { patches, duration, bytes: fileSize };
    });
  }

  #queueChanged(): void {
    this.#rewind();
    this.#context.onQueueChange();
  }

  #addTag(tagType: number, timestamp: number, payload: Uint8Array, flags: number): void {
    const length = tagLength(payload.length);
    this.#bytes += length;
    if (length > this.#context.pool.size) {
      this.#releaseBuffer();
      const bytes = new Uint8Array(length);
      this.#muxer.writeTag(bytes, 0, tagType, timestamp, payload, flags);
      this.queue.add(bytes);
      return;
    }
    const buffer = this.#room(length);
    this.#filledTo = this.#muxer.writeTag(buffer, this.#filledTo, tagType, timestamp, payload, flags);
  }

  #addBytes(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    const buffer = this.#room(bytes.length);
    buffer.set(bytes, this.#filledTo);
    this.#filledTo += bytes.length;
  }

  /** The buffer, with room for so many bytes from `#filledTo` on. */
  #room(length: number): Uint8Array {
    if (this.#buffer !== undefined && this.#buffer.length - this.#filledTo < length) this.#releaseBuffer();
    return (this.#buffer ??= this.#context.pool.take());
  }

  /** Queues what the buffer holds and lets it go. */
  #releaseBuffer(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    this.queue.add(buffer.subarray(this.#queuedTo, this.#filledTo), buffer);
    this.#buffer = undefined;
    this.#queuedTo = this.#filledTo = 0;
  }
}
