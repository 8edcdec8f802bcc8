import { StreamTimeline } from './stream-timeline.js';

function times(timeline: StreamTimeline, timestamps: readonly number[]): number[] {
  return timestamps.map((timestamp) => timeline.take(timestamp));
}

it('starts where the publisher starts and goes on across the wrap', () => {
  const timeline = new StreamTimeline();
  expect(timeline.now).toBeUndefined();
  expect(times(timeline, [0xffffffe0, 0xfffffff0, 5, 0, 40])).toEqual([
    0xffffffe0, 0xfffffff0, 0x100000005, 0x100000000, 0x100000028,
  ]);
  expect(timeline.now).toBe(0x100000028);
});

it('goes on 40 ms behind the newest message of another one, wherever the next publisher starts', () => {
  const first = new StreamTimeline();
  times(first, [1000, 1100, 1060]);
  const second = new StreamTimeline();
  second.continue(first);
  expect(second.now).toBe(1140);
  expect(times(second, [700_000, 699_990, 700_040])).toEqual([1140, 1130, 1180]);
  const third = new StreamTimeline();
  third.continue(second);
  expect(times(third, [0, 20])).toEqual([1220, 1240]);
});

it('of one that had no message it takes over the beginning', () => {
  const silent = new StreamTimeline();
  const second = new StreamTimeline();
  second.continue(silent);
  expect(second.now).toBeUndefined();
  expect(second.take(700)).toBe(700);

  const third = new StreamTimeline();
  third.continue(second);
  const fourth = new StreamTimeline();
  fourth.continue(third);
  expect(fourth.take(5)).toBe(740);
});
