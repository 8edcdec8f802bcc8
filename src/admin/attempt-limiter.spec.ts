import { AttemptLimiter } from './attempt-limiter.js';

const MINUTE = 60_000;

describe('AttemptLimiter', () => {
  it('has an address wait for a minute after the last of so many wrong attempts', () => {
    const limiter = new AttemptLimiter(3);
    limiter.count('a', 0);
    limiter.count('a', 50_000);
    expect(limiter.isBlocked('a', 50_000)).toBe(false);
    limiter.count('a', 59_999);
    expect(limiter.isBlocked('a', 59_999)).toBe(true);
    expect(limiter.isBlocked('b', 59_999)).toBe(false);
    // A minute after the first.
    expect(limiter.isBlocked('a', MINUTE)).toBe(true);
    expect(limiter.isBlocked('a', 59_999 + MINUTE - 1)).toBe(true);
    expect(limiter.isBlocked('a', 59_999 + MINUTE)).toBe(false);
  });

  it('counts from one again when an address has waited', () => {
    const limiter = new AttemptLimiter(2);
    limiter.count('a', 0);
    limiter.count('a', 1);
    limiter.count('a', 1 + MINUTE);
    expect(limiter.isBlocked('a', 1 + MINUTE)).toBe(false);
    limiter.count('a', 2 + MINUTE);
    expect(limiter.isBlocked('a', 2 + MINUTE)).toBe(true);
  });

  it('counts those that are made less than a minute after one another, however many minutes that takes', () => {
    const limiter = new AttemptLimiter(4);
    for (let attempt = 0; attempt < 4; attempt++) limiter.count('a', attempt * (MINUTE - 1));
    expect(limiter.isBlocked('a', 3 * (MINUTE - 1))).toBe(true);
  });

  it('forgets the wrong attempts of an address that has the right one', () => {
    const limiter = new AttemptLimiter(2);
    limiter.count('a', 0);
    limiter.forget('a');
    limiter.count('a', 1);
    expect(limiter.isBlocked('a', 1)).toBe(false);
  });

  it('remembers 1,024 addresses, and forgets the one that has been quiet for longest', () => {
    const limiter = new AttemptLimiter(1);
    limiter.count('first', 0);
    limiter.count('second', 0);
    for (let other = 0; other < 1022; other++) limiter.count(`other ${other}`, 1);
    expect(limiter.isBlocked('first', 2)).toBe(true);
    limiter.count('first', 2);
    limiter.count('one more', 3);
    expect(['first', 'second', 'other 0'].map((address) => limiter.isBlocked(address, 3))).toEqual([true, false, true]);
  });
});
