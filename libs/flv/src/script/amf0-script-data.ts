import { AmfUsageError, encodeAmf0, isAmfObject } from '#lib/amf';
import { FlvError } from '../errors.js';
import { ON_META_DATA, readScriptTag } from './script-tag.js';
import { writeOnMetaData } from './write-on-meta-data.js';

/** Markers of a string, and of an AMF3 value among AMF0 ones (AMF0 §2.4, §3.1). */
const STRING = 2;
const AVM_PLUS = 0x11;
/** Marker and length of a string. */
const STRING_HEADER = 3;

/**
 * Script data in AMF0, which is all that players and readers of FLV files know: FFmpeg reads a file no further than to a
 * text in AMF3.
 *
 * @param body the name, then values
 * @returns the body itself when it is no AMF3, or cannot be read
 */
export function amf0ScriptData(body: Uint8Array): Uint8Array {
  if (body.length <= STRING_HEADER || body[0] !== STRING) return body;
  const nameLength = (body[1]! << 8) | body[2]!;
  if (body[STRING_HEADER + nameLength] !== AVM_PLUS) return body;
  try {
    const { name, values } = readScriptTag(body);
    const [first] = values;
    return name === ON_META_DATA && isAmfObject(first) ? writeOnMetaData(first) : encodeAmf0(name, ...values);
  } catch (error) {
    if (error instanceof FlvError || error instanceof AmfUsageError) return body;
    throw error;
  }
}
