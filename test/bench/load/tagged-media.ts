/*
 * Synthetic H.264 and AAC messages. The decoder configurations are real; a frame is one NAL unit, or one AAC frame, that
 * begins with a tag and goes on with bytes that follow from the tag. Whoever receives one can tell which it is, whether
 * all of it is there, and how long it took.
 */

/** FLV tag types and RTMP message type IDs. */
export const AUDIO = 8;
export const VIDEO = 9;
export const SCRIPT = 18;

/** Where the tag stands: behind VideoTagHeader, CompositionTime, NAL length and NAL header; behind AudioTagHeader. */
const VIDEO_TAG_AT = 10;
const AUDIO_TAG_AT = 2;
const TAG_LENGTH = 24;
const MAGIC = 0x6e62_6d74;
const MAGIC_BYTES = Buffer.from('6e626d74', 'hex');
/** Where the NAL unit of a picture begins, behind its length. */
const NAL_AT = 9;

/** The longest beginning of a message that holds its tag. */
export const HEAD_LENGTH = VIDEO_TAG_AT + TAG_LENGTH;

const FILLER_BASE_MASK = (1 << 19) - 1;
const FILLER = makeFiller(1 << 20);

/** The longest message there can be, in bytes. */
export const MAX_MESSAGE_LENGTH = FILLER.length - FILLER_BASE_MASK - 1;

/** AVC sequence header: 1920x1080, High profile (ISO/IEC 14496-15 §5.3.3.1). */
export const AVC_SEQUENCE_HEADER = Buffer.from(
  '170000000001640028ffe1001b67640028acd940780227e5c044000003000400000300f03c60c65801000668ebe3cb22c0',
  'hex',
);

/** AAC sequence header: LC, 44.1 kHz, stereo. */
export const AAC_SEQUENCE_HEADER = Buffer.from('af001210', 'hex');

/** What a frame says about itself. */
export interface MediaTag {
  /** Which publisher sent it. */
  stream: number;
  /** Counts from 0, video and audio apart. */
  sequence: number;
  /** {@link monotonicNow} of the publisher. */
  sentAt: number;
  length: number;
}

/** Where the tag of a message ends and its filler begins. */
export function fillerAt(typeId: number): number {
  return (typeId === VIDEO ? VIDEO_TAG_AT : AUDIO_TAG_AT) + TAG_LENGTH;
}

/** What stands behind the tag. */
export function fillerOf(sequence: number, length: number): Buffer {
  const from = (sequence * 7919) & FILLER_BASE_MASK;
  return FILLER.subarray(from, from + length);
}

/** Writes a frame of `tag.length` bytes at the beginning of `target`. */
export function writeFrame(target: Buffer, typeId: number, isKeyFrame: boolean, tag: Readonly<MediaTag>): void {
  const { length } = tag;
  let at = AUDIO_TAG_AT;
  if (typeId === VIDEO) {
    target.writeUInt32BE(isKeyFrame ? 0x17010000 : 0x27010000, 0);
    target[4] = 0;
    target.writeUInt32BE(length - NAL_AT, 5);
    target[NAL_AT] = isKeyFrame ? 0x65 : 0x41;
    at = VIDEO_TAG_AT;
  } else {
    target[0] = 0xaf;
    target[1] = 1;
  }
  target.writeUInt32BE(MAGIC, at);
  target.writeUInt32BE(tag.stream, at + 4);
  target.writeUInt32BE(tag.sequence, at + 8);
  target.writeUInt32BE(length, at + 12);
  target.writeDoubleBE(tag.sentAt, at + 16);
  const from = at + TAG_LENGTH;
  fillerOf(tag.sequence, length - from).copy(target, from);
}

/** Reads the tag of a frame into `tag`; false when there is none. `head` is the beginning of the message. */
export function readTag(head: Buffer, headLength: number, typeId: number, tag: MediaTag): boolean {
  const at = typeId === VIDEO ? VIDEO_TAG_AT : AUDIO_TAG_AT;
  if (headLength < at + TAG_LENGTH || head.readUInt32BE(at) !== MAGIC) return false;
  tag.stream = head.readUInt32BE(at + 4);
  tag.sequence = head.readUInt32BE(at + 8);
  tag.length = head.readUInt32BE(at + 12);
  tag.sentAt = head.readDoubleBE(at + 16);
  return true;
}

/** Visits all tags in bytes that hold frames one behind the other, such as a segment. */
export function forEachTag(bytes: Buffer, visit: (typeId: number, tag: Readonly<MediaTag>) => void): void {
  const tag: MediaTag = { stream: 0, sequence: 0, sentAt: 0, length: 0 };
  for (let at = bytes.indexOf(MAGIC_BYTES); at >= 0; at = bytes.indexOf(MAGIC_BYTES, at + TAG_LENGTH)) {
    const head = bytes.subarray(at - AUDIO_TAG_AT);
    if (at < AUDIO_TAG_AT || !readTag(head, head.length, AUDIO, tag)) continue;
    // A picture has the length of its NAL unit and the header of that before it.
    const isPicture = at >= 5 && bytes.readUInt32BE(at - 5) === tag.length - NAL_AT;
    visit(isPicture ? VIDEO : AUDIO, tag);
  }
}

/** Whether the message is a decoder configuration: packet type 0 of AVC and AAC. */
export function isSequenceHeader(head: Buffer): boolean {
  return head[1] === 0;
}

/** Bytes in no order but always the same, none of them 0, so that they hold no start code. */
function makeFiller(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = 0x9e3779b9;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 0xff || 0x5a;
  }
  return bytes;
}
