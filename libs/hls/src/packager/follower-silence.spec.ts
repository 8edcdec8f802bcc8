import { readFileSync } from 'node:fs';
import { LiveStream } from '#lib/live';
import { isHeader, tagsOf } from '#test/flv-tags';
import { FollowerSilence } from './follower-silence.js';
import { HlsPackager } from './hls-packager.js';
import type { PackagerOptions } from './packager-options.js';

const TAGS = tagsOf(readFileSync('test/fixtures/published.flv'));
const SOUND = 8;
const SECOND = 1000;

/** Publishes pictures for so many seconds, and sound for as long as it lasts. @returns why playlists ended */
function outgrownBy(options: Partial<PackagerOptions>, seconds: number, soundFrom: number, soundTo: number): string[] {
  const outgrown: string[] = [];
  const packager = new HlsPackager(
    { segmentDuration: SECOND, window: 3 * SECOND, ...options },
    { onPart: () => void packager.prepare(), onOutgrown: (reason) => outgrown.push(reason) },
  );
  const stream = new LiveStream({ id: '1', app: 'live', name: 'one', path: 'live/one', startedAt: 0 });
  stream.addSink({ onMessage: (message) => packager.push(message, message.timestamp), onEnd: () => packager.end() });
  for (const { tagType, timestamp, payload } of TAGS.filter(isHeader)) stream.push(tagType, timestamp, payload);
  for (let second = 0; second < seconds; second++) {
    for (const tag of TAGS) {
      const hasSound = second < soundFrom || second >= soundTo;
      if (!isHeader(tag) && (tag.tagType !== SOUND || hasSound))
        stream.push(tag.tagType, second * SECOND + tag.timestamp, tag.payload);
    }
  }
  return outgrown;
}

it('ends playlists whose sound has ended', () => {
  expect(outgrownBy({}, 16, 8, Infinity)).toEqual(['tracks']);
});

it('leaves those whose sound pauses for a moment, and events', () => {
  expect(outgrownBy({}, 20, 8, 12)).toEqual([]);
  expect(outgrownBy({ playlist: 'event' }, 20, 8, Infinity)).toEqual([]);
});

describe('FollowerSilence', () => {
  it('counts neither what a clock jumps over nor what is sent in one piece', () => {
    const silence = new FollowerSilence();
    silence.end(0);
    expect(silence.pass(0, 0)).toBe(false);
    expect(silence.pass(60_000, 60_000)).toBe(false);
    silence.end(60_000);
    const answers = Array.from({ length: 200 }, (_, n) => silence.pass(n * 40, 60_100));
    expect(answers).not.toContain(true);
    expect(silence.pass(8040, 65_000)).toBe(true);
  });
});
