import { FlvError } from './errors.js';
import { DEFAULT_FLV_LIMITS, type FlvLimits } from './limits.js';

/** Length of the file header, in bytes (FLV 10.1 §E.2). */
export const FLV_HEADER_LENGTH = 9;

/** The file header and PreviousTagSize0: where the first tag of an ordinary file begins. */
export const FLV_PREAMBLE_LENGTH = FLV_HEADER_LENGTH + 4;

/** Position of the byte that says which kinds of tags the file has. */
export const FLV_FLAGS_POSITION = 4;

const AUDIO_PRESENT = 0x04;
const VIDEO_PRESENT = 0x01;

/** Which kinds of tags a file says it has. */
export interface FlvPresence {
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
}

/** The file header. */
export interface FlvHeader extends FlvPresence {
  readonly version: number;
  /** Length of the header, in bytes; 9, unless a later version adds to it. */
  readonly length: number;
}

/** The flags byte of the file header. */
export function flvFlags({ hasAudio, hasVideo }: FlvPresence): number {
  return (hasAudio ? AUDIO_PRESENT : 0) | (hasVideo ? VIDEO_PRESENT : 0);
}

/** The file header with PreviousTagSize0, 13 bytes: tags follow directly. */
export function writeFlvHeader(presence: FlvPresence): Uint8Array {
  return Uint8Array.of(0x46, 0x4c, 0x56, 1, flvFlags(presence), 0, 0, 0, FLV_HEADER_LENGTH, 0, 0, 0, 0);
}

/**
 * Reads the file header from at least 9 bytes.
 * @throws {FlvError} the bytes do not begin an FLV file.
 */
export function readFlvHeader(bytes: Uint8Array, limits: FlvLimits = DEFAULT_FLV_LIMITS): FlvHeader {
  if (bytes.length < FLV_HEADER_LENGTH) {
    throw new FlvError('FLV_ERR_HEADER_LENGTH', `There are ${bytes.length} bytes.`);
  }
  if (bytes[0] !== 0x46 || bytes[1] !== 0x4c || bytes[2] !== 0x56) {
    const seen = Buffer.from(bytes.buffer, bytes.byteOffset, 3).toString('hex');
    throw new FlvError('FLV_ERR_SIGNATURE', `It begins with ${seen}.`);
  }
  const version = bytes[3]!;
  if (version !== 1) throw new FlvError('FLV_ERR_VERSION', `It is ${version}.`);
  const length = ((bytes[5]! << 24) | (bytes[6]! << 16) | (bytes[7]! << 8) | bytes[8]!) >>> 0;
  if (length < FLV_HEADER_LENGTH || length > limits.maxHeaderLength) {
    throw new FlvError('FLV_ERR_HEADER_LENGTH', `It says ${length} bytes, the limit is ${limits.maxHeaderLength}.`);
  }
  const flags = bytes[FLV_FLAGS_POSITION]!;
  return { version, length, hasAudio: (flags & AUDIO_PRESENT) !== 0, hasVideo: (flags & VIDEO_PRESENT) !== 0 };
}
