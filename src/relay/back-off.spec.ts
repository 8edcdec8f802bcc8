import { BackOff } from './back-off.js';

const LIMITS = { firstRetry: 1000, maxRetry: 6000, refusedRetry: 60_000 };

const longest = (): BackOff => new BackOff(LIMITS, () => 1);

it('doubles with each failure up to the longest, and begins again', () => {
  const backOff = longest();
  expect(Array.from({ length: 5 }, () => backOff.next(false))).toEqual([1000, 2000, 4000, 6000, 6000]);
  backOff.reset();
  expect(backOff.next(false)).toBe(1000);
});

it('stays the longest, however often it fails', () => {
  const backOff = longest();
  for (let count = 0; count < 2000; count++) backOff.next(false);
  expect(backOff.next(false)).toBe(6000);
});

it('is from half of a wait to all of it', () => {
  const of = (random: number): number => new BackOff(LIMITS, () => random).next(false);
  expect([of(0), of(0.5), of(1)]).toEqual([500, 750, 1000]);
  const waits = new Set(Array.from({ length: 100 }, () => new BackOff(LIMITS).next(false)));
  expect(waits.size).toBeGreaterThan(10);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(500);
  expect(Math.max(...waits)).toBeLessThanOrEqual(1000);
});

it('is longer after a refusal, which counts as a failure, and never shorter than without', () => {
  const backOff = longest();
  expect([backOff.next(true), backOff.next(false)]).toEqual([60_000, 2000]);
  expect(new BackOff({ ...LIMITS, refusedRetry: 10 }, () => 1).next(true)).toBe(1000);
});
