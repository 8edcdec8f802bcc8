import type { AdminStream } from '../../admin/admin-api.js';
import { counted, rate, seconds } from './format.js';

/** Readings of a stream settle for so long, in milliseconds. */
const SETTLED = 10_000;
/** Less of real time is falling behind. */
const SLOW = 0.95;
/** What of its pictures a stream may be short of. */
const DROPPED = 0.9;
/** Seconds between key frames that players and recordings get along with. */
export const LONG_GOP = 6;

/** Whether a stream comes more slowly than it is to be seen. What a clock that jumps back makes of the speed does not count. */
export function isBehind({ age, incoming: { speed } }: Pick<AdminStream, 'age' | 'incoming'>): boolean {
  return age >= SETTLED && speed !== null && speed >= 0 && speed < SLOW;
}

/** What is wrong with what an encoder sends, and what helps; a sentence each. Nothing here touches the page. */
export function adviceFor(stream: Pick<AdminStream, 'age' | 'incoming' | 'tracks'>): string[] {
  const { age, incoming, tracks } = stream;
  const { speed, fps, gop, invalid } = incoming;
  const advice: string[] = [];
  if (invalid > 0) {
    advice.push(`${counted(invalid, 'message')} could not be read as media: the encoder may be broken.`);
  }
  if (age < SETTLED) return advice;
  if (isBehind(stream)) {
    advice.push(
      speed === 0
        ? 'Nothing comes any more: the encoder or its network hangs.'
        : `Comes at ${speed} of real time: the network of the encoder is too slow for its bitrate, or its machine for its settings.`,
    );
  }
  for (const [kind, name] of [
    ['audio', 'sound'],
    ['video', 'picture'],
  ] as const) {
    if (incoming.missing.includes(kind) && tracks.some((track) => track.kind === kind))
      advice.push(`No ${name} comes of what the encoder announced: players of HLS may wait for it.`);
  }
  const frameRate = tracks.find(({ kind, id }) => kind === 'video' && id === 0)?.frameRate;
  if (frameRate !== undefined && fps !== null && speed !== null && speed >= SLOW && fps < frameRate * DROPPED) {
    advice.push(`${rate(fps)} of ${rate(frameRate)} pictures a second come: the encoder drops some.`);
  }
  if (gop !== null && gop > LONG_GOP) {
    advice.push(
      `A key frame comes only every ${seconds(gop)}: players and HLS begin there. Set the key frame interval to 2 s.`,
    );
  }
  return advice;
}
