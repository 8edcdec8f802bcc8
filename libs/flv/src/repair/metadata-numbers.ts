import type { FlvPatch } from '../muxer/flv-summary.js';

const AMF0_NUMBER = 0x00;

/**
 * Overwrites numbers where they stand in an onMetaData tag that has no room for more. A key that is not there, or
 * does not have a number, is left alone.
 */
export function patchNumbers(
  payload: Uint8Array,
  position: number,
  numbers: Readonly<Record<string, number>>,
): FlvPatch[] {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const patches: FlvPatch[] = [];
  for (const [key, value] of Object.entries(numbers)) {
    const name = Buffer.from(`\0${String.fromCharCode(key.length)}${key}`, 'latin1');
    const at = bytes.indexOf(Buffer.concat([name, Buffer.of(AMF0_NUMBER)]));
    const valueAt = at + name.length + 1;
    if (at === -1 || valueAt + 8 > bytes.length) continue;
    const encoded = new Uint8Array(8);
    new DataView(encoded.buffer).setFloat64(0, value);
    patches.push({ position: position + valueAt, bytes: encoded });
  }
  return patches;
}
