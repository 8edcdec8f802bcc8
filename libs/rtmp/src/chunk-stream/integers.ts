/** Writes 24 bits, big-endian as all of RTMP but one field; returns where they end. */
export function writeUint24(target: Uint8Array, at: number, value: number): number {
  target[at] = (value >>> 16) & 0xff;
  target[at + 1] = (value >>> 8) & 0xff;
  target[at + 2] = value & 0xff;
  return at + 3;
}

/** Writes 32 bits, big-endian; returns where they end. */
export function writeUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = (value >>> 16) & 0xff;
  target[at + 2] = (value >>> 8) & 0xff;
  target[at + 3] = value & 0xff;
  return at + 4;
}

/** Reads 24 bits, big-endian. The caller knows that they are there. */
export function readUint24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

/** Reads 32 bits, big-endian and unsigned. The caller knows that they are there. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
