import type { AmfObject } from '#lib/amf';
import { FlvUsageError } from '../errors.js';
import { FLV_FLAGS_POSITION, FLV_PREAMBLE_LENGTH, flvFlags, writeFlvHeader } from '../file-header.js';
import { paddedLength, writeOnMetaData, writePaddedOnMetaData } from '../script/write-on-meta-data.js';
import { classifyMedia } from '../tag/classify-media.js';
import {
  MAX_TAG_DATA_LENGTH,
  PREVIOUS_TAG_SIZE_LENGTH,
  TAG_HEADER_LENGTH,
  TagType,
  tagLength,
  TIMESTAMP_MASK,
  writePreviousTagSize,
  writeTagHeader,
} from '../tag/tag-header.js';
import { BYTES_PER_KEYFRAME, growingMetadata, largestMetadata } from './file-metadata.js';
import { fitMetadata } from './fit-metadata.js';
import { type FlvPatch, type FlvSummary, summarize } from './flv-summary.js';
import { adoptMetadata, type PublisherMetadata } from './publisher-metadata.js';
import { RecordingBook } from './recording-book.js';

/** How a file is written. */
export interface FlvMuxerOptions {
  /**
   * Key frames the index in onMetaData has room for; 0 for no index, otherwise at least 2. When there are more, the
   * index thins out. Each takes 18 bytes of the file, used or not. Defaults to 1024.
   */
  keyframeIndexSlots: number;
  /** What of the publisher's own metadata is kept at most, in bytes. Defaults to 8192. */
  maxMetadataLength: number;
  /** The program that wrote the file, in onMetaData. Defaults to `nest-rtmp`. */
  creator: string;
  /** Whether the header says that there is audio, until {@link FlvMuxer.finish} knows. Defaults to true. */
  hasAudio: boolean;
  /** Whether the header says that there is video, until {@link FlvMuxer.finish} knows. Defaults to true. */
  hasVideo: boolean;
}

/** The options that apply when none are given. */
export const DEFAULT_FLV_MUXER_OPTIONS: Readonly<FlvMuxerOptions> = Object.freeze({
  keyframeIndexSlots: 1024,
  maxMetadataLength: 8192,
  creator: 'nest-rtmp',
  hasAudio: true,
  hasVideo: true,
});

const MAX_CREATOR_LENGTH = 255;

/**
 * Writes one FLV file, without touching a file: tags go into buffers of the caller, who appends them. The file is
 * whole at any moment and never has to be rewritten; {@link finish} gives the few bytes at its head to overwrite, for
 * which {@link header} left room.
 *
 * The states are: made, {@link setMetadata} allowed; begun by {@link header}, tags allowed. `finish` may be called
 * again and again, for example once a minute, and tags may follow it.
 */
export class FlvMuxer {
  readonly #options: FlvMuxerOptions;
  readonly #book: RecordingBook;
  #metadata: PublisherMetadata = { known: {}, extra: {} };
  /** Length of the data of the metadata tag. */
  #metadataLength = 0;
  /** 0 until the file is begun. */
  #position = 0;

  constructor(options: Partial<FlvMuxerOptions> = {}) {
    this.#options = { ...DEFAULT_FLV_MUXER_OPTIONS, ...options };
    checkOptions(this.#options);
    this.#book = new RecordingBook(this.#options.keyframeIndexSlots);
  }

  /** Length of the file so far, in bytes. */
  get position(): number {
    return this.#position;
  }

  /** From the first frame to the end of the last one, in milliseconds. */
  get duration(): number {
    return this.#book.duration;
  }

  /**
   * Takes over the publisher's onMetaData, properties of any kind. Unknown ones are kept; what the file knows better
   * is overwritten in the end.
   */
  setMetadata(metadata: AmfObject): void {
    if (this.#position > 0) throw new FlvUsageError('setMetadata() must be called before header().');
    this.#metadata = adoptMetadata(metadata, this.#options.maxMetadataLength);
  }

  /** How the file begins: header and metadata, with room for the final figures and the index of key frames. */
  header(): Uint8Array {
    if (this.#position > 0) throw new FlvUsageError('header() must be called once.');
    const { keyframeIndexSlots: slots, creator } = this.#options;
    const largest = paddedLength(writeOnMetaData(largestMetadata(this.#metadata, creator)));
    // One place more, for the sequence header at the head of the index.
    const room = largest + (slots > 0 ? (slots + 1) * BYTES_PER_KEYFRAME : 0);
    if (room > MAX_TAG_DATA_LENGTH) {
      throw new FlvUsageError(`The metadata would take ${room} bytes; keyframeIndexSlots must be smaller.`);
    }
    const payload = writePaddedOnMetaData(growingMetadata(this.#metadata, creator), room);
    const bytes = new Uint8Array(FLV_PREAMBLE_LENGTH + tagLength(room));
    bytes.set(writeFlvHeader(this.#options));
    writeTagHeader(bytes, FLV_PREAMBLE_LENGTH, TagType.Script, room, 0);
    bytes.set(payload, FLV_PREAMBLE_LENGTH + TAG_HEADER_LENGTH);
    writePreviousTagSize(bytes, bytes.length - PREVIOUS_TAG_SIZE_LENGTH, room);
    this.#metadataLength = room;
    this.#position = bytes.length;
    this.#book.scriptBytes = TAG_HEADER_LENGTH + room;
    return bytes;
  }

  /**
   * Writes one tag into `target` at `at`, with its PreviousTagSize, and returns where the next one goes. It takes
   * {@link tagLength} bytes. The caller has rebased the timestamp, in milliseconds, of which 31 bits are written.
   */
  writeTag(
    target: Uint8Array,
    at: number,
    tagType: number,
    timestamp: number,
    payload: Uint8Array,
    flags: number = classifyMedia(tagType, payload),
  ): number {
    const length = payload.length;
    if (target.length - at < tagLength(length)) {
      throw new FlvUsageError(`The tag takes ${tagLength(length)} bytes, the target has ${target.length - at}.`);
    }
    target.set(payload, at + TAG_HEADER_LENGTH);
    return this.frameTag(target, at, tagType, timestamp, payload, flags);
  }

  /** The same for a payload that lies in `target` already, where it is to be in a tag that begins at `at`. */
  frameTag(
    target: Uint8Array,
    at: number,
    tagType: number,
    timestamp: number,
    payload: Uint8Array,
    flags: number = classifyMedia(tagType, payload),
  ): number {
    const { length } = payload;
    this.account(tagType, timestamp, payload, flags);
    const dataAt = writeTagHeader(target, at, tagType, length, timestamp & TIMESTAMP_MASK);
    return writePreviousTagSize(target, dataAt + length, length);
  }

  /**
   * Keeps the books of a tag without writing it: for a caller who already has the tag's bytes, say because many
   * readers share them, and appends them to the file.
   */
  account(
    tagType: number,
    timestamp: number,
    payload: Uint8Array,
    flags: number = classifyMedia(tagType, payload),
  ): void {
    if (this.#position === 0) throw new FlvUsageError('header() must be called before the first tag.');
    if (payload.length > MAX_TAG_DATA_LENGTH) {
      throw new FlvUsageError(`A tag carries at most ${MAX_TAG_DATA_LENGTH} bytes, not ${payload.length}.`);
    }
    this.#book.observe(timestamp & TIMESTAMP_MASK, payload, flags, this.#position);
    this.#position += tagLength(payload.length);
  }

  /** What to overwrite at the head of the file so that it tells the truth, and what the truth is. */
  finish(): FlvSummary {
    if (this.#position === 0) throw new FlvUsageError('header() must be called before finish().');
    const { creator } = this.#options;
    const payload = fitMetadata(this.#book, this.#metadata, creator, this.#position, this.#metadataLength);
    const patches: FlvPatch[] = [{ position: FLV_FLAGS_POSITION, bytes: Uint8Array.of(flvFlags(this.#book)) }];
    if (payload !== undefined) patches.push({ position: FLV_PREAMBLE_LENGTH + TAG_HEADER_LENGTH, bytes: payload });
    return { patches, ...summarize(this.#book, this.#position) };
  }
}

function checkOptions({ keyframeIndexSlots, maxMetadataLength, creator }: FlvMuxerOptions): void {
  if (!Number.isInteger(keyframeIndexSlots) || keyframeIndexSlots < 0 || keyframeIndexSlots === 1) {
    throw new FlvUsageError(`keyframeIndexSlots must be 0, or a whole number from 2 up, not ${keyframeIndexSlots}.`);
  }
  if (!(maxMetadataLength >= 0 && maxMetadataLength <= 0xffff)) {
    throw new FlvUsageError(`maxMetadataLength must be from 0 to 65535 bytes, not ${maxMetadataLength}.`);
  }
  if (creator.length > MAX_CREATOR_LENGTH) {
    throw new FlvUsageError(`creator must have at most ${MAX_CREATOR_LENGTH} characters, not ${creator.length}.`);
  }
}
