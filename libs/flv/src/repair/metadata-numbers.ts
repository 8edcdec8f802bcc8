import type { FlvPatch } from '../muxer/flv-summary.js';
import { readOnMetaData } from '../script/script-tag.js';

const AMF0_NUMBER = 0x00;
const NUMBER_LENGTH = 8;

/**
 * Overwrites numbers where they stand in an onMetaData tag that has no room for more. A key that is not there, or
 * does not have a number, is left alone.
 * @param position where the payload begins in the file.
 */
export function patchNumbers(
  payload: Uint8Array,
  position: number,
  numbers: Readonly<Record<string, number>>,
): FlvPatch[] {
  const patches: FlvPatch[] = [];
  for (const [key, value] of Object.entries(numbers)) {
    const bytes = new Uint8Array(NUMBER_LENGTH);
    new DataView(bytes.buffer).setFloat64(0, value);
    const at = findNumber(payload, key, bytes, value);
    if (at !== undefined) patches.push({ position: position + at, bytes });
  }
  return patches;
}

/** The same bytes may stand in a text before it: it is the right place when the property is read from there. */
function findNumber(payload: Uint8Array, key: string, bytes: Uint8Array, value: number): number | undefined {
  const copy = Buffer.from(payload);
  const name = Buffer.from(`\0${String.fromCharCode(key.length)}${key}\0`, 'latin1');
  name[name.length - 1] = AMF0_NUMBER;
  for (let found = copy.indexOf(name); found !== -1; found = copy.indexOf(name, found + 1)) {
    const at = found + name.length;
    if (at + NUMBER_LENGTH > copy.length) return undefined;
    copy.set(bytes, at);
    if (readOnMetaData(copy)?.properties[key] === value) return at;
    copy.set(payload.subarray(at, at + NUMBER_LENGTH), at);
  }
  return undefined;
}
