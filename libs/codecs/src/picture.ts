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
}

/** Pictures per second from a fraction; undefined when it makes no sense. */
export function frameRateOf(numerator: number, denominator: number): number | undefined {
  const rate = numerator / denominator;
  return rate > 0 && rate <= 1000 ? rate : undefined;
}
