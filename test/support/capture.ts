import { readFileSync } from 'node:fs';
import { ChunkDecoder } from '#lib/rtmp';

const HANDSHAKE = 1 + 2 * 1536;

/** A message of media or metadata. */
export interface CapturedMessage {
  readonly type: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** What a client sent of media, from a capture of its connection. */
export function capture(name: string): CapturedMessage[] {
  const decoder = new ChunkDecoder();
  decoder.push(readFileSync(`test/fixtures/${name}.rtmpcap`).subarray(HANDSHAKE));
  const sent: CapturedMessage[] = [];
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
    const { messageTypeId: type, timestamp, payload } = message;
    if (type === 8 || type === 9 || type === 18) sent.push({ type, timestamp, payload: payload.slice() });
  }
  return sent;
}
