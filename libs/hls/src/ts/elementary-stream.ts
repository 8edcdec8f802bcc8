import { CodecError, splitLengthPrefixed } from '#lib/codecs';
import type { VideoFormat } from '../track/track-format.js';

const START_CODE = Uint8Array.of(0, 0, 0, 1);
const AVC_DELIMITER = Uint8Array.of(0x09, 0xf0);
const HEVC_DELIMITER = Uint8Array.of(0x46, 0x01, 0x50);
/** Types of NAL units: delimiters, and the parameter sets (H.264 §7.4.1, H.265 §7.4.2.2). */
const AVC_AUD = 9;
const HEVC_AUD = 35;
const AVC_SETS = [7, 8];
const HEVC_SETS = [32, 33, 34];

/**
 * A picture with start codes, an access unit delimiter, and before key frames the parameter sets (H.264 Annex B). Those that
 * come with it are the ones it needs: a sequence header may be older, or have none.
 */
export function annexBChunks(format: VideoFormat, sample: Uint8Array, isKey: boolean): Uint8Array[] {
  const isAvc = format.codec === 'avc';
  const own = unitsOf(format, sample).filter((unit) => typeOf(unit, isAvc) !== (isAvc ? AVC_AUD : HEVC_AUD));
  const needed = isAvc ? AVC_SETS : HEVC_SETS;
  const hasSets = !isKey || needed.every((type) => own.some((unit) => typeOf(unit, isAvc) === type));
  const units = [isAvc ? AVC_DELIMITER : HEVC_DELIMITER, ...(hasSets ? [] : format.parameterSets), ...own];
  return units.flatMap((unit) => [START_CODE, unit]);
}

function unitsOf(format: VideoFormat, sample: Uint8Array): Uint8Array[] {
  try {
    return splitLengthPrefixed(sample, format.isAnnexB ? START_CODE.length : format.nalLengthSize);
  } catch (error) {
    if (error instanceof CodecError) return [];
    throw error;
  }
}

function typeOf(unit: Uint8Array, isAvc: boolean): number {
  return isAvc ? unit[0]! & 0x1f : (unit[0]! >> 1) & 0x3f;
}
