import { buildAvcConfig, joinLengthPrefixed } from '#lib/codecs';
import { BitWriter } from './bit-writer.js';

/** What pictures look like. */
export interface PictureSettings {
  /** Even, in pixels, from 32. */
  readonly width: number;
  readonly height: number;
  /** Pictures a second. */
  readonly fps: number;
}

/** H.264 §7.4.1, table 7-1. */
const enum Nal {
  Slice = 1,
  Idr = 5,
  Sei = 6,
  Sps = 7,
  Pps = 8,
}

/** Y, Cb, Cr of pictures that follow each other: red, green, blue, yellow, cyan, magenta. */
const COLOURS = [
  [81, 90, 240],
  [145, 54, 34],
  [41, 240, 110],
  [210, 16, 146],
  [170, 166, 16],
  [106, 202, 222],
] as const;

/** level_idc, and what it allows: macroblocks of a picture, and of a second (table A-1). */
const LEVELS: ReadonlyArray<readonly [level: number, size: number, rate: number]> = [
  [30, 1620, 40_500],
  [31, 3600, 108_000],
  [40, 8192, 245_760],
  [42, 8704, 522_240],
  [51, 36_864, 983_040],
  [52, 36_864, 2_073_600],
  [62, 139_264, 16_711_680],
];

/** Bits of frame_num. */
const FRAME_NUM_BITS = 8;
/** SEI of anybody's own (§D.1.7), and the UUID that says whose: nobody's. */
const USER_DATA_UNREGISTERED = 5;
const UUID_LENGTH = 16;
/** What a picture is filled up with; no start code comes of it. */
const FILL = 0x55;
/** Bytes in front of each NAL unit. */
const LENGTH_SIZE = 4;

/**
 * Makes H.264 that any decoder shows, without encoding anything: a picture of
 * one colour, another with each key frame, and pictures that repeat it
 * (Constrained Baseline, CAVLC).
 */
export class VirtualPicture {
  /** AVCDecoderConfigurationRecord (ISO 14496-15 §5.3.3.1). */
  readonly configuration: Uint8Array;
  readonly #columns: number;
  readonly #macroblocks: number;
  readonly #slices = new Map<number, Uint8Array>();
  #keyFrames = -1;
  #frameNum = 0;

  constructor(settings: PictureSettings) {
    this.#columns = Math.ceil(settings.width / 16);
    const rows = Math.ceil(settings.height / 16);
    this.#macroblocks = this.#columns * rows;
    const sps = this.#sequenceParameters(settings, rows);
    this.configuration = buildAvcConfig([sps], [pictureParameters()]);
  }

  /**
   * The next picture, with the length of each NAL unit in front of it.
   *
   * @param size bytes it is filled up to
   */
  next(isKeyFrame: boolean, size: number): Uint8Array {
    if (isKeyFrame) {
      this.#frameNum = 0;
      this.#keyFrames++;
    }
    const slice = this.#slice();
    const missing = size - slice.length - 2 * LENGTH_SIZE;
    return joinLengthPrefixed(missing > UUID_LENGTH ? [filler(missing), slice] : [slice]);
  }

  /** §7.3.2.1.1, with the bits of §E.1.1 that say the rate of pictures, and that none is reordered. */
  #sequenceParameters({ width, height, fps }: PictureSettings, rows: number): Uint8Array {
    const [level] =
      LEVELS.find(([, size, rate]) => this.#macroblocks <= size && this.#macroblocks * fps <= rate) ?? LEVELS.at(-1)!;
    const bits = new BitWriter().u(8, 66).u(8, 0xc0).u(8, level).ue(0);
    bits.ue(FRAME_NUM_BITS - 4).ue(2);
    bits.ue(1).u(1, 0);
    bits
      .ue(this.#columns - 1)
      .ue(rows - 1)
      .u(1, 1)
      .u(1, 0);
    const [right, bottom] = [(this.#columns * 16 - width) / 2, (rows * 16 - height) / 2];
    const isCropped = right > 0 || bottom > 0;
    bits.u(1, Number(isCropped));
    if (isCropped) bits.ue(0).ue(right).ue(0).ue(bottom);
    bits.u(1, 1).u(4, 0);
    // num_units_in_tick and time_scale, which counts fields.
    bits
      .u(1, 1)
      .u(32, 1000)
      .u(32, Math.round(fps * 2000))
      .u(1, 1);
    bits.u(3, 0).u(1, 1);
    bits.u(1, 1).ue(0).ue(0).ue(16).ue(16).ue(0).ue(1);
    return unit(3, Nal.Sps, bits.finish());
  }

  /** Those that are alike are made once. */
  #slice(): Uint8Array {
    const frameNum = this.#frameNum++ % 2 ** FRAME_NUM_BITS;
    const isKeyFrame = this.#frameNum === 1;
    const key = isKeyFrame ? -1 - (this.#keyFrames % COLOURS.length) : frameNum;
    let slice = this.#slices.get(key);
    if (slice === undefined) {
      slice = isKeyFrame ? this.#keyFrame() : this.#repetition(frameNum);
      this.#slices.set(key, slice);
    }
    return slice;
  }

  /** An I slice (§7.3.3): one macroblock has the colour, the others are predicted to be as their neighbours. */
  #keyFrame(): Uint8Array {
    const colour = COLOURS[this.#keyFrames % COLOURS.length]!;
    const bits = new BitWriter().ue(0).ue(7).ue(0).u(FRAME_NUM_BITS, 0);
    // Key frames that follow each other have different IDs (idr_pic_id, §7.4.3).
    bits.ue(this.#keyFrames % 2);
    bits.u(2, 0).ue(0).ue(1);
    // I_PCM: samples as they are (§7.3.5).
    bits.ue(25).align();
    const samples = [256, 64, 64].flatMap((count, plane) => Array<number>(count).fill(colour[plane]!));
    bits.bytes(samples);
    for (let macroblock = 1; macroblock < this.#macroblocks; macroblock++) {
      // I_16x16_2_0_0, chroma of the same prediction, no change of the quantiser: Intra_16x16 by the average.
      bits.ue(3).ue(0).ue(0);
      // No coefficients: coeff_token (table 9-5) is another one beside I_PCM, which counts as full of them.
      if (macroblock === 1 || macroblock === this.#columns) bits.u(6, 3);
      else bits.u(1, 1);
    }
    return unit(3, Nal.Idr, bits.finish());
  }

  /** A P slice of skipped macroblocks alone. */
  #repetition(frameNum: number): Uint8Array {
    const bits = new BitWriter().ue(0).ue(5).ue(0).u(FRAME_NUM_BITS, frameNum);
    bits.u(3, 0).ue(0).ue(1).ue(this.#macroblocks);
    return unit(2, Nal.Slice, bits.finish());
  }
}

/** §7.3.2.2: CAVLC, one reference picture, deblocking as each slice says. */
function pictureParameters(): Uint8Array {
  const bits = new BitWriter().ue(0).ue(0).u(2, 0).ue(0).ue(0).ue(0).u(3, 0).ue(0).ue(0).ue(0).u(3, 4);
  return unit(3, Nal.Pps, bits.finish());
}

/** An SEI of about so many bytes that means nothing (§7.3.2.3.1). */
function filler(size: number): Uint8Array {
  const header = [Nal.Sei, USER_DATA_UNREGISTERED];
  for (let left = size; ; left -= 255) {
    header.push(Math.min(left, 255));
    if (left < 255) break;
  }
  const bytes = new Uint8Array(header.length + size + 1).fill(FILL);
  bytes.set(header);
  bytes[bytes.length - 1] = 0x80;
  return bytes;
}

/** A NAL unit: its header, and emulation prevention (§7.4.1.1). */
function unit(referenceIdc: number, type: Nal, payload: Uint8Array): Uint8Array {
  const bytes = [(referenceIdc << 5) | type];
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(bytes);
}
