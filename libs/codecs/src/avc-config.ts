import { ByteReader, ByteWriter } from '#lib/bytes';
import { type AvcSps, parseAvcSps } from './avc-sps.js';
import { CodecError, truncated } from './errors.js';
import { isAnnexB, splitAnnexB } from './nal.js';

const NAL_SPS = 7;
const NAL_PPS = 8;

/** The decoder configuration of H.264. */
export interface AvcConfig {
  /** As in `avc1.64001f` (RFC 6381). */
  readonly codec: string;
  readonly profile: number;
  /** The byte of constraint flags. */
  readonly compatibility: number;
  readonly level: number;
  /** Bytes of length before each NAL unit of a picture, 1 to 4. */
  readonly nalLengthSize: number;
  /** Sequence parameter sets; none when they come with the pictures. */
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** What the first sequence parameter set says; undefined when there is none or it can not be read. */
  readonly picture: AvcSps | undefined;
  /** The sender wrote Annex B instead of a record: its pictures are probably Annex B as well. */
  readonly annexB: boolean;
}

/**
 * Parses an AVCDecoderConfigurationRecord (ISO 14496-15 §5.3.3.1). The part only High profiles have may be missing,
 * junk may follow, there may be no sequence parameter set, and Annex B in its place is understood: encoders do all this.
 * @throws {CodecError}
 */
export function parseAvcConfig(record: Uint8Array): AvcConfig {
  if (isAnnexB(record)) return fromAnnexB(record);
  const reader = new ByteReader(record, truncated('AVCDecoderConfigurationRecord'));
  const version = reader.u8();
  if (version !== 1) throw new CodecError('CODEC_ERR_VERSION', `An AVCDecoderConfigurationRecord has ${version}.`);
  const profile = reader.u8();
  const compatibility = reader.u8();
  const level = reader.u8();
  const nalLengthSize = (reader.u8() & 3) + 1;
  const sps = readSets(reader, reader.u8() & 0x1f);
  const pps = readSets(reader, reader.u8());
  return {
    codec: codecString(profile, compatibility, level),
    profile,
    compatibility,
    level,
    nalLengthSize,
    sps,
    pps,
    picture: pictureOf(sps),
    annexB: false,
  };
}

/**
 * Builds an AVCDecoderConfigurationRecord with NAL lengths of four bytes.
 * @throws {CodecError} there is no sequence parameter set, or it can not be read.
 */
export function buildAvcConfig(sps: readonly Uint8Array[], pps: readonly Uint8Array[]): Uint8Array {
  const first = sps[0];
  if (first === undefined) throw new CodecError('CODEC_ERR_FORMAT', 'There is no sequence parameter set.');
  const picture = parseAvcSps(first);
  if (sps.length > 31 || pps.length > 255) {
    throw new CodecError(
      'CODEC_ERR_VALUE',
      `There are ${sps.length} sequence and ${pps.length} picture parameter sets.`,
    );
  }
  const writer = new ByteWriter();
  writer.u8(1).u8(picture.profile).u8(picture.compatibility).u8(picture.level).u8(0xff);
  writer.u8(0xe0 | sps.length);
  writeSets(writer, sps);
  writer.u8(pps.length);
  writeSets(writer, pps);
  if ([100, 110, 122, 144, 244].includes(picture.profile)) {
    const depth = 0xf8 | (picture.bitDepth - 8);
    writer
      .u8(0xfc | picture.chromaFormat)
      .u8(depth)
      .u8(depth)
      .u8(0);
  }
  return writer.finish();
}

/** The parameter sets among some NAL units, for {@link buildAvcConfig}. */
export function findAvcParameterSets(units: readonly Uint8Array[]): { sps: Uint8Array[]; pps: Uint8Array[] } {
  const ofType = (type: number) => units.filter((unit) => (unit[0]! & 0x1f) === type);
  return { sps: ofType(NAL_SPS), pps: ofType(NAL_PPS) };
}

function fromAnnexB(bytes: Uint8Array): AvcConfig {
  const { sps, pps } = findAvcParameterSets(splitAnnexB(bytes));
  return { ...parseAvcConfig(buildAvcConfig(sps, pps)), annexB: true };
}

function readSets(reader: ByteReader, count: number): Uint8Array[] {
  const sets: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) sets.push(reader.take(reader.u16()));
  return sets;
}

function writeSets(writer: ByteWriter, sets: readonly Uint8Array[]): void {
  for (const set of sets) {
    if (set.length > 0xffff) throw new CodecError('CODEC_ERR_VALUE', `A parameter set has ${set.length} bytes.`);
    writer.u16(set.length).bytes(set);
  }
}

function pictureOf(sps: readonly Uint8Array[]): AvcSps | undefined {
  try {
    return sps[0] === undefined ? undefined : parseAvcSps(sps[0]);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

function codecString(...bytes: readonly number[]): string {
  return `avc1.${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
