import { PollingInterval } from './polling-interval.js';

const EMPTY = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x03, 0x05, 0x09, 0x11, 0x21, 0x21, 0x21];

describe('PollingInterval', () => {
  it('takes the steps of Red5 while there is nothing to answer', () => {
    const interval = new PollingInterval();
    expect(EMPTY.map(() => interval.next(true))).toEqual(EMPTY);
  });

  it('starts over when data flows', () => {
    const interval = new PollingInterval();
    for (let i = 0; i < 100; i++) interval.next(true);
    expect(interval.next(false)).toBe(1);
    expect(EMPTY.map(() => interval.next(true))).toEqual(EMPTY);
  });
});
