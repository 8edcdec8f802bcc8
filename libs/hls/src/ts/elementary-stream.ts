import { CodecError, parseAacConfig, splitLengthPrefixed } from '#lib/codecs';
import type { AudioFormat, VideoFormat } from '../track/track-format.js';

const START_CODE = Uint8Array.of(0, 0, 0, 1);
const AVC_DELIMITER = Uint8Array.of(0x09, 0xf0);
const HEVC_DELIMITER = Uint8Array.of(0x46, 0x01, 0x50);
const ADTS_LENGTH = 7;
const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** A picture with start codes, an access unit delimiter, and before key frames the parameter sets (H.264 Annex B). */
export function annexBChunks(format: VideoFormat, sample: Uint8Array, isKey: boolean): Uint8Array[] {
  const isAvc = format.codec === 'avc';
  const units: Uint8Array[] = [isAvc ? AVC_DELIMITER : HEVC_DELIMITER];
  if (isKey) units.push(...format.parameterSets);
  try {
    const nalLengthSize = format.isAnnexB ? START_CODE.length : format.nalLengthSize;
    for (const unit of splitLengthPrefixed(sample, nalLengthSize)) {
      if (!isAdded(isAvc, unit, isKey)) units.push(unit);
    }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
  }
  return units.flatMap((unit) => [START_CODE, unit]);
}

/** Whether a unit is one of those put in front. */
function isAdded(isAvc: boolean, unit: Uint8Array, isKey: boolean): boolean {
  const type = isAvc ? unit[0]! & 0x1f : (unit[0]! >> 1) & 0x3f;
  if (type === (isAvc ? 9 : 35)) return true;
  return isKey && (isAvc ? type === 7 || type === 8 : type >= 32 && type <= 34);
}

/** Makes the ADTS header of AAC frames (ISO 14496-3 §1.A.2.2); undefined for what ADTS can not say. */
export function adtsHeaderOf({ description }: AudioFormat): ((frameLength: number) => Uint8Array) | undefined {
  if (description === undefined) return undefined;
  const { objectType, coreSampleRate, channelConfiguration } = parseAacConfig(description);
  const rate = RATES.indexOf(coreSampleRate);
  if (rate < 0 || objectType > 4) return undefined;
  return (frameLength) => {
    const length = frameLength + ADTS_LENGTH;
    return Uint8Array.of(
      0xff,
      0xf1, // MPEG-4, no CRC
      ((objectType - 1) << 6) | (rate << 2) | (channelConfiguration >> 2),
      ((channelConfiguration & 3) << 6) | (length >> 11),
      (length >> 3) & 0xff,
      ((length & 7) << 5) | 0x1f,
      0xfc,
    );
  };
}
