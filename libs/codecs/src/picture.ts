/** Width and height of a pixel as it is to be shown, in any unit; they differ. */
export interface PixelAspect {
  readonly horizontal: number;
  readonly vertical: number;
}

/** What a decoder configuration says about the pictures. */
export interface Picture {
  /** In pixels, after cropping. */
  readonly width: number;
  /** In pixels, after cropping. */
  readonly height: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  readonly bitDepth: number;
  /** Pictures per second; undefined when the configuration does not say. */
  readonly frameRate: number | undefined;
  /** The sample aspect ratio; undefined when pixels are square, or the configuration does not say. */
  readonly pixelAspect: PixelAspect | undefined;
  /** Code point of the transfer function (H.273 §8.2); undefined when the configuration does not say. */
  readonly transferCharacteristics: number | undefined;
}

/** Times a pixel may be as wide as high, or as high as wide: those of anamorphic pictures are below 3. */
const MAX_PIXEL_ASPECT = 8;

/** Pictures per second from a fraction; undefined when it makes no sense. */
export function frameRateOf(numerator: number, denominator: number): number | undefined {
  const rate = numerator / denominator;
  return rate > 0 && rate <= 1000 ? rate : undefined;
}

/** A sample aspect ratio; undefined when pixels are square, or it is unspecified or makes no sense. */
export function pixelAspectOf(horizontal: number, vertical: number): PixelAspect | undefined {
  if (horizontal <= 0 || vertical <= 0 || horizontal === vertical) return undefined;
  const ratio = horizontal / vertical;
  return ratio <= MAX_PIXEL_ASPECT && ratio >= 1 / MAX_PIXEL_ASPECT ? { horizontal, vertical } : undefined;
}
