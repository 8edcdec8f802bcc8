import { Amf3ValueWriter } from './amf3-value-writer.js';
import { AmfOutput } from './amf-output.js';
import type { AmfValue } from './values.js';

/**
 * The values one after another as AMF3, sharing one set of references. RTMP messages are not AMF3 alone:
 * see encodeAmf3Framed.
 *
 * @throws {AmfUsageError} for what cannot be encoded
 */
export function encodeAmf3(...values: AmfValue[]): Uint8Array {
  const output = new AmfOutput();
  const writer = new Amf3ValueWriter(output);
  for (const value of values) output.topLevel(() => writer.value(value));
  return output.bytes.finish();
}
