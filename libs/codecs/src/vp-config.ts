import { ByteReader } from '#lib/bytes';
import { CodecError, truncated } from './errors.js';

const RECORD_LENGTH = 8;
const VERSION_AND_FLAGS = 0x01000000;

/** The decoder configuration of VP8 and VP9. It does not say how large the pictures are. */
export interface VpConfig {
  /** As in `vp09.00.20.08` (VP Codec ISO Media File Format Binding). */
  readonly codec: string;
  readonly profile: number;
  /** Ten times the level. */
  readonly level: number;
  readonly bitDepth: number;
  /** 0 and 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaSubsampling: number;
  readonly fullRange: boolean;
  readonly colourPrimaries: number;
  readonly transferCharacteristics: number;
  readonly matrixCoefficients: number;
}

/**
 * Parses a VPCodecConfigurationRecord, with the four bytes of version and flags of its box in front, as FFmpeg writes
 * them, or without.
 * @throws {CodecError}
 */
export function parseVpConfig(record: Uint8Array, codec: 'vp08' | 'vp09' = 'vp09'): VpConfig {
  const reader = new ByteReader(record, truncated('VPCodecConfigurationRecord'));
  if (record.length >= RECORD_LENGTH + 4) {
    const versionAndFlags = reader.u32();
    if (versionAndFlags !== VERSION_AND_FLAGS) {
      throw new CodecError('CODEC_ERR_VERSION', `Version and flags of the vpcC box are ${versionAndFlags}.`);
    }
  }
  const profile = reader.u8();
  const level = reader.u8();
  const format = reader.u8();
  const colourPrimaries = reader.u8();
  const transferCharacteristics = reader.u8();
  const matrixCoefficients = reader.u8();
  const initLength = reader.u16();
  if (initLength !== 0) throw new CodecError('CODEC_ERR_VALUE', `codecInitializationDataSize is ${initLength}, not 0.`);
  const bitDepth = format >> 4;
  return {
    codec: [codec, ...[profile, level, bitDepth].map((value) => value.toString().padStart(2, '0'))].join('.'),
    profile,
    level,
    bitDepth,
    chromaSubsampling: (format >> 1) & 7,
    fullRange: (format & 1) === 1,
    colourPrimaries,
    transferCharacteristics,
    matrixCoefficients,
  };
}
