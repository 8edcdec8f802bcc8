import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { ChunkDecoder } from '#lib/rtmp';
import type { Publisher } from './published-messages.js';

/** A message of audio, video or data that a publisher sent. */
export interface SentMessage {
  readonly type: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** A coded picture or piece of sound; times in milliseconds. */
export interface SentPacket {
  readonly dts: number;
  readonly pts: number;
  readonly isKey: boolean;
  readonly hash: string;
}

const HANDSHAKE = 1 + 2 * 1536;

/** Everything FFmpeg 8.1 sent over one connection, handshake included. */
export function captured(name: Publisher): Buffer {
  return readFileSync(`test/fixtures/${name}.rtmpcap`);
}

/** Audio, video and data in a capture, in order. */
export function sentMessages(capture: Uint8Array): SentMessage[] {
  const decoder = new ChunkDecoder();
  decoder.push(capture.subarray(HANDSHAKE));
  const sent: SentMessage[] = [];
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
    const { messageTypeId: type, timestamp, payload } = message;
    if (type === 8 || type === 9 || type === 18) sent.push({ type, timestamp, payload: payload.slice() });
  }
  return sent;
}

/**
 * What is coded in messages, by track: `video0`, `audio1`. Taken apart by Enhanced RTMP v2 as far as FFmpeg 8.1 uses it,
 * not by the library.
 */
export function sentPackets(messages: readonly SentMessage[]): Map<string, SentPacket[]> {
  const tracks = new Map<string, SentPacket[]>();
  for (const { type, timestamp, payload } of messages) {
    if (type === 18) continue;
    const bytes = Buffer.from(payload);
    const part = type === 9 ? videoPart(bytes) : audioPart(bytes);
    if (part === undefined) continue;
    const { track, offset, isKey, body } = part;
    const name = `${type === 9 ? 'video' : 'audio'}${track}`;
    const hash = createHash('sha256').update(body).digest('hex');
    tracks.set(name, [...(tracks.get(name) ?? []), { dts: timestamp, pts: timestamp + offset, isKey, hash }]);
  }
  return tracks;
}

interface Part {
  readonly track: number;
  readonly offset: number;
  readonly isKey: boolean;
  readonly body: Buffer;
}

function videoPart(bytes: Buffer): Part | undefined {
  const first = bytes[0]!;
  const isKey = ((first >> 4) & 7) === 1;
  if ((first & 0x80) === 0) {
    return bytes[1] === 1 ? { track: 0, offset: bytes.readIntBE(2, 3), isKey, body: bytes.subarray(5) } : undefined;
  }
  const { track, packetType, fourCc, body } = enhanced(bytes, 6);
  if (packetType !== 1 && packetType !== 3) return undefined;
  const hasTime = packetType === 1 && ['avc1', 'hvc1'].includes(fourCc);
  return { track, offset: hasTime ? body.readIntBE(0, 3) : 0, isKey, body: body.subarray(hasTime ? 3 : 0) };
}

function audioPart(bytes: Buffer): Part | undefined {
  if (bytes[0]! >> 4 === 10) {
    return bytes[1] === 1 ? { track: 0, offset: 0, isKey: true, body: bytes.subarray(2) } : undefined;
  }
  const { track, packetType, body } = enhanced(bytes, 5);
  return packetType === 1 ? { track, offset: 0, isKey: true, body } : undefined;
}

/** FFmpeg wraps what belongs to another track than 0 in Multitrack, which is this packet type, OneTrack. */
function enhanced(
  bytes: Buffer,
  multitrack: number,
): { track: number; packetType: number; fourCc: string; body: Buffer } {
  const isMultitrack = (bytes[0]! & 15) === multitrack;
  const at = isMultitrack ? 2 : 1;
  return {
    packetType: bytes[at - 1]! & 15,
    fourCc: bytes.toString('latin1', at, at + 4),
    track: isMultitrack ? bytes[at + 4]! : 0,
    body: bytes.subarray(at + (isMultitrack ? 5 : 4)),
  };
}

/** Sends the bytes of a capture to a server, and reads whatever comes. */
export class Replay {
  readonly #socket: Socket;
  readonly #closed: Promise<unknown>;

  constructor(port: number, bytes: Uint8Array) {
    this.#socket = connect(port, '127.0.0.1').resume();
    this.#socket.on('error', () => {}); // a server that is killed resets it
    this.#closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.write(bytes);
  }

  async close(): Promise<void> {
    this.#socket.destroy();
    await this.#closed;
  }
}
