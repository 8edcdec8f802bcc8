import { MediaFlags, TagType, tagLength, writePreviousTagSize, writeTagHeader } from '#lib/flv';
import { messageChunksLength, writeMessageChunks } from '#lib/rtmp';
import type { MediaMessage } from './media-message.js';

/** How messages look on the way to one kind of subscriber. The bytes depend on the message alone. */
export interface WireFormat {
  /** Feeds of one stream are found by it. */
  readonly key: string;
  /** Whether the subscriber wants the message. */
  takes(flags: number): boolean;
  /** Bytes the message takes. */
  measure(message: MediaMessage): number;
  /** Writes it; returns where it ends. */
  write(target: Uint8Array, at: number, message: MediaMessage): number;
}

/** Which media a subscriber wants: receiveAudio and receiveVideo of RTMP 1.0 §7.2.2, and what it can read. */
export interface MediaSelection {
  readonly audio: boolean;
  readonly video: boolean;
  /** Messages with the headers of Enhanced RTMP. Defaults to true. */
  readonly enhanced?: boolean;
  /** Messages of multitrack, which are those of all tracks but the first. Defaults to true. */
  readonly multitrack?: boolean;
  /** What Enhanced RTMP says of tracks beside their sequence headers: colour information, order of channels. Defaults to true. */
  readonly details?: boolean;
}

const EVERYTHING: MediaSelection = Object.freeze({ audio: true, video: true });
const DETAILS = MediaFlags.Metadata | MediaFlags.MultichannelConfig;

/** Chunk streams of what we send: 4 audio, 6 video, 5 data, as FFmpeg does. */
function chunkStreamOf(tagType: number): number {
  return tagType === TagType.Audio ? 4 : tagType === TagType.Video ? 6 : 5;
}

/**
 * Milliseconds as both formats carry them: 32 bits, which FLV 10.1 §E.4.1 calls signed and FFmpeg reads as unsigned, as
 * it does those of RTMP. What lies a moment before 0, as audio may behind the first picture, would be 49 days ahead.
 */
function wireTime(timestamp: number): number {
  return timestamp < 0 ? 0 : timestamp >>> 0;
}

/** RTMP messages on one message stream, as chunks that depend on nothing sent before (§5.3.1.2.1). */
export class RtmpWireFormat implements WireFormat {
  readonly key: string;

  constructor(
    readonly messageStreamId: number,
    readonly chunkSize: number,
    readonly selection: MediaSelection = EVERYTHING,
  ) {
    this.key = `rtmp/${messageStreamId}/${chunkSize}/${selectionKey(selection)}`;
  }

  takes(flags: number): boolean {
    return isSelected(this.selection, flags);
  }

  measure({ tagType, timestamp, payload }: MediaMessage): number {
    return messageChunksLength(chunkStreamOf(tagType), wireTime(timestamp), payload.length, this.chunkSize);
  }

  write(target: Uint8Array, at: number, { tagType, timestamp, payload }: MediaMessage): number {
    const { messageStreamId, chunkSize } = this;
    const time = wireTime(timestamp);
    return writeMessageChunks(target, at, chunkStreamOf(tagType), messageStreamId, tagType, time, payload, chunkSize);
  }
}

/** FLV tags; the header of the file, which says what tracks there are, is for each subscriber to send first. */
export class FlvWireFormat implements WireFormat {
  readonly key: string;

  constructor(readonly selection: MediaSelection = EVERYTHING) {
    this.key = `flv/${selectionKey(selection)}`;
  }

  takes(flags: number): boolean {
    return isSelected(this.selection, flags);
  }

  measure({ payload }: MediaMessage): number {
    return tagLength(payload.length);
  }

  write(target: Uint8Array, at: number, { tagType, timestamp, payload }: MediaMessage): number {
    const { length } = payload;
    const dataAt = writeTagHeader(target, at, tagType, length, wireTime(timestamp));
    target.set(payload, dataAt);
    return writePreviousTagSize(target, dataAt + length, length);
  }
}

function isSelected(selection: MediaSelection, flags: number): boolean {
  const { audio, video, enhanced = true, multitrack = true, details = true } = selection;
  if (!enhanced && flags & MediaFlags.Enhanced) return false;
  if (!details && flags & DETAILS) return false;
  if (!multitrack && flags & MediaFlags.Multitrack) return false;
  if (flags & MediaFlags.Audio) return audio;
  if (flags & MediaFlags.Video) return video;
  return true;
}

function selectionKey({ audio, video, enhanced = true, multitrack = true, details = true }: MediaSelection): string {
  return `${audio ? 'a' : ''}${video ? 'v' : ''}${enhanced ? 'e' : ''}${multitrack ? 'm' : ''}${details ? 'd' : ''}`;
}
