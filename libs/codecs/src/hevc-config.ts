import { ByteReader } from '#lib/bytes';
import { CodecError, truncated } from './errors.js';
import { parseHevcSps } from './hevc-sps.js';
import { frameRateOf, type Picture } from './picture.js';

const NAL_VPS = 32;
const NAL_SPS = 33;
const NAL_PPS = 34;
const PROFILE_SPACES = ['', 'A', 'B', 'C'] as const;

/** The decoder configuration of H.265. */
export interface HevcConfig {
  /** As in `hvc1.1.6.L120.90` (ISO 14496-15 Annex E.3). */
  readonly codec: string;
  readonly profile: number;
  readonly highTier: boolean;
  /** 30 times the level. */
  readonly level: number;
  /** Bytes of length before each NAL unit of a picture, 1 to 4. */
  readonly nalLengthSize: number;
  readonly vps: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** What the first sequence parameter set says; undefined when there is none or it can not be read. */
  readonly picture: Picture | undefined;
}

/**
 * Parses an HEVCDecoderConfigurationRecord (ISO 14496-15 §8.3.3.1); version 0 is what senders wrote before the
 * standard was final.
 * @throws {CodecError}
 */
export function parseHevcConfig(record: Uint8Array): HevcConfig {
  const reader = new ByteReader(record, truncated('HEVCDecoderConfigurationRecord'));
  const version = reader.u8();
  if (version > 1) throw new CodecError('CODEC_ERR_VERSION', `An HEVCDecoderConfigurationRecord has ${version}.`);
  const general = reader.u8();
  const compatibility = reader.u32();
  const constraints = reader.take(6);
  const level = reader.u8();
  reader.skip(2 + 1 + 1 + 1 + 1); // segmentation, parallelism, chroma format, bit depths
  const averageFrameRate = reader.u16();
  const nalLengthSize = (reader.u8() & 3) + 1;
  const sets = readArrays(reader);
  const sps = sets.get(NAL_SPS) ?? [];
  return {
    codec: codecString(general, compatibility, level, constraints),
    profile: general & 0x1f,
    highTier: (general & 0x20) !== 0,
    level,
    nalLengthSize,
    vps: sets.get(NAL_VPS) ?? [],
    sps,
    pps: sets.get(NAL_PPS) ?? [],
    picture: pictureOf(sps, averageFrameRate),
  };
}

function readArrays(reader: ByteReader): Map<number, Uint8Array[]> {
  const arrays = new Map<number, Uint8Array[]>();
  const count = reader.u8();
  for (let index = 0; index < count; index += 1) {
    const type = reader.u8() & 0x3f;
    const units = arrays.get(type) ?? [];
    const unitCount = reader.u16();
    for (let unit = 0; unit < unitCount; unit += 1) units.push(reader.take(reader.u16()));
    arrays.set(type, units);
  }
  return arrays;
}

function pictureOf(sps: readonly Uint8Array[], averageFrameRate: number): Picture | undefined {
  try {
    if (sps[0] === undefined) return undefined;
    return { ...parseHevcSps(sps[0]), frameRate: frameRateOf(averageFrameRate, 256) };
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

/** ISO 14496-15 Annex E.3: the compatibility flags stand in reverse bit order, trailing zero bytes are left out. */
function codecString(general: number, compatibility: number, level: number, constraints: Uint8Array): string {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit += 1) reversed = (reversed << 1) | ((compatibility >>> bit) & 1);
  let used = constraints.length;
  while (used > 0 && constraints[used - 1] === 0) used -= 1;
  return [
    'hvc1',
    `${PROFILE_SPACES[general >> 6]}${general & 0x1f}`,
    (reversed >>> 0).toString(16).toUpperCase(),
    `${general & 0x20 ? 'H' : 'L'}${level}`,
    ...Array.from(constraints.subarray(0, used), (byte) => byte.toString(16).toUpperCase()),
  ].join('.');
}
