import { CommandRate } from './command-rate.js';

/** How many commands pass at one time before the bucket is empty. */
function passing(rate: CommandRate, now: number): number {
  for (let count = 0; ; count++) {
    try {
      rate.take(now);
    } catch (error) {
      expect(error).toMatchObject({ name: 'RtmpProtocolError', code: 'RTMP_ERR_COMMAND_RATE' });
      return count;
    }
  }
}

describe('CommandRate', () => {
  it('lets twice the rate pass in a burst, then the rate', () => {
    const rate = new CommandRate(10, 1000);
    expect(passing(rate, 1000)).toBe(20);
    expect(passing(rate, 1000)).toBe(0);
    expect(passing(rate, 1099)).toBe(0);
    expect(passing(rate, 1100)).toBe(1);
    expect(passing(rate, 2100)).toBe(10);
  });

  it('does not save up more than a burst', () => {
    const rate = new CommandRate(10, 0);
    expect(passing(rate, 1_000_000)).toBe(20);
  });

  it('is not refilled by a clock that goes back and forth', () => {
    const rate = new CommandRate(10, 1000);
    expect(passing(rate, 1000)).toBe(20);
    for (let i = 0; i < 5; i++) {
      expect(passing(rate, 0)).toBe(0);
      expect(passing(rate, 1000)).toBe(0);
    }
  });

  it('says what the limit is', () => {
    const rate = new CommandRate(10, 0);
    passing(rate, 0);
    expect(() => rate.take(0)).toThrow('too many commands in a second: limit is 10, twice that in a burst');
  });

  it('may be without a limit', () => {
    const rate = new CommandRate(Infinity, 0);
    for (let i = 0; i < 1000; i++) rate.take(0);
  });
});
