import { FlvError } from '../errors.js';
import { FLV_HEADER_LENGTH, type FlvHeader, readFlvHeader } from '../file-header.js';
import { DEFAULT_FLV_LIMITS, type FlvLimits } from '../limits.js';
import { PREVIOUS_TAG_SIZE_LENGTH, TAG_HEADER_LENGTH } from '../tag/tag-header.js';
import { PendingBytes } from './pending-bytes.js';

const RESERVED_BITS = 0xc0;
const FILTER_BIT = 0x20;
const TAG_TYPE_BITS = 0x1f;

/** One tag of a file or a live FLV stream. */
export interface FlvTag {
  readonly type: 'tag';
  /** Usually one of TagType; readers skip others. */
  readonly tagType: number;
  /** In milliseconds, 32 bits signed. */
  readonly timestamp: number;
  /** Always 0 by the specification. */
  readonly streamId: number;
  /** The data of the tag: a view that stays as it is. */
  readonly payload: Uint8Array;
  /** Where the tag begins in the file. */
  readonly position: number;
  /** What stands behind the tag, which should be its length, header included. Undefined when it is cut off. */
  readonly previousTagSize: number | undefined;
}

/** What a demuxer finds: the file header first, then tags. */
export type FlvUnit = ({ readonly type: 'header' } & FlvHeader) | FlvTag;

/**
 * Takes an FLV file or live stream apart. push() what arrived, then call next() until it returns undefined.
 *
 * The bytes pushed become its own: payloads are views of them where a tag lies in one piece, so they must not be
 * overwritten afterwards. It does not look for the next tag in garbage: an error is the end.
 */
export class FlvDemuxer {
  readonly #limits: FlvLimits;
  readonly #pending = new PendingBytes();
  #begun = false;
  #position = 0;

  constructor(limits: Partial<FlvLimits> = {}) {
    this.#limits = { ...DEFAULT_FLV_LIMITS, ...limits };
  }

  /** One that begins in the middle of a file, where a tag does. */
  static at(position: number, limits: Partial<FlvLimits> = {}): FlvDemuxer {
    const demuxer = new FlvDemuxer(limits);
    demuxer.#begun = true;
    demuxer.#position = position;
    return demuxer;
  }

  /** Where the next unit begins in the file: everything before it was whole. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of a unit that is not complete yet. */
  get pendingLength(): number {
    return this.#pending.length;
  }

  push(bytes: Uint8Array): void {
    this.#pending.push(bytes);
  }

  /** @throws {FlvError} after which the demuxer must not be used. */
  next(): FlvUnit | undefined {
    return this.#begun ? this.#tag(PREVIOUS_TAG_SIZE_LENGTH) : this.#header();
  }

  /**
   * To be called when there are no more bytes and next() has returned undefined: the last tag, when all that is missing
   * is its PreviousTagSize. After it, {@link position} is the end of that tag.
   * @throws {FlvError}
   */
  end(): FlvTag | undefined {
    return this.#begun ? this.#tag(0) : undefined;
  }

  #header(): FlvUnit | undefined {
    const { length } = this.#pending;
    if (length < FLV_HEADER_LENGTH) return undefined;
    const header = readFlvHeader(this.#pending.peek(FLV_HEADER_LENGTH), this.#limits);
    if (length < header.length + PREVIOUS_TAG_SIZE_LENGTH) return undefined;
    this.#take(header.length + PREVIOUS_TAG_SIZE_LENGTH); // PreviousTagSize0 is of no interest
    this.#begun = true;
    return { type: 'header', ...header };
  }

  #tag(trailerLength: number): FlvTag | undefined {
    if (this.#pending.length < TAG_HEADER_LENGTH) return undefined;
    const header = this.#pending.peek(TAG_HEADER_LENGTH);
    const first = header[0]!;
    if ((first & RESERVED_BITS) !== 0) {
      throw new FlvError('FLV_ERR_TAG_HEADER', `A tag begins with ${first} at ${this.#position}.`);
    }
    if ((first & FILTER_BIT) !== 0) throw new FlvError('FLV_ERR_ENCRYPTED', `It begins at ${this.#position}.`);
    const dataLength = unsigned24(header, 1);
    if (dataLength > this.#limits.maxTagLength) {
      throw new FlvError('FLV_ERR_TAG_TOO_LARGE', `It says ${dataLength}, the limit is ${this.#limits.maxTagLength}.`);
    }
    const end = TAG_HEADER_LENGTH + dataLength;
    if (this.#pending.length < end + trailerLength) return undefined;
    const position = this.#position;
    const tag = this.#take(end + trailerLength);
    return {
      type: 'tag',
      tagType: first & TAG_TYPE_BITS,
      timestamp: (tag[7]! << 24) | unsigned24(tag, 4),
      streamId: unsigned24(tag, 8),
      payload: tag.subarray(TAG_HEADER_LENGTH, end),
      position,
      previousTagSize: trailerLength === 0 ? undefined : ((tag[end]! << 24) | unsigned24(tag, end + 1)) >>> 0,
    };
  }

  #take(length: number): Uint8Array {
    this.#position += length;
    return this.#pending.take(length);
  }
}

function unsigned24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}
