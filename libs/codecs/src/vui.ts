import type { BitReader } from '#lib/bytes';
import { CodecError } from './errors.js';
import { type PixelAspect, pixelAspectOf } from './picture.js';

const EXTENDED_SAR = 255;
/** Table E-1 of H.264 and Table E.1 of H.265, by aspect_ratio_idc. */
const PIXEL_ASPECTS: ReadonlyArray<readonly [horizontal: number, vertical: number]> = [
  [0, 0], // unspecified
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];

/** What the VUI of H.264 and H.265 says of how pictures are to be shown. */
export interface VuiSignal {
  readonly pixelAspect: PixelAspect | undefined;
  /** Undefined when it does not say. */
  readonly transferCharacteristics: number | undefined;
}

/** What holds without a VUI. */
export const UNSIGNALLED: VuiSignal = Object.freeze({ pixelAspect: undefined, transferCharacteristics: undefined });

/**
 * Reads vui_parameters() from its beginning to the colours, which H.264 (§E.1.1) and H.265 (§E.2.1) have alike.
 * @throws {CodecError}
 */
export function readVuiSignal(bits: BitReader): VuiSignal {
  let pixelAspect: PixelAspect | undefined;
  let transferCharacteristics: number | undefined;
  if (bits.flag()) {
    const idc = bits.u(8);
    const [horizontal, vertical] =
      idc === EXTENDED_SAR ? [bits.u(16), bits.u(16)] : (PIXEL_ASPECTS[idc] ?? PIXEL_ASPECTS[0]!);
    pixelAspect = pixelAspectOf(horizontal, vertical);
  }
  if (bits.flag()) bits.skip(1); // overscan
  if (bits.flag()) {
    bits.skip(4); // video_format, video_full_range_flag
    if (bits.flag()) {
      bits.skip(8); // colour_primaries
      transferCharacteristics = bits.u(8);
      bits.skip(8); // matrix_coefficients
    }
  }
  return { pixelAspect, transferCharacteristics };
}

/** What can be read; undefined where a parameter set is cut off, or makes no sense, on the way. */
export function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
