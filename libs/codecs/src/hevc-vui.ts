import type { BitReader } from '#lib/bytes';
import { CodecError } from './errors.js';
import { readVuiSignal, UNSIGNALLED, type VuiSignal } from './vui.js';

/** Most of each there may be (H.265 §7.4.3.2.1, §7.4.8). */
const MAX_REFERENCE_SETS = 64;
const MAX_REFERENCES = 16;
const MAX_LONG_TERM = 32;

/**
 * The beginning of the VUI of H.265: passes over what stands in front of it in a sequence parameter set, from
 * bit_depth_chroma_minus8 on (§7.3.2.2.1).
 *
 * @param subLayers sps_max_sub_layers_minus1
 * @throws {CodecError}
 */
export function readHevcVui(bits: BitReader, subLayers: number): VuiSignal {
  bits.ue(); // bit_depth_chroma_minus8
  const orderBits = bits.ue() + 4; // log2_max_pic_order_cnt_lsb_minus4
  const orderings = bits.flag() ? subLayers + 1 : 1; // sps_sub_layer_ordering_info_present_flag
  for (let count = orderings * 3; count > 0; count -= 1) bits.ue();
  for (let count = 6; count > 0; count -= 1) bits.ue(); // sizes of blocks, depths of transform hierarchies
  if (bits.flag() && bits.flag()) skipScalingLists(bits);
  bits.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (bits.flag()) skipPcm(bits);
  skipReferenceSets(bits);
  if (bits.flag()) {
    const count = bounded(bits.ue(), MAX_LONG_TERM, 'num_long_term_ref_pics_sps');
    bits.skip(count * (orderBits + 1));
  }
  bits.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
  return bits.flag() ? readVuiSignal(bits) : UNSIGNALLED;
}

function skipPcm(bits: BitReader): void {
  bits.skip(4 + 4); // bit depths
  bits.ue(); // sizes of blocks
  bits.ue();
  bits.skip(1); // pcm_loop_filter_disabled_flag
}

/** scaling_list_data(), §7.3.4 */
function skipScalingLists(bits: BitReader): void {
  for (let size = 0; size < 4; size += 1) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.ue(); // scaling_list_pred_matrix_id_delta
        continue;
      }
      const coefficients = Math.min(64, 1 << (4 + 2 * size)) + (size > 1 ? 1 : 0);
      for (let index = 0; index < coefficients; index += 1) bits.se();
    }
  }
}

/** All st_ref_pic_set(), §7.3.7: each may be told by its difference from the one before. */
function skipReferenceSets(bits: BitReader): void {
  const sets = bounded(bits.ue(), MAX_REFERENCE_SETS, 'num_short_term_ref_pic_sets');
  let references: readonly number[] = [];
  for (let set = 0; set < sets; set += 1) {
    references = set > 0 && bits.flag() ? readDifference(bits, references) : readReferences(bits);
  }
}

/** Where the pictures of a set are from that which refers to them (§7.4.8). @param before those of the set in front */
function readDifference(bits: BitReader, before: readonly number[]): number[] {
  const sign = bits.flag() ? -1 : 1; // delta_rps_sign
  const difference = sign * (bits.ue() + 1); // abs_delta_rps_minus1
  // used_by_curr_pic_flag, use_delta_flag
  const kept = [...before, 0].filter(() => bits.flag() || bits.flag());
  const moved = kept.map((reference) => reference + difference);
  const earlier = moved.filter((reference) => reference < 0).toSorted((a, b) => b - a);
  return [...earlier, ...moved.filter((reference) => reference > 0).toSorted((a, b) => a - b)];
}

/** The same, of a set that is told by itself: earlier pictures first, the nearest of each first. */
function readReferences(bits: BitReader): number[] {
  const earlier = bounded(bits.ue(), MAX_REFERENCES, 'num_negative_pics');
  const later = bounded(bits.ue(), MAX_REFERENCES, 'num_positive_pics');
  return [...readSteps(bits, earlier, -1), ...readSteps(bits, later, 1)];
}

function readSteps(bits: BitReader, count: number, sign: number): number[] {
  let at = 0;
  return Array.from({ length: count }, () => {
    at += sign * (bits.ue() + 1); // delta_poc_minus1
    bits.skip(1); // used_by_curr_pic_flag
    return at;
  });
}

function bounded(value: number, most: number, name: string): number {
  if (value > most) throw new CodecError('CODEC_ERR_VALUE', `${name} is ${value}, not at most ${most}.`);
  return value;
}
