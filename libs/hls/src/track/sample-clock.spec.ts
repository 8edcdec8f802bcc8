import { SampleClock } from './sample-clock.js';

const AAC = { timescale: 44_100 };
const FRAME = 1024;
const AVC = { timescale: 90_000 };

it('audio of rounded milliseconds is without gaps', () => {
  const clock = new SampleClock(AAC);
  const times = Array.from({ length: 1000 }, (_, i) => clock.take(Math.round((i * FRAME * 1000) / 44_100), FRAME));
  expect(times).toEqual(times.map((_, i) => i * FRAME));
});

it('audio follows the publisher over a gap', () => {
  const clock = new SampleClock(AAC);
  expect([0, 23, 1046].map((time) => clock.take(time, FRAME))).toEqual([0, 1024, 46_129]);
});

it('audio that is put too early never goes back', () => {
  const clock = new SampleClock(AAC);
  expect([1000, 100, 123].map((time) => clock.take(time, FRAME))).toEqual([44_100, 44_101, 44_102]);
});

it('video is where the publisher puts it, and goes on', () => {
  const clock = new SampleClock(AVC);
  expect([40, 80, 80, 60].map((time) => clock.take(time, 0))).toEqual([3600, 7200, 7201, 7202]);
});

it('nothing is before 0', () => {
  const clock = new SampleClock(AVC);
  expect([-40, -1, 40].map((time) => clock.take(time, 0))).toEqual([0, 1, 3600]);
});
