import { BitReader } from '#lib/bytes';
import { CodecError, truncated } from './errors.js';
import { readHevcVui } from './hevc-vui.js';
import { unescapeNal } from './nal.js';
import type { Picture } from './picture.js';
import { orUndefined, UNSIGNALLED } from './vui.js';

const NAL_SPS = 33;
const PROFILE_BITS = 88; // profile space, tier, profile, compatibility and constraint flags (H.265 §7.3.3)
const LEVEL_BITS = 8;
const MAX_SIDE = 65536;

/**
 * Parses a sequence parameter set of H.265 with its NAL header, as far as the pictures' format (§7.3.2.2.1). A broken VUI
 * only costs what it says.
 * @throws {CodecError}
 */
export function parseHevcSps(unit: Uint8Array): Picture {
  if (((unit[0] ?? 0) >> 1) % 64 !== NAL_SPS) {
    throw new CodecError(
      'CODEC_ERR_FORMAT',
      `A sequence parameter set begins with NAL header ${unit[0] ?? 'nothing'}.`,
    );
  }
  const bits = new BitReader(unescapeNal(unit), truncated('H.265 sequence parameter set'));
  bits.skip(16 + 4); // NAL header, sps_video_parameter_set_id
  const subLayers = bits.u(3); // sps_max_sub_layers_minus1
  bits.skip(1); // sps_temporal_id_nesting_flag
  skipProfileTierLevel(bits, subLayers);
  bits.ue(); // sps_seq_parameter_set_id
  const chromaFormat = bits.ue();
  if (chromaFormat > 3) throw new CodecError('CODEC_ERR_VALUE', `chroma_format_idc is ${chromaFormat}.`);
  const separatePlanes = chromaFormat === 3 && bits.flag();
  let width = bits.ue();
  let height = bits.ue();
  if (width === 0 || height === 0 || width > MAX_SIDE || height > MAX_SIDE) {
    throw new CodecError('CODEC_ERR_VALUE', `The picture has ${width} by ${height} pixels.`);
  }
  if (bits.flag()) {
    const subsampled = separatePlanes ? 0 : chromaFormat;
    const cropX = (bits.ue() + bits.ue()) * (subsampled === 1 || subsampled === 2 ? 2 : 1);
    const cropY = (bits.ue() + bits.ue()) * (subsampled === 1 ? 2 : 1);
    if (cropX < width && cropY < height) {
      width -= cropX;
      height -= cropY;
    }
  }
  const bitDepth = bits.ue() + 8;
  if (bitDepth > 16) throw new CodecError('CODEC_ERR_VALUE', `The bit depth is ${bitDepth}.`);
  const signal = orUndefined(() => readHevcVui(bits, subLayers)) ?? UNSIGNALLED;
  return { width, height, chromaFormat, bitDepth, frameRate: undefined, ...signal };
}

/** profile_tier_level( 1, subLayers ), §7.3.3 */
function skipProfileTierLevel(bits: BitReader, subLayers: number): void {
  bits.skip(PROFILE_BITS + LEVEL_BITS);
  let length = 0;
  for (let index = 0; index < subLayers; index += 1) {
    if (bits.flag()) length += PROFILE_BITS;
    if (bits.flag()) length += LEVEL_BITS;
  }
  if (subLayers > 0) bits.skip(2 * (8 - subLayers)); // reserved_zero_2bits
  bits.skip(length);
}
