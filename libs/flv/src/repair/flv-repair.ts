import type { AmfObject } from '#lib/amf';
import { FlvDemuxer, type FlvTag } from '../demuxer/flv-demuxer.js';
import { FlvError, FlvUsageError } from '../errors.js';
import { FLV_FLAGS_POSITION, type FlvHeader, flvFlags } from '../file-header.js';
import { BYTES_PER_KEYFRAME, largestMetadata } from '../muxer/file-metadata.js';
import { fitMetadata } from '../muxer/fit-metadata.js';
import { DEFAULT_FLV_MUXER_OPTIONS } from '../muxer/flv-muxer.js';
import { type FlvFigures, type FlvPatch, summarize } from '../muxer/flv-summary.js';
import { adoptMetadata, type PublisherMetadata } from '../muxer/publisher-metadata.js';
import { RecordingBook } from '../muxer/recording-book.js';
import { readOnMetaData } from '../script/script-tag.js';
import { paddedLength, writeOnMetaData } from '../script/write-on-meta-data.js';
import { classifyMedia } from '../tag/classify-media.js';
import { TAG_HEADER_LENGTH, TagType, TIMESTAMP_MASK, writePreviousTagSize } from '../tag/tag-header.js';
import { patchNumbers } from './metadata-numbers.js';

const TAG_TYPES: ReadonlySet<number> = new Set(Object.values(TagType));

/** What to do to a file so that it is whole: cut it to {@link truncateTo}, then write the patches. */
export interface FlvRepairResult extends FlvFigures {
  /** There is nothing to play in the file: it can be thrown away. */
  readonly empty: boolean;
  /** The file is whole and its metadata true: there is nothing to do. */
  readonly intact: boolean;
  /** Length of what is good. A patch may stand right behind it. */
  readonly truncateTo: number;
  readonly patches: readonly FlvPatch[];
  /** Why reading stopped before the end of the file, if it did. */
  readonly damage: string | undefined;
}

/** The metadata tag at the head of the file, and what goes into it. */
interface Metadata {
  readonly tag: FlvTag;
  readonly properties: AmfObject;
  readonly publisher: PublisherMetadata;
  readonly creator: string;
}

/**
 * Finds out what is good in a file that a crash cut off anywhere, and makes a whole FLV of it: whole tags only, true
 * duration, size and index of key frames. It reads the file once from front to back, holding one tag at a time:
 * push() its bytes, which then must not be overwritten, and finish() at the end.
 */
export class FlvRepair {
  readonly #demuxer = new FlvDemuxer();
  #header: FlvHeader | undefined;
  #metadata: Metadata | undefined;
  #book: RecordingBook | undefined;
  /** End of the last good tag. */
  #good = 0;
  #pushed = 0;
  #damage: string | undefined;
  #result: FlvRepairResult | undefined;

  push(bytes: Uint8Array): void {
    if (this.#result !== undefined) throw new FlvUsageError('push() must not be called after finish().');
    this.#pushed += bytes.length;
    if (this.#damage !== undefined) return;
    this.#demuxer.push(bytes);
    this.#guard(() => {
      for (let unit = this.#demuxer.next(); unit !== undefined; unit = this.#demuxer.next()) {
        if (unit.type === 'header') this.#header = unit;
        else this.#tag(unit);
        if (this.#damage !== undefined) return;
        this.#good = this.#demuxer.position;
      }
    });
  }

  finish(): FlvRepairResult {
    return (this.#result ??= this.#conclude());
  }

  #conclude(): FlvRepairResult {
    const patches: FlvPatch[] = [];
    let fileSize = this.#good;
    const last = this.#lastTag();
    if (last !== undefined) {
      this.#good = this.#demuxer.position;
      const bytes = new Uint8Array(4);
      writePreviousTagSize(bytes, 0, last.payload.length);
      patches.push({ position: this.#good, bytes });
      fileSize = this.#good + bytes.length;
    }
    const book = this.#book ?? new RecordingBook(0);
    const figures = summarize(book, fileSize);
    const truncateTo = this.#good;
    const damage = this.#damage ?? (this.#pushed > truncateTo ? 'The file ends within a tag.' : undefined);
    const empty = !figures.hasAudio && !figures.hasVideo;
    const whole = damage === undefined && last === undefined;
    if (empty || (whole && this.#isSealed(fileSize))) {
      return { ...figures, empty, intact: !empty, truncateTo, patches: [], damage };
    }
    patches.push(...this.#headPatches(book, figures));
    return { ...figures, empty, intact: whole && patches.length === 0, truncateTo, patches, damage };
  }

  /** The last tag when only its PreviousTagSize is cut off. */
  #lastTag(): FlvTag | undefined {
    if (this.#damage !== undefined) return undefined;
    return this.#guard(() => {
      const tag = this.#demuxer.end();
      if (tag !== undefined) this.#tag(tag);
      return this.#damage === undefined ? tag : undefined;
    });
  }

  #tag(tag: FlvTag): void {
    this.#damage = faultOf(tag);
    if (this.#damage !== undefined) return;
    if (this.#book === undefined) {
      this.#metadata = readMetadata(tag);
      this.#book = new RecordingBook(slotsOf(this.#metadata));
    }
    const { tagType, timestamp, payload, position } = tag;
    this.#book.observe(timestamp & TIMESTAMP_MASK, payload, classifyMedia(tagType, payload), position);
  }

  /** Whether the metadata was written when the file had the size it has now. */
  #isSealed(fileSize: number): boolean {
    const properties = this.#metadata?.properties;
    return properties !== undefined && (properties['filesize'] === fileSize || properties['fileSize'] === fileSize);
  }

  #headPatches(book: RecordingBook, { duration, fileSize, lastTimestamp, hasAudio, hasVideo }: FlvFigures): FlvPatch[] {
    const patches: FlvPatch[] = [];
    if (this.#header!.hasAudio !== hasAudio || this.#header!.hasVideo !== hasVideo) {
      patches.push({ position: FLV_FLAGS_POSITION, bytes: Uint8Array.of(flvFlags({ hasAudio, hasVideo })) });
    }
    if (this.#metadata === undefined) return patches;
    const { tag, publisher, creator } = this.#metadata;
    const position = tag.position + TAG_HEADER_LENGTH;
    const bytes = fitMetadata(book, publisher, creator, fileSize, tag.payload.length);
    if (bytes !== undefined) return [...patches, { position, bytes }];
    const numbers = {
      duration: duration / 1000,
      filesize: fileSize,
      fileSize,
      lasttimestamp: lastTimestamp / 1000,
    };
    return [...patches, ...patchNumbers(tag.payload, position, numbers)];
  }

  #guard<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FlvError)) throw error;
      this.#damage = error.message;
      return undefined;
    }
  }
}

/** Why this is not a tag that was written whole. */
function faultOf({ tagType, streamId, payload, position, previousTagSize }: FlvTag): string | undefined {
  if (!TAG_TYPES.has(tagType)) return `The tag at ${position} has type ${tagType}.`;
  if (streamId !== 0) return `The tag at ${position} has StreamID ${streamId}.`;
  const expected = TAG_HEADER_LENGTH + payload.length;
  // Some writers leave the header out, which FFmpeg puts up with.
  if (previousTagSize !== undefined && previousTagSize !== expected && previousTagSize !== payload.length) {
    return `Behind the tag at ${position} stands the size ${previousTagSize}, not ${expected}.`;
  }
  return undefined;
}

/** The metadata of the file, when its first tag is that. */
function readMetadata(tag: FlvTag): Metadata | undefined {
  if (tag.tagType !== TagType.Script) return undefined;
  // An index of key frames has many numbers; the tag that holds them is the limit.
  const limits = { maxProperties: tag.payload.length + 1, maxStringBytes: tag.payload.length + 1 };
  const found = readOnMetaData(tag.payload, tag.tagType, limits);
  if (found === undefined) return undefined;
  const { properties } = found;
  const creator = properties['metadatacreator'];
  return {
    tag,
    properties,
    publisher: adoptMetadata(properties, tag.payload.length),
    creator: typeof creator === 'string' ? creator : DEFAULT_FLV_MUXER_OPTIONS.creator,
  };
}

/** The slots the muxer had when it left the room: the same sum the other way round. */
function slotsOf(metadata: Metadata | undefined): number {
  if (metadata === undefined) return 0;
  const { tag, publisher, creator } = metadata;
  const room = tag.payload.length - paddedLength(writeOnMetaData(largestMetadata(publisher, creator)));
  const slots = Math.floor(room / BYTES_PER_KEYFRAME) - 1;
  return slots < 2 ? 0 : slots;
}
