import { CodecError } from './errors.js';

/** Whether the bytes begin with an Annex B start code, 00 00 01 or 00 00 00 01. */
export function isAnnexB(bytes: Uint8Array): boolean {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) return false;
  return bytes[2] === 1 || (bytes[2] === 0 && bytes[3] === 1);
}

/** The NAL units between the start codes of an Annex B byte stream, as views (H.264 and H.265 Annex B). */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let start = -1;
  for (let at = bytes.indexOf(1, 2); at !== -1; at = bytes.indexOf(1, at + 1)) {
    if (bytes[at - 1] !== 0 || bytes[at - 2] !== 0) continue;
    if (start !== -1) pushUnit(units, bytes, start, at - 2);
    start = at + 1;
  }
  if (start !== -1) pushUnit(units, bytes, start, bytes.length);
  return units;
}

/** Zero bytes at the end of a NAL unit belong to the next start code or are padding. */
function pushUnit(units: Uint8Array[], bytes: Uint8Array, start: number, end: number): void {
  while (end > start && bytes[end - 1] === 0) end -= 1;
  if (end > start) units.push(bytes.subarray(start, end));
}

/**
 * The NAL units of a picture whose units are preceded by their length, as views.
 * @throws {CodecError} CODEC_ERR_TRUNCATED
 */
export function splitLengthPrefixed(bytes: Uint8Array, lengthSize: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < lengthSize) {
      throw new CodecError('CODEC_ERR_TRUNCATED', `A NAL unit begins ${bytes.length - at} bytes before the end.`);
    }
    let length = 0;
    for (let index = 0; index < lengthSize; index += 1) length = length * 256 + bytes[at + index]!;
    at += lengthSize;
    if (length > bytes.length - at) {
      throw new CodecError('CODEC_ERR_TRUNCATED', `A NAL unit of ${length} bytes has ${bytes.length - at}.`);
    }
    if (length > 0) units.push(bytes.subarray(at, at + length));
    at += length;
  }
  return units;
}

/** NAL units of an Annex B byte stream, each with a length of four bytes in front instead of a start code. */
export function annexBToLengthPrefixed(bytes: Uint8Array): Uint8Array {
  return joinLengthPrefixed(splitAnnexB(bytes));
}

/** NAL units, each with its length of four bytes in front. */
export function joinLengthPrefixed(units: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(units.reduce((total, unit) => total + 4 + unit.length, 0));
  let at = 0;
  for (const unit of units) {
    result[at] = unit.length >>> 24;
    result[at + 1] = unit.length >> 16;
    result[at + 2] = unit.length >> 8;
    result[at + 3] = unit.length;
    result.set(unit, at + 4);
    at += 4 + unit.length;
  }
  return result;
}

/** A NAL unit without its emulation prevention bytes: the 03 of 00 00 03 (H.264 §7.3.1.1). */
export function unescapeNal(unit: Uint8Array): Uint8Array {
  const result = new Uint8Array(unit.length);
  let length = 0;
  let zeros = 0;
  for (const byte of unit) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    result[length] = byte;
    length += 1;
  }
  return result.subarray(0, length);
}
