import { chunkedLength, writeMediaChunks } from './chunk-writer.js';
import type { SentStream } from './load-job.js';
import type { PatternMessage } from './media-pattern.js';
import { metadataMessage, type RtmpLink } from './rtmp-link.js';
import {
  AAC_SEQUENCE_HEADER,
  AUDIO,
  AVC_SEQUENCE_HEADER,
  MAX_MESSAGE_LENGTH,
  VIDEO,
  writeFrame,
} from './tagged-media.js';

/** A frame before it is cut into chunks. */
const scratch = Buffer.allocUnsafeSlow(MAX_MESSAGE_LENGTH);

/** One published stream: turns messages of a pattern into bytes, and counts them. */
export class OutgoingStream {
  #video = 0;
  #audio = 0;
  #bytes = 0;

  constructor(
    readonly stream: number,
    readonly messageStreamId: number,
    readonly chunkSize: number,
  ) {}

  get sent(): SentStream {
    return { stream: this.stream, video: this.#video, audio: this.#audio, bytes: this.#bytes };
  }

  /** Sends what comes before the first frame. */
  begin(link: RtmpLink): void {
    const metadata = { width: 1920, height: 1080, framerate: 30, videocodecid: 7, audiocodecid: 10, encoder: 'bench' };
    link.write(metadataMessage(this.messageStreamId, metadata));
    for (const [typeId, payload] of [
      [VIDEO, AVC_SEQUENCE_HEADER],
      [AUDIO, AAC_SEQUENCE_HEADER],
    ] as const) {
      const bytes = Buffer.allocUnsafe(chunkedLength(payload.length, this.chunkSize));
      writeMediaChunks(bytes, 0, this.messageStreamId, typeId, 0, payload, this.chunkSize);
      link.write(bytes);
    }
  }

  /** Bytes that a message takes. */
  measure({ length }: PatternMessage): number {
    return chunkedLength(length, this.chunkSize);
  }

  /** Writes a message; returns where it ends. */
  write(target: Buffer, at: number, message: PatternMessage, sentAt: number): number {
    const { typeId, isKeyFrame, sequence, length, time } = message;
    const frame = scratch.subarray(0, length);
    writeFrame(frame, typeId, isKeyFrame, { stream: this.stream, sequence, sentAt, length });
    if (typeId === VIDEO) this.#video++;
    else this.#audio++;
    this.#bytes += length;
    return writeMediaChunks(target, at, this.messageStreamId, typeId, Math.floor(time), frame, this.chunkSize);
  }
}
