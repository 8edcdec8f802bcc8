import { sendToDescriptor } from '../server/descriptor-sending.js';

/** FIN and the opcode of a binary message (RFC 6455 §5.2). */
const BINARY_MESSAGE = 0x82;
/** What stands for a length of 16 bits behind it, and of 64. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** What was framed last, for the next of those who are sent the same. */
let last: { readonly bytes: Uint8Array; readonly frame: Uint8Array } | undefined;

/** A server's frame of a binary message, which has no mask (RFC 6455 §5.2). */
export function frameOf(bytes: Uint8Array): Uint8Array {
  if (bytes === last?.bytes) return last.frame;
  const { length } = bytes;
  const headerLength = length < LENGTH_16 ? 2 : length < 0x10000 ? 4 : 10;
  const framed = Buffer.allocUnsafe(headerLength + length);
  framed[0] = BINARY_MESSAGE;
  if (headerLength === 2) framed[1] = length;
  else if (headerLength === 4) {
    framed[1] = LENGTH_16;
    framed.writeUInt16BE(length, 2);
  } else {
    framed[1] = LENGTH_64;
    framed.writeBigUInt64BE(BigInt(length), 2);
  }
  framed.set(bytes, headerLength);
  last = { bytes, frame: framed };
  return framed;
}

/** Writes at once what the kernel takes of a message; how many bytes of its frame it left, or -1 when the peer is gone. */
export function sendFrameToDescriptor(fd: number, bytes: Uint8Array): number {
  return sendToDescriptor(fd, frameOf(bytes));
}
