import { AUDIO, VIDEO, writeFrame } from '../load/tagged-media.js';
import { MediaPattern } from '../load/media-pattern.js';

/** A media message in memory. */
export interface MediaSample {
  readonly typeId: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

/** One picture of so many bytes. */
export function picture(length: number, sequence = 0, isKeyFrame = false): MediaSample {
  const payload = Buffer.allocUnsafeSlow(length);
  writeFrame(payload, VIDEO, isKeyFrame, { stream: 0, sequence, sentAt: 0, length });
  return { typeId: VIDEO, timestamp: Math.floor((sequence * 1000) / 30), payload };
}

/** Two seconds of a stream of 4 Mbit/s, from one key frame to the next, sounds in between. */
export function groupOfPictures(): MediaSample[] {
  const pattern = new MediaPattern({ videoKbps: 4000, fps: 30 });
  const samples: MediaSample[] = [];
  while (pattern.due < 2000) {
    const { typeId, isKeyFrame, sequence, length, time } = pattern.next();
    const payload = Buffer.allocUnsafeSlow(length);
    writeFrame(payload, typeId, isKeyFrame, { stream: 0, sequence, sentAt: 0, length });
    samples.push({ typeId: typeId === VIDEO ? VIDEO : AUDIO, timestamp: Math.floor(time), payload });
  }
  return samples;
}
