import { TokenBucket } from './token-bucket.js';

const taken = (bucket: TokenBucket, tries: number, now: number) =>
  Array.from({ length: tries }, () => bucket.take(now)).filter(Boolean).length;

describe('TokenBucket', () => {
  it('gives its capacity at once, then so many a second', () => {
    const bucket = new TokenBucket(10, 30, 5000);
    expect(taken(bucket, 100, 5000)).toBe(30);
    expect(taken(bucket, 100, 5099)).toBe(0);
    expect(taken(bucket, 100, 6000)).toBe(10);
    expect(taken(bucket, 1000, 60_000)).toBe(30);
  });

  it('knows when it has one again and when it is full', () => {
    const bucket = new TokenBucket(10, 2, 0);
    expect([bucket.wait(0), bucket.isFull(0)]).toEqual([0, true]);
    taken(bucket, 2, 0);
    expect([bucket.wait(0), bucket.isFull(0)]).toEqual([100, false]);
    expect([bucket.wait(150), bucket.isFull(150)]).toEqual([0, false]);
    expect(bucket.isFull(200)).toBe(true);
  });

  it('is not refilled by a clock that goes back', () => {
    const bucket = new TokenBucket(10, 1, 1000);
    bucket.take(1000);
    expect([bucket.take(0), bucket.take(1050), bucket.take(1100)]).toEqual([false, false, true]);
  });
});
