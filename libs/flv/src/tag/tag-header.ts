/** Types of FLV tags (FLV 10.1 §E.4.1), which are also the RTMP message type IDs of the same data. */
export const TagType = {
  Audio: 8,
  Video: 9,
  /** AMF3 framing of script data (Enhanced RTMP). */
  ScriptAmf3: 15,
  Script: 18,
} as const;

/** One of the tag types; files may hold others. */
export type TagType = (typeof TagType)[keyof typeof TagType];

/** Length of a tag header, in bytes. */
export const TAG_HEADER_LENGTH = 11;

/** Length of the PreviousTagSize after each tag, in bytes. */
export const PREVIOUS_TAG_SIZE_LENGTH = 4;

/** The most data one tag can carry, in bytes. */
export const MAX_TAG_DATA_LENGTH = 0xffffff;

/** Timestamps in files keep to 31 bits, as FFmpeg, OBS and SRS write them. */
export const TIMESTAMP_MASK = 0x7fffffff;

/** What a tag with so much data takes up in a file: header, data and PreviousTagSize. */
export function tagLength(dataLength: number): number {
  return TAG_HEADER_LENGTH + dataLength + PREVIOUS_TAG_SIZE_LENGTH;
}

/**
 * Writes the 11 bytes of a tag header at `at` and returns where the data goes. The timestamp is
 * milliseconds, of which 32 bits are kept. The caller sees to it that there is room.
 */
export function writeTagHeader(
  target: Uint8Array,
  at: number,
  tagType: number,
  dataLength: number,
  timestamp: number,
): number {
  target[at] = tagType;
  target[at + 1] = dataLength >> 16;
  target[at + 2] = dataLength >> 8;
  target[at + 3] = dataLength;
  target[at + 4] = timestamp >> 16;
  target[at + 5] = timestamp >> 8;
  target[at + 6] = timestamp;
  target[at + 7] = timestamp >> 24; // TimestampExtended is the most significant byte
  target[at + 8] = 0; // StreamID, always 0
  target[at + 9] = 0;
  target[at + 10] = 0;
  return at + TAG_HEADER_LENGTH;
}

/** Writes the PreviousTagSize of a tag with so much data at `at` and returns where the next tag goes. */
export function writePreviousTagSize(target: Uint8Array, at: number, dataLength: number): number {
  const size = dataLength + TAG_HEADER_LENGTH;
  target[at] = size >> 24;
  target[at + 1] = size >> 16;
  target[at + 2] = size >> 8;
  target[at + 3] = size;
  return at + PREVIOUS_TAG_SIZE_LENGTH;
}
