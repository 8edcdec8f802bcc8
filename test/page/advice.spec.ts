import type { AdminIncoming, AdminTrack } from '../../src/admin/admin-api.js';
import { adviceFor } from '../../src/page/client/advice.js';

const good: AdminIncoming = {
  bytes: 1,
  bitrate: 1_000_000,
  fps: 30,
  speed: 1,
  gop: 2,
  frames: 300,
  keyFrames: 5,
  invalid: 0,
  missing: [],
};
const video: AdminTrack = { kind: 'video', id: 0, codec: 'avc1.42c01e', label: 'H.264', frameRate: 30 };

const advice = (incoming: Partial<AdminIncoming>, age = 60_000, tracks: AdminTrack[] = [video]) =>
  adviceFor({ age, incoming: { ...good, ...incoming }, tracks });

it('there is none for a stream that is as it should be', () => {
  expect(advice({})).toEqual([]);
  expect(advice({ fps: 27.5, speed: 0.96, gop: 6 })).toEqual([]);
  // A file at full speed.
  expect(advice({ fps: 3000, speed: 100 })).toEqual([]);
  expect(advice({ fps: null, speed: null, gop: null })).toEqual([]);
});

it.each<[Partial<AdminIncoming>, string]>([
  [{ speed: 0.8, fps: 24 }, 'Comes at 0.8 of real time: the network of the encoder is too slow'],
  [{ speed: 0, fps: 0 }, 'Nothing comes any more'],
  [{ missing: ['video'] }, 'No picture comes of what the encoder announced'],
  [{ fps: 18 }, '18 of 30 pictures a second come: the encoder drops some.'],
  [{ gop: 10 }, 'A key frame comes only every 10 s'],
  [{ invalid: 1 }, '1 message could not be read as media'],
])('%j', (incoming, sentence) => {
  expect(advice(incoming)).toEqual([expect.stringContaining(sentence)]);
});

it('a stream that has only begun has time to settle', () => {
  expect(advice({ speed: 0.5, gop: 10, fps: 3 }, 5000)).toEqual([]);
});

it('what a clock that jumps back makes of the speed is no advice', () => {
  expect(advice({ speed: -400 })).toEqual([]);
});

it('pictures are not missed where nobody says how many there are', () => {
  const { frameRate: _, ...silent } = video;
  expect(advice({ fps: 1 }, 60_000, [silent])).toEqual([]);
  expect(advice({ fps: 0 }, 60_000, [])).toEqual([]);
});
