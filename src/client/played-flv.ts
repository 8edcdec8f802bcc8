import { FlvMuxer, type FlvMuxerOptions, type FlvSummary, readOnMetaData, tagLength, TagType } from '#lib/flv';
import type { RtmpMediaMessage } from '../media/rtmp-media-message.js';

/** How an FLV file is made of what is played. */
export interface PlayedFlvOptions extends Partial<Omit<FlvMuxerOptions, 'hasAudio' | 'hasVideo'>> {
  /** Ends the file after so many milliseconds. */
  duration?: number;
}

const TAG_TYPES = { audio: TagType.Audio, video: TagType.Video, data: TagType.Script } as const;

/**
 * Makes an FLV file of what is played: iterate it for its bytes, in order. Its
 * time begins at 0. When it has ended, {@link summary} has what to overwrite
 * at its head for the true duration and an index of key frames; it is a whole
 * file without.
 *
 * @publicApi
 */
export class PlayedFlv implements AsyncIterable<Uint8Array> {
  readonly #messages: AsyncIterable<RtmpMediaMessage>;
  readonly #duration: number;
  readonly #muxer: FlvMuxer;
  #summary: FlvSummary | undefined;
  #base: number | undefined;

  constructor(messages: AsyncIterable<RtmpMediaMessage>, { duration = Infinity, ...options }: PlayedFlvOptions = {}) {
    this.#messages = messages;
    this.#duration = duration;
    this.#muxer = new FlvMuxer(options);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#muxer.position;
  }

  /** Milliseconds so far. */
  get duration(): number {
    return this.#muxer.duration;
  }

  /** What the file has, and what to overwrite at its head; undefined until it has begun. */
  get summary(): FlvSummary | undefined {
    return this.#summary ?? (this.#muxer.position === 0 ? undefined : this.#muxer.finish());
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for await (const message of this.#messages) {
      const isMetadata = message.kind === 'data' && message.name === 'onMetaData';
      if (this.#muxer.position === 0) {
        const metadata = isMetadata ? readOnMetaData(message.payload)?.properties : undefined;
        if (metadata !== undefined) this.#muxer.setMetadata(metadata);
        yield this.#muxer.header();
        if (metadata !== undefined) continue;
      }
      const time = this.#timeOf(message);
      if (time > this.#duration) break;
      const bytes = new Uint8Array(tagLength(message.payload.length));
      this.#muxer.writeTag(bytes, 0, TAG_TYPES[message.kind], time, message.payload, message.flags);
      yield bytes;
    }
    if (this.#muxer.position > 0) this.#summary = this.#muxer.finish();
  }

  /** Sequence headers that come before the first picture or sound stand where that will. */
  #timeOf({ kind, isSequenceHeader, timestamp }: RtmpMediaMessage): number {
    if (this.#base === undefined) {
      if (kind === 'data' || isSequenceHeader) return 0;
      this.#base = timestamp;
    }
    return Math.max(0, timestamp - this.#base);
  }
}
