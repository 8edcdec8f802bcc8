/** Ways the network may cut the same bytes. Every decoder vector runs in each of them. */
export const DELIVERIES: ReadonlyArray<[string, (bytes: Uint8Array) => Uint8Array[]]> = [
  ['whole', (bytes) => [bytes]],
  ['byte by byte', (bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte))],
  ['in two halves', (bytes) => [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)]],
  ['in pieces of 7', (bytes) => pieces(bytes, 7)],
];

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const result: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) result.push(bytes.subarray(at, at + size));
  return result;
}
