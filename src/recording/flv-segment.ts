import { FlvMuxer, readOnMetaData, TAG_HEADER_LENGTH } from '#lib/flv';
import { type LiveStream, type MediaMessage, type MediaSlab, SlabWriter } from '#lib/live';
import type { RecordingInfo } from './recording-events.js';
import { RecordingFile } from './recording-file.js';
import type { RecordingSegment, SegmentContext } from './recording-segment.js';
import type { FileBegin } from './recording-timeline.js';
import { pieceBytes } from './write-backlog.js';
import type { WriteQueue } from './write-queue.js';

/**
 * One FLV file: headers, then messages as tags, then its true duration and
 * index. A message that the stream keeps anyhow becomes a tag where it lies;
 * others are copied once. All is written behind the media's back.
 */
export class FlvSegment implements RecordingSegment {
  readonly #file: RecordingFile;
  readonly #muxer: FlvMuxer;
  readonly #zero: number;
  /** FLV takes everything. */
  readonly isChanged = false;
  readonly problem = undefined;
  readonly outgrown = undefined;
  /** Of messages that are kept nowhere else. */
  readonly #copies = new SlabWriter();
  /** Tags that follow each other in one slab and have not been gathered. */
  #slab: MediaSlab | undefined;
  #from = 0;
  #to = 0;
  /** What will be written next, and what it lies in, each held once. */
  #chunks: Uint8Array[] = [];
  #slabs: MediaSlab[] = [];
  /** In memory, as the queue counts. */
  #gatheredBytes = 0;
  #bytes = 0;
  #time = 0;

  constructor(stream: LiveStream, { zero, headers }: FileBegin, context: SegmentContext) {
    this.#zero = zero;
    this.#file = new RecordingFile(stream, context, () => context.onQueueChange());
    this.#file.open('flv');
    this.#muxer = new FlvMuxer();
    const metadata = stream.metadata && readOnMetaData(stream.metadata);
    if (metadata !== undefined) this.#muxer.setMetadata(metadata.properties);
    const header = this.#muxer.header();
    this.#bytes = header.length;
    this.#gather(header);
    const timestamp = headers - zero;
    for (const configuration of stream.configurations) this.#addTag({ ...configuration, timestamp }, timestamp);
  }

  /** Bytes in the file so far, those not yet written included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Latest time of a tag, in milliseconds from the beginning of the file. */
  get time(): number {
    return this.#time;
  }

  get info(): RecordingInfo {
    return this.#file.info;
  }

  get queue(): WriteQueue {
    return this.#file.queue;
  }

  checkTime(now: number): void {
    this.#file.checkTime(now);
  }

  giveUp(): void {}

  add(message: MediaMessage, time: number): void {
    const timestamp = Math.max(0, time - this.#zero);
    if (timestamp > this.#time) this.#time = timestamp;
    this.#addTag(message, timestamp);
  }

  /** Queues all there is. */
  flush(): void {
    this.#endRun();
    if (this.#chunks.length === 0) return;
    const slabs = this.#slabs;
    this.queue.add(this.#chunks, () => {
      for (const slab of slabs) slab.release();
    });
    this.#chunks = [];
    this.#slabs = [];
    this.#gatheredBytes = 0;
  }

  /** Writes what is left and the final figures. Reports how it went; does not throw. */
  async finish(): Promise<void> {
    await this.#file.complete(() => {
      this.flush();
      this.#copies.release();
      const { patches, duration, fileSize } = this.#muxer.finish();
      return { patches, duration, bytes: fileSize };
    });
  }

  #addTag({ tagType, flags, payload, slab: kept }: MediaMessage, timestamp: number): void {
    let slab = kept;
    let bytes = payload;
    // Another recording of the same stream may have its own times in there.
    if (slab === undefined || !slab.claim(this)) {
      slab = this.#copies.put(payload);
      const { at } = this.#copies;
      bytes = slab.bytes.subarray(at, at + payload.length);
    }
    const from = bytes.byteOffset - slab.bytes.byteOffset - TAG_HEADER_LENGTH;
    if (slab !== this.#slab || from !== this.#to) this.#beginRun(slab, from);
    this.#to = this.#muxer.frameTag(slab.bytes, from, tagType, timestamp, bytes, flags);
    this.#bytes += this.#to - from;
  }

  #beginRun(slab: MediaSlab, from: number): void {
    this.#endRun();
    if (this.#gatheredBytes >= this.queue.writeSize) this.flush();
    slab.hold();
    this.#slab = slab;
    this.#from = this.#to = from;
  }

  #endRun(): void {
    const slab = this.#slab;
    if (slab === undefined) return;
    this.#slabs.push(slab);
    this.#gather(slab.bytes.subarray(this.#from, this.#to));
    this.#slab = undefined;
  }

  #gather(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#gatheredBytes += pieceBytes(chunk);
  }
}
