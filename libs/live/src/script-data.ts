/** Script data names that publishers wrap their metadata in (not in RTMP 1.0; from Flash Media Live Encoder). */
const SET_DATA_FRAME = amfString('@setDataFrame');
const CLEAR_DATA_FRAME = amfString('@clearDataFrame');
const ON_META_DATA = amfString('onMetaData');

const DATA_AMF3 = 15;

/** What a data message means for a stream. */
export type ScriptDataKind = 'metadata' | 'clear' | 'other';

/**
 * The payload of a data message as players and files know it: without the
 * format selector of AMF3 data messages and without `@setDataFrame`. A view.
 */
export function normaliseScriptData(messageTypeId: number, payload: Uint8Array): Uint8Array {
  // Type 15 begins with a selector 0, then AMF0 values with AMF3 ones inside; some senders omit it.
  const from = messageTypeId === DATA_AMF3 && payload[0] === 0 ? 1 : 0;
  const body = from === 0 ? payload : payload.subarray(from);
  return startsWith(body, SET_DATA_FRAME) ? body.subarray(SET_DATA_FRAME.length) : body;
}

/** Tells metadata from all other script data by its first string. */
export function scriptDataKind(body: Uint8Array): ScriptDataKind {
  if (startsWith(body, ON_META_DATA)) return 'metadata';
  if (startsWith(body, CLEAR_DATA_FRAME)) return 'clear';
  return 'other';
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}

function amfString(text: string): Uint8Array {
  return Uint8Array.from([2, text.length >> 8, text.length & 0xff, ...new TextEncoder().encode(text)]);
}
