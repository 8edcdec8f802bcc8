import { BitReader } from '#lib/bytes';
import { CodecError, truncated } from './errors.js';
import { frameRateOf, type Picture } from './picture.js';

const OBU_SEQUENCE_HEADER = 1;
const SELECT = 2; // SELECT_SCREEN_CONTENT_TOOLS

/** The sequence header OBU among some OBUs, without its own header (AV1 §5.3); undefined when there is none. */
export function findAv1SequenceHeader(obus: Uint8Array): Uint8Array | undefined {
  let at = 0;
  while (at < obus.length) {
    const header = obus[at]!;
    at += header & 0x04 ? 2 : 1;
    let size = obus.length - at;
    if (header & 0x02) {
      const [value, length] = readLeb128(obus, at);
      size = value;
      at += length;
    }
    if (size < 0 || size > obus.length - at) {
      throw new CodecError('CODEC_ERR_TRUNCATED', `An OBU of ${size} bytes has ${obus.length - at}.`);
    }
    if (((header >> 3) & 15) === OBU_SEQUENCE_HEADER) return obus.subarray(at, at + size);
    at += size;
  }
  return undefined;
}

/** AV1 §4.10.5; value and length in bytes. */
function readLeb128(bytes: Uint8Array, at: number): [value: number, length: number] {
  let value = 0;
  for (let index = 0; index < 8; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) throw new CodecError('CODEC_ERR_TRUNCATED', 'The size of an OBU is cut off.');
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [value, index + 1];
  }
  throw new CodecError('CODEC_ERR_VALUE', 'The size of an OBU has more than 8 bytes.');
}

/**
 * Parses a sequence header OBU without its OBU header (AV1 §5.5).
 * @throws {CodecError}
 */
export function parseAv1SequenceHeader(obu: Uint8Array): Picture {
  const bits = new BitReader(obu, truncated('AV1 sequence header'));
  const profile = bits.u(3);
  bits.skip(1); // still_picture
  const reduced = bits.flag();
  let frameRate: number | undefined;
  if (reduced) bits.skip(5);
  else frameRate = readOperatingPoints(bits);

  const widthBits = bits.u(4) + 1;
  const heightBits = bits.u(4) + 1;
  const width = bits.u(widthBits) + 1;
  const height = bits.u(heightBits) + 1;
  if (!reduced && bits.flag()) bits.skip(4 + 3); // frame ID numbers
  bits.skip(3); // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  if (!reduced) skipTools(bits);
  bits.skip(3); // enable_superres, enable_cdef, enable_restoration
  // Pixels are square: how a picture is to be shown is said by each of them (render_and_frame_size_different, §5.9.6).
  return { width, height, frameRate, pixelAspect: undefined, ...readColor(bits, profile) };
}

/** Timing and operating points, §5.5.1; returns the frame rate when it is a constant one. */
function readOperatingPoints(bits: BitReader): number | undefined {
  let frameRate: number | undefined;
  let delayBits = 0;
  if (bits.flag()) {
    const unitsInTick = bits.u(32);
    const timeScale = bits.u(32);
    if (bits.flag()) frameRate = frameRateOf(timeScale, unitsInTick * (bits.ue() + 1)); // uvlc() reads as ue(v)
    if (bits.flag()) {
      delayBits = bits.u(5) + 1;
      bits.skip(32 + 5 + 5);
    }
  }
  const initialDelay = bits.flag();
  const points = bits.u(5) + 1;
  for (let point = 0; point < points; point += 1) {
    bits.skip(12);
    if (bits.u(5) > 7) bits.skip(1); // seq_tier
    if (delayBits > 0 && bits.flag()) bits.skip(2 * delayBits + 1);
    if (initialDelay && bits.flag()) bits.skip(4);
  }
  return frameRate;
}

function skipTools(bits: BitReader): void {
  bits.skip(4); // interintra, masked compound, warped motion, dual filter
  const orderHint = bits.flag();
  if (orderHint) bits.skip(2);
  const screenContent = bits.flag() ? SELECT : bits.u(1);
  if (screenContent > 0 && !bits.flag()) bits.skip(1); // seq_force_integer_mv
  if (orderHint) bits.skip(3);
}

/** §5.5.2, as far as the chroma format. */
function readColor(
  bits: BitReader,
  profile: number,
): Pick<Picture, 'chromaFormat' | 'bitDepth' | 'transferCharacteristics'> {
  const high = bits.flag();
  const bitDepth = profile === 2 && high && bits.flag() ? 12 : high ? 10 : 8;
  const monochrome = profile !== 1 && bits.flag();
  const description = bits.flag() ? bits.u(24) : undefined;
  const transferCharacteristics = description === undefined ? undefined : (description >> 8) & 0xff;
  const color = (chromaFormat: number) => ({ chromaFormat, bitDepth, transferCharacteristics });
  if (monochrome) return color(0);
  if (description === 0x01_0d_00 || profile === 1) return color(3); // sRGB is always 4:4:4
  if (profile === 0) return color(1);
  bits.skip(1); // color_range
  if (bitDepth < 12) return color(2);
  return color(bits.flag() ? (bits.flag() ? 1 : 2) : 3);
}
