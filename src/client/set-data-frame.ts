import { encodeAmf0 } from '#lib/amf';
import { ON_META_DATA } from '#lib/flv';

/** How metadata is announced to servers (not in RTMP 1.0; from Flash Media Live Encoder). */
const SET_DATA_FRAME = encodeAmf0('@setDataFrame');
const META_DATA_NAME = encodeAmf0(ON_META_DATA);

/** Script data for a server: onMetaData with the announcement in front, everything else as it is. */
export function withSetDataFrame(payload: Uint8Array): Uint8Array {
  if (!startsWith(payload, META_DATA_NAME)) return payload;
  const bytes = new Uint8Array(SET_DATA_FRAME.length + payload.length);
  bytes.set(SET_DATA_FRAME);
  bytes.set(payload, SET_DATA_FRAME.length);
  return bytes;
}

/** Script data of a server without the announcement, which Node-Media-Server passes on to players. A view. */
export function withoutSetDataFrame(payload: Uint8Array): Uint8Array {
  return startsWith(payload, SET_DATA_FRAME) ? payload.subarray(SET_DATA_FRAME.length) : payload;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}
