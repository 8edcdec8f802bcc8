import { type AmfObject, encodeAmf0, ecmaArray } from '#lib/amf';
import { FlvUsageError } from '../errors.js';
import { ON_META_DATA } from './script-tag.js';

const LONG_STRING = 0x0c;
const SPACE = 0x20;

/** The least room that can be filled: a long string without text. */
const EMPTY_FILLER_LENGTH = 5;

/** Data of an onMetaData script tag, as an ECMA array, which is what readers look for. */
export function writeOnMetaData(properties: AmfObject): Uint8Array {
  return encodeAmf0(ON_META_DATA, ecmaArray(properties));
}

/** How long the data of an onMetaData tag must at least be for what {@link writeOnMetaData} wrote and a filler. */
export function paddedLength(encoded: Uint8Array): number {
  return encoded.length + EMPTY_FILLER_LENGTH;
}

/**
 * Data of an onMetaData script tag of exactly `length` bytes. What is left over becomes a second value behind the
 * properties, a long string of blanks: readers take the first value and skip to the next tag, so that nothing of it
 * shows among the metadata, while every byte of the tag is still AMF.
 */
export function writePaddedOnMetaData(properties: AmfObject, length: number): Uint8Array {
  return padOnMetaData(writeOnMetaData(properties), length);
}

/** The same for what {@link writeOnMetaData} wrote. */
export function padOnMetaData(encoded: Uint8Array, length: number): Uint8Array {
  const blanks = length - paddedLength(encoded);
  if (blanks < 0) throw new FlvUsageError(`onMetaData takes ${paddedLength(encoded)} bytes, there are ${length}.`);
  const payload = new Uint8Array(length).fill(SPACE);
  payload.set(encoded);
  payload[encoded.length] = LONG_STRING;
  new DataView(payload.buffer).setUint32(encoded.length + 1, blanks);
  return payload;
}
