/** A value that {@link amf0} writes. */
export type WireValue = undefined | null | boolean | number | string | WireValue[] | { [key: string]: WireValue };

/** AMF0 values, written from the specification and by nothing that is under test. */
export function amf0(...values: WireValue[]): Uint8Array {
  return new Uint8Array(Buffer.concat(values.map(value)));
}

function value(item: WireValue): Buffer {
  if (item === undefined) return Buffer.of(6);
  if (item === null) return Buffer.of(5);
  if (typeof item === 'boolean') return Buffer.of(1, item ? 1 : 0);
  if (typeof item === 'number') return Buffer.concat([Buffer.of(0), double(item)]);
  if (typeof item === 'string') return Buffer.concat([Buffer.of(2), shortText(item)]);
  if (Array.isArray(item)) return Buffer.concat([Buffer.of(10), uint32(item.length), ...item.map(value)]);
  const properties = Object.entries(item).flatMap(([key, of]) => [shortText(key), value(of)]);
  return Buffer.concat([Buffer.of(3), ...properties, Buffer.of(0, 0, 9)]);
}

function double(of: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(of);
  return bytes;
}

function uint32(of: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(of);
  return bytes;
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/** One message to be sent. */
export interface WireMessage {
  /** Chunk stream ID, 2 to 63. */
  csid: number;
  type: number;
  /** Message stream ID. */
  msid?: number;
  time?: number;
  payload: Uint8Array;
}

/** A message as one type 0 chunk and type 3 chunks (RTMP 1.0 §5.3.1), times below 2^24 only. */
export function chunks({ csid, type, msid = 0, time = 0, payload }: WireMessage, chunkSize = 128): Uint8Array {
  const header = Buffer.alloc(12);
  header[0] = csid;
  header.writeUIntBE(time, 1, 3);
  header.writeUIntBE(payload.length, 4, 3);
  header[7] = type;
  header.writeUInt32LE(msid, 8);
  const parts: Uint8Array[] = [header, payload.subarray(0, chunkSize)];
  for (let at = chunkSize; at < payload.length; at += chunkSize) {
    parts.push(Buffer.of(0xc0 | csid), payload.subarray(at, at + chunkSize));
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Bytes one behind the other. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A command message on chunk stream 3. */
export function command(name: string, transactionId: number, ...args: WireValue[]): Uint8Array {
  return chunks({ csid: 3, type: 20, payload: amf0(name, transactionId, ...args) });
}

/** A command message of a NetStream, on chunk stream 8 as FFmpeg has it. */
export function streamCommand(msid: number, name: string, transactionId: number, ...args: WireValue[]): Uint8Array {
  return chunks({ csid: 8, type: 20, msid, payload: amf0(name, transactionId, ...args) });
}

/** A protocol control message of one 32-bit value, on chunk stream 2. */
export function control(type: number, of: number): Uint8Array {
  return chunks({ csid: 2, type, payload: new Uint8Array(uint32(of)) });
}

/** A user control message (RTMP 1.0 §7.1.7). */
export function userControl(event: number, ...values: number[]): Uint8Array {
  const payload = new Uint8Array(Buffer.concat([Buffer.of(event >> 8, event & 0xff), ...values.map(uint32)]));
  return chunks({ csid: 2, type: 4, payload });
}

/** C0, C1 and C2 of a client that knows no digests. */
export function plainHandshake(): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * 1536);
  for (let i = 9; i < 1537; i++) bytes[i] = (i * 7) & 0xff;
  bytes[0] = 3;
  return bytes;
}
