import { ByteReader } from '#lib/bytes';
import { findAv1SequenceHeader, parseAv1SequenceHeader } from './av1-sequence-header.js';
import { CodecError, truncated } from './errors.js';
import type { Picture } from './picture.js';

const MARKER_AND_VERSION = 0x81;

/** The decoder configuration of AV1. */
export interface Av1Config {
  /** As in `av01.0.04M.08` (AV1 in ISOBMFF §5). */
  readonly codec: string;
  readonly profile: number;
  /** seq_level_idx_0. */
  readonly level: number;
  readonly highTier: boolean;
  readonly bitDepth: 8 | 10 | 12;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  /** OBUs to decode first; may be empty. */
  readonly configObus: Uint8Array;
  /** What the sequence header says; undefined when there is none or it can not be read. */
  readonly picture: Picture | undefined;
}

/**
 * Parses an AV1CodecConfigurationRecord (AV1 in ISOBMFF §2.3.3).
 * @throws {CodecError}
 */
export function parseAv1Config(record: Uint8Array): Av1Config {
  const reader = new ByteReader(record, truncated('AV1CodecConfigurationRecord'));
  const head = reader.u8();
  if (head !== MARKER_AND_VERSION) {
    throw new CodecError('CODEC_ERR_VERSION', `An AV1CodecConfigurationRecord begins with ${head}.`);
  }
  const profileAndLevel = reader.u8();
  const format = reader.u8();
  reader.skip(1); // initial presentation delay
  const configObus = reader.take(reader.remaining);
  const profile = profileAndLevel >> 5;
  const level = profileAndLevel & 0x1f;
  const highTier = (format & 0x80) !== 0;
  const bitDepth = format & 0x40 ? (format & 0x20 ? 12 : 10) : 8;
  const chromaFormat = format & 0x10 ? 0 : format & 0x08 ? (format & 0x04 ? 1 : 2) : 3;
  const codec = `av01.${profile}.${twoDigits(level)}${highTier ? 'H' : 'M'}.${twoDigits(bitDepth)}`;
  return { codec, profile, level, highTier, bitDepth, chromaFormat, configObus, picture: pictureOf(configObus) };
}

function pictureOf(obus: Uint8Array): Picture | undefined {
  try {
    const header = findAv1SequenceHeader(obus);
    return header === undefined ? undefined : parseAv1SequenceHeader(header);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

function twoDigits(value: number): string {
  return value.toString().padStart(2, '0');
}
