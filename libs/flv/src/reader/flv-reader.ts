import type { AmfObject } from '#lib/amf';
import { FlvDemuxer, type FlvTag } from '../demuxer/flv-demuxer.js';
import { FlvError } from '../errors.js';
import { readOnMetaData } from '../script/script-tag.js';
import { classifyMedia } from '../tag/classify-media.js';
import { CONFIGURATION_FLAGS, MediaFlags } from '../tag/media-flags.js';
import { TagType } from '../tag/tag-header.js';
import { isFirstKeyFrame, KeyFrameSearch } from './key-frame-search.js';
import { ReaderConfigurations } from './reader-configurations.js';
import { SeekTable } from './seek-table.js';

/** An index of key frames takes two values for each: of files with more the decoder would give up. */
const METADATA_LIMITS = { maxProperties: 1 << 18 };

/** A tag that can be played. */
export interface FlvMessage {
  readonly tagType: number;
  /** Milliseconds from the beginning of the file, never negative. */
  readonly timestamp: number;
  /** `MediaFlags`. */
  readonly flags: number;
  /** A view that stays as it is. */
  readonly payload: Uint8Array;
  /** Where the tag begins in the file. */
  readonly position: number;
}

/**
 * Reads an FLV file to play it, and seeks in it. It has no file: it says at what position it wants to go on, and
 * is given bytes from there.
 *
 * ```
 * head --readHead() is true--> reading --seek()--> seeking --key frame found--> reading
 * ```
 *
 * When readHead() or next() want more, push() bytes from {@link wanted} on; when there are none, end() says whether that
 * is the end. A file that is still being written may have more later: go on with push() then.
 */
export class FlvReader {
  #demuxer = new FlvDemuxer();
  #wanted = 0;
  #table = new SeekTable();
  #metadata: AmfObject | undefined;
  readonly #configurations = new ReaderConfigurations();
  /** The first tag behind the head, until it is asked for. */
  #first: FlvMessage | undefined;
  /** Position of that tag. */
  #mediaStart: number | undefined;
  #search: KeyFrameSearch | undefined;
  #damage: string | undefined;

  /** Position of the bytes to push next. */
  get wanted(): number {
    return this.#wanted;
  }

  /** Properties of onMetaData; undefined when there is none. */
  get metadata(): AmfObject | undefined {
    return this.#metadata;
  }

  /** What onMetaData says, in milliseconds; undefined when it does not, as in a file that is being written. */
  get duration(): number | undefined {
    const duration = this.#metadata?.['duration'];
    return typeof duration === 'number' && duration > 0 ? Math.round(duration * 1000) : undefined;
  }

  /** Why reading stopped, when what follows is no FLV. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** What a decoder needs before it can begin at the tag at a position, as far as it was read or passed in a search. */
  configurationsAt(position: number): readonly FlvMessage[] {
    return this.#configurations.before(position);
  }

  /** Takes bytes from {@link wanted} on, which become the reader's. */
  push(bytes: Uint8Array): void {
    this.#wanted += bytes.length;
    this.#demuxer.push(bytes);
  }

  /** Reads metadata and configurations, up to the first coded tag; false when bytes are wanted, or there is no media. */
  readHead(): boolean {
    while (this.#mediaStart === undefined) {
      const message = this.#read();
      if (message === undefined) return false;
      if (message.flags & MediaFlags.Coded) {
        this.#first = message;
        this.#mediaStart = message.position;
        this.#note(message);
      } else if (message.flags & CONFIGURATION_FLAGS) {
        this.#configurations.put(message);
      } else {
        this.#readMetadata(message);
      }
    }
    return true;
  }

  /** The next tag behind the head; undefined when bytes are wanted, or there is no more. To be called after readHead(). */
  next(): FlvMessage | undefined {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return first;
    for (;;) {
      const message = this.#read();
      if (message !== undefined) {
        this.#note(message);
        if (this.#search === undefined) return message;
        this.#continueSearch(this.#search, message);
      } else if (this.#damage === undefined || !this.end()) {
        return undefined;
      }
    }
  }

  /** Goes on at the last key frame at or before a time in milliseconds, or at the first one. */
  seek(time: number): void {
    const place = this.#table.before(time);
    this.#search = new KeyFrameSearch(time, this.#table.isLearned ? undefined : place?.time);
    this.#goTo(place?.position ?? this.#mediaStart!);
  }

  /** There are no bytes at {@link wanted}; whether there is more to do nevertheless: then go on with next(). */
  end(): boolean {
    const search = this.#search;
    if (search === undefined) return false;
    if (search.promised !== undefined && search.found === undefined) this.#distrustIndex(search);
    else this.#endSearch(search);
    return true;
  }

  /** A tag that is good for something. */
  #read(): FlvMessage | undefined {
    while (this.#damage === undefined) {
      try {
        const unit = this.#demuxer.next();
        if (unit === undefined) return undefined;
        const message = unit.type === 'tag' ? messageOf(unit) : undefined;
        if (message !== undefined && (message.flags & (MediaFlags.Invalid | MediaFlags.Empty)) === 0) return message;
      } catch (error) {
        if (!(error instanceof FlvError)) throw error;
        this.#damage = error.message;
      }
    }
    return undefined;
  }

  /** Remembers what is needed to begin at other places. */
  #note(message: FlvMessage): void {
    if (message.flags & CONFIGURATION_FLAGS) this.#configurations.put(message);
    else if (isFirstKeyFrame(message.flags)) this.#table.learn(message.timestamp, message.position);
  }

  #readMetadata({ tagType, payload }: FlvMessage): void {
    if (tagType !== TagType.Script && tagType !== TagType.ScriptAmf3) return;
    const metadata = readOnMetaData(payload, tagType, METADATA_LIMITS);
    if (metadata === undefined) return;
    this.#metadata = metadata.properties;
    this.#table = new SeekTable(metadata.properties);
  }

  #continueSearch(search: KeyFrameSearch, message: FlvMessage): void {
    const result = search.take(message);
    if (result === 'wrong') this.#distrustIndex(search);
    else if (result === 'done') this.#endSearch(search);
  }

  #endSearch({ found }: KeyFrameSearch): void {
    this.#search = undefined;
    this.#goTo(found ?? this.#mediaStart!);
  }

  /** What the index promised is not there: it is another file's. Looks for the key frame from the beginning. */
  #distrustIndex({ time }: KeyFrameSearch): void {
    this.#table = new SeekTable();
    this.seek(time);
  }

  #goTo(position: number): void {
    this.#first = undefined;
    this.#damage = undefined;
    this.#demuxer = FlvDemuxer.at(position);
    this.#wanted = position;
  }
}

function messageOf({ tagType, timestamp, payload, position }: FlvTag): FlvMessage {
  return { tagType, timestamp: Math.max(0, timestamp), flags: classifyMedia(tagType, payload), payload, position };
}
