import { BitReader } from '#lib/bytes';
import { CodecError, truncated } from './errors.js';
import { unescapeNal } from './nal.js';
import { frameRateOf, type Picture } from './picture.js';
import { orUndefined, readVuiSignal, UNSIGNALLED, type VuiSignal } from './vui.js';

/** Profiles whose sequence parameter set has a chroma format (H.264 §7.3.2.1.1). */
const HIGH_PROFILES: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

const MAX_MACROBLOCKS = 4096; // 65536 pixels, far past level 6.2

/** A sequence parameter set of H.264. */
export interface AvcSps extends Picture {
  readonly profile: number;
  /** The byte of constraint flags. */
  readonly compatibility: number;
  readonly level: number;
}

/**
 * Parses a sequence parameter set with its NAL header (H.264 §7.3.2.1.1). A broken VUI only costs what it says.
 * @throws {CodecError}
 */
export function parseAvcSps(unit: Uint8Array): AvcSps {
  if ((unit[0] ?? 0) % 32 !== 7) {
    throw new CodecError(
      'CODEC_ERR_FORMAT',
      `A sequence parameter set begins with NAL header ${unit[0] ?? 'nothing'}.`,
    );
  }
  const bits = new BitReader(unescapeNal(unit), truncated('H.264 sequence parameter set'));
  bits.skip(8);
  const profile = bits.u(8);
  const compatibility = bits.u(8);
  const level = bits.u(8);
  bits.ue(); // seq_parameter_set_id

  const high = HIGH_PROFILES.has(profile) ? readHighProfile(bits) : { chroma: 1, separatePlanes: false, bitDepth: 8 };
  bits.ue(); // log2_max_frame_num_minus4
  skipPictureOrder(bits);
  bits.ue(); // max_num_ref_frames
  bits.skip(1); // gaps_in_frame_num_value_allowed_flag
  const columns = bits.ue() + 1;
  const mapUnits = bits.ue() + 1;
  const fieldsPerFrame = bits.flag() ? 1 : 2; // frame_mbs_only_flag
  if (fieldsPerFrame === 2) bits.skip(1); // mb_adaptive_frame_field_flag
  if (columns > MAX_MACROBLOCKS || mapUnits > MAX_MACROBLOCKS) {
    throw new CodecError('CODEC_ERR_VALUE', `The picture has ${columns} by ${mapUnits} macroblocks.`);
  }
  bits.skip(1); // direct_8x8_inference_flag

  let width = columns * 16;
  let height = mapUnits * 16 * fieldsPerFrame;
  if (bits.flag()) {
    const subsampled = high.separatePlanes ? 0 : high.chroma;
    const unitX = subsampled === 1 || subsampled === 2 ? 2 : 1;
    const unitY = (subsampled === 1 ? 2 : 1) * fieldsPerFrame;
    const cropX = (bits.ue() + bits.ue()) * unitX;
    const cropY = (bits.ue() + bits.ue()) * unitY;
    // As FFmpeg does, keep the whole picture when the cropping leaves nothing.
    if (cropX < width && cropY < height) {
      width -= cropX;
      height -= cropY;
    }
  }
  return {
    profile,
    compatibility,
    level,
    width,
    height,
    chromaFormat: high.chroma,
    bitDepth: high.bitDepth,
    ...readVui(bits),
  };
}

function readHighProfile(bits: BitReader): { chroma: number; separatePlanes: boolean; bitDepth: number } {
  const chroma = bits.ue();
  if (chroma > 3) throw new CodecError('CODEC_ERR_VALUE', `chroma_format_idc is ${chroma}.`);
  const separatePlanes = chroma === 3 && bits.flag();
  const bitDepth = bits.ue() + 8;
  if (bitDepth > 14) throw new CodecError('CODEC_ERR_VALUE', `The bit depth is ${bitDepth}.`);
  bits.ue(); // bit_depth_chroma_minus8
  bits.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) {
    for (let list = 0; list < (chroma === 3 ? 12 : 8); list += 1) {
      if (bits.flag()) skipScalingList(bits, list < 6 ? 16 : 64);
    }
  }
  return { chroma, separatePlanes, bitDepth };
}

/** §7.3.2.1.1.1 */
function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  for (let index = 0; index < size; index += 1) {
    const next = (last + bits.se()) & 0xff;
    if (next === 0) return; // the rest repeats the last scale
    last = next;
  }
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.ue();
  if (type === 0) {
    bits.ue(); // log2_max_pic_order_cnt_lsb_minus4
  } else if (type === 1) {
    bits.skip(1);
    bits.se();
    bits.se();
    const cycle = bits.ue();
    if (cycle > 255) throw new CodecError('CODEC_ERR_VALUE', `num_ref_frames_in_pic_order_cnt_cycle is ${cycle}.`);
    for (let index = 0; index < cycle; index += 1) bits.se();
  }
}

/** §E.1.1, as far as the timing; a VUI that is cut off says what it says until there. */
function readVui(bits: BitReader): VuiSignal & { readonly frameRate: number | undefined } {
  const signal = orUndefined(() => (bits.flag() ? readVuiSignal(bits) : undefined));
  const frameRate = signal && orUndefined(() => readFrameRate(bits));
  return { ...UNSIGNALLED, ...signal, frameRate };
}

/** What stands behind the colours. */
function readFrameRate(bits: BitReader): number | undefined {
  if (bits.flag()) {
    bits.ue(); // chroma sample location
    bits.ue();
  }
  if (!bits.flag()) return undefined;
  const unitsInTick = bits.u(32);
  return frameRateOf(bits.u(32), 2 * unitsInTick); // two ticks, one per field, make a frame
}
