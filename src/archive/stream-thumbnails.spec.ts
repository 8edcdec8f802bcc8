import { jest } from '@jest/globals';
import { LiveStream, StreamRegistry } from '#lib/live';
import { keyFrame } from '#test/live-media';
import { DEFAULT_RTMP_ARCHIVE_OPTIONS, type RtmpArchiveOptions } from './rtmp-archive-options.js';
import { StreamThumbnails } from './stream-thumbnails.js';

/** Says what it was called with, which is as good as a picture. */
const PROGRAM = 'echo';

/** Thumbnails of so many streams with a key frame, `live/0` and on. */
function thumbnailsOf(count: number, options: Partial<RtmpArchiveOptions>): StreamThumbnails {
  const registry = new StreamRegistry();
  for (let i = 0; i < count; i++) {
    const stream = new LiveStream({ id: `s${i}`, app: 'live', name: `${i}`, path: `live/${i}`, startedAt: 0 });
    const { typeId, payload } = keyFrame(i);
    registry.add(stream);
    stream.push(typeId, 0, payload);
  }
  const resolved = { ...DEFAULT_RTMP_ARCHIVE_OPTIONS, ffmpeg: PROGRAM, thumbnailMaxAge: Infinity, ...options };
  return new StreamThumbnails(registry, resolved);
}

it('makes pictures of no more streams at a time than maxThumbnails', async () => {
  const thumbnails = thumbnailsOf(3, { maxThumbnails: 2 });
  const made = [thumbnails.get('live/0'), thumbnails.get('live/1')];
  await expect(thumbnails.get('live/2')).rejects.toMatchObject({ code: 'ARCHIVE_ERR_BUSY' });
  // Who asks for one that is being made waits for that.
  expect(await thumbnails.get('live/0')).toBe(await made[0]);
  await Promise.all(made);
  expect((await thumbnails.get('live/2')).jpeg.length).toBeGreaterThan(0);
});

it('keeps the pictures of 256 streams, and forgets the oldest', async () => {
  const thumbnails = thumbnailsOf(257, {});
  const made = [];
  for (let i = 0; i < 257; i++) made.push(await thumbnails.get(`live/${i}`));
  expect(await thumbnails.get('live/1')).toBe(made[1]);
  expect(await thumbnails.get('live/256')).toBe(made[256]);
  expect(await thumbnails.get('live/0')).not.toBe(made[0]);
});

it('makes another picture when one is too old, or the time of day has been set back', async () => {
  const now = jest.spyOn(Date, 'now');
  const noon = Date.UTC(2026, 0, 2, 12);
  const thumbnails = thumbnailsOf(1, { thumbnailMaxAge: 5000 });
  const made = [];
  for (const seconds of [0, 4, 6, -3600, -3599]) {
    now.mockReturnValue(noon + seconds * 1000);
    made.push((await thumbnails.get('live/0')).madeAt - noon);
  }
  expect(made).toEqual([0, 0, 6000, -3_600_000, -3_600_000]);
  now.mockReturnValue(noon);
  expect(thumbnails.secondsLeft(noon - 1000)).toBe(4);
  expect(thumbnails.secondsLeft(noon + 1000)).toBe(0);
  now.mockRestore();
});
