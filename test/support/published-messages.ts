import { readFileSync } from 'node:fs';
import { hex } from './hex.js';

/** A message as a publisher sent it. Of frames only the first 24 bytes are kept; the rest is zeros. */
export interface PublishedMessage {
  readonly messageTypeId: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

type Row = [messageTypeId: number, timestamp: number, length: number, bytes: string];

/** The captures in test/fixtures/published-messages.json. */
export type Publisher = 'h264_ac3' | 'hevc_opus' | 'av1_opus' | 'vp9_flac' | 'multi';

const FILE = new URL('../fixtures/published-messages.json', import.meta.url);

/** The audio, video and data messages one publisher sent, in order. */
export function publishedMessages(publisher: Publisher): PublishedMessage[] {
  const { captures } = JSON.parse(readFileSync(FILE, 'utf8')) as { captures: Record<Publisher, Row[]> };
  return captures[publisher].map(([messageTypeId, timestamp, length, bytes]) => {
    const payload = new Uint8Array(length);
    payload.set(hex(bytes));
    return { messageTypeId, timestamp, payload };
  });
}
