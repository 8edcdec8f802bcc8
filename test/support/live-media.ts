import { decodeAmf0, encodeAmf0 } from '#lib/amf';

/** A media message as a publisher sends it. */
export interface LiveMessage {
  readonly typeId: number;
  readonly payload: Uint8Array;
}

/** Shortest payload that has room for a number. */
export const SHORTEST = 9;

/** A key frame of AVC that carries a number and nothing else of sense. */
export function keyFrame(number: number, length = SHORTEST): LiveMessage {
  return { typeId: 9, payload: numbered([0x17, 1, 0, 0, 0], number, length) };
}

/** A picture that needs the one before. */
export function picture(number: number, length = SHORTEST): LiveMessage {
  return { typeId: 9, payload: numbered([0x27, 1, 0, 0, 0], number, length) };
}

/** A frame of AAC. */
export function audio(number: number, length = SHORTEST): LiveMessage {
  return { typeId: 8, payload: numbered([0xaf, 1], number, length) };
}

/** An AVC sequence header. */
export function videoConfig(number: number): LiveMessage {
  return { typeId: 9, payload: numbered([0x17, 0, 0, 0, 0], number, SHORTEST) };
}

/** An AAC sequence header. */
export function audioConfig(number: number): LiveMessage {
  return { typeId: 8, payload: numbered([0xaf, 0], number, SHORTEST) };
}

/** onMetaData, as a publisher wraps it. */
export function metadata(number: number): LiveMessage {
  return { typeId: 18, payload: encodeAmf0('@setDataFrame', 'onMetaData', { number }) };
}

/** Script data that is not metadata. */
export function text(number: number): LiveMessage {
  return { typeId: 18, payload: encodeAmf0('onTextData', { number }) };
}

/** What a message is and its number: K key frame, P picture, A audio, V and C sequence headers of video and audio, M metadata, T text. */
export function token(typeId: number, payload: Uint8Array): string {
  if (typeId === 18) {
    const [name, value] = decodeAmf0(payload);
    return `${name === 'onMetaData' ? 'M' : 'T'}${(value as { number: number }).number}`;
  }
  const isHeader = payload[1] === 0;
  if (typeId === 8) return `${isHeader ? 'C' : 'A'}${numberAt(payload, 2)}`;
  return `${isHeader ? 'V' : payload[0] === 0x17 ? 'K' : 'P'}${numberAt(payload, 5)}`;
}

function numbered(header: readonly number[], number: number, length: number): Uint8Array {
  const payload = new Uint8Array(Math.max(length, header.length + 4)).fill(number);
  payload.set(header);
  new DataView(payload.buffer).setUint32(header.length, number);
  return payload;
}

function numberAt(payload: Uint8Array, at: number): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(at);
}
