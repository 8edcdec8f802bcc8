import { BitReader } from '#lib/bytes';
import { CodecError, truncated } from './errors.js';

const STREAMINFO_LENGTH = 34;
const BLOCK_HEADER_LENGTH = 4;
const MAGIC_LENGTH = 4; // "fLaC"

/** The STREAMINFO block of FLAC. */
export interface FlacConfig {
  readonly codec: 'fLaC';
  /** In Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
  /** In samples. */
  readonly minBlockSize: number;
  /** In samples. */
  readonly maxBlockSize: number;
  /** 0 when it is not known. */
  readonly totalSamples: number;
  /** The block itself, 34 bytes without its header. */
  readonly streamInfo: Uint8Array;
}

/**
 * Parses STREAMINFO (RFC 9639 §8.2): with "fLaC" and the header of the block in front, as Enhanced RTMP says, with the
 * header alone, or bare as FFmpeg 8 sends it.
 * @throws {CodecError}
 */
export function parseFlacConfig(record: Uint8Array): FlacConfig {
  const streamInfo = locate(record);
  const bits = new BitReader(streamInfo, truncated('FLAC STREAMINFO'));
  const minBlockSize = bits.u(16);
  const maxBlockSize = bits.u(16);
  bits.skip(24 + 24); // frame sizes
  const sampleRate = bits.u(20);
  const channels = bits.u(3) + 1;
  const bitsPerSample = bits.u(5) + 1;
  const totalSamples = bits.u(4) * 2 ** 32 + bits.u(32);
  if (sampleRate === 0) throw new CodecError('CODEC_ERR_VALUE', 'The sample rate is 0.');
  return { codec: 'fLaC', sampleRate, channels, bitsPerSample, minBlockSize, maxBlockSize, totalSamples, streamInfo };
}

function locate(record: Uint8Array): Uint8Array {
  let at = 0;
  if (record[0] === 0x66 && record[1] === 0x4c && record[2] === 0x61 && record[3] === 0x43) at = MAGIC_LENGTH;
  const bare = at === 0 && record.length < STREAMINFO_LENGTH + BLOCK_HEADER_LENGTH;
  if (!bare) {
    const type = (record[at] ?? 0) & 0x7f;
    if (type !== 0)
      throw new CodecError('CODEC_ERR_FORMAT', `The first metadata block has type ${type}, not STREAMINFO.`);
    at += BLOCK_HEADER_LENGTH;
  }
  if (record.length < at + STREAMINFO_LENGTH) {
    throw new CodecError('CODEC_ERR_TRUNCATED', `STREAMINFO has ${Math.max(0, record.length - at)} bytes, not 34.`);
  }
  return record.subarray(at, at + STREAMINFO_LENGTH);
}
