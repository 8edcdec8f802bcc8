import { MediaPresence } from './media-presence.js';

/** Readings of a second each: what has come since the one before. */
function missingAfter(...readings: Array<readonly [audio: number, video: number]>): string[] {
  const presence = new MediaPresence();
  const counts = { audio: 0, video: 0 };
  presence.add(0, counts);
  for (const [index, [audio, video]] of readings.entries()) {
    counts.audio += audio;
    counts.video += video;
    presence.add((index + 1) * 1000, counts);
  }
  return presence.missing;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const BOTH = [43, 25] as const;
const PICTURES = [0, 25] as const;
const SOUNDS = [43, 0] as const;
const NOTHING = [0, 0] as const;

it.each([
  ['sound that ends', [BOTH, ...times(3, PICTURES)], ['audio']],
  ['sound that has not begun', times(3, PICTURES), ['audio']],
  ['sound that pauses for a moment', [BOTH, ...times(2, PICTURES), BOTH, ...times(2, PICTURES)], []],
  ['sound that is back', [...times(9, PICTURES), BOTH], []],
  ['pictures that are far apart', [BOTH, ...times(9, SOUNDS), [43, 1] as const, ...times(9, SOUNDS)], []],
  ['pictures that end', [BOTH, ...times(10, SOUNDS)], ['video']],
  ['an encoder that hangs', [BOTH, ...times(60, NOTHING)], []],
  ['an encoder that hangs when its sound has ended', [...times(3, PICTURES), ...times(60, NOTHING)], ['audio']],
])('of %s', (_name, readings, missing) => {
  expect(missingAfter(...readings)).toEqual(missing);
});
