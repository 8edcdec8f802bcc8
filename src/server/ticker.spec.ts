import { jest } from '@jest/globals';
import { type RepeatedTask, Ticker } from './ticker.js';

describe('Ticker', () => {
  let ticker: Ticker;
  let wakeUps: Set<number>;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate'], now: 0 });
    ticker = new Ticker();
    wakeUps = new Set();
  });
  afterEach(() => jest.useRealTimers());

  /** A task that notes when it was done, from now on. */
  function noting(interval: number, slack: number): RepeatedTask & { readonly times: number[] } {
    const began = performance.now();
    const times: number[] = [];
    const run = (now: number): void => {
      times.push(now - began);
      wakeUps.add(now);
    };
    return { interval, slack, times, run };
  }

  it('does a task again and again, in its rhythm', () => {
    const task = noting(90, 0);
    ticker.add(task);
    jest.advanceTimersByTime(1000);
    expect(task.times).toEqual(Array.from({ length: 11 }, (_, index) => (index + 1) * 90));
  });

  it('does what can wait together with what cannot', () => {
    const [exact, often, seldom] = [noting(90, 0), noting(60, 40), noting(250, 100)];
    for (const task of [exact, often, seldom]) ticker.add(task);
    jest.advanceTimersByTime(9000);
    expect(wakeUps.size).toBe(100);
    expect(often.times).toHaveLength(100);
    expect(seldom.times).toHaveLength(33);
  });

  it('does what has slack alone at the last moment', () => {
    const task = noting(60, 40);
    ticker.add(task);
    jest.advanceTimersByTime(1000);
    expect(task.times).toEqual(Array.from({ length: 10 }, (_, index) => (index + 1) * 100));
  });

  it('has no timer when there is nothing to do, and does nothing that was taken away', () => {
    const [first, second] = [noting(10, 0), noting(10, 0)];
    ticker.add(first);
    ticker.add(first);
    ticker.add(second);
    jest.advanceTimersByTime(10);
    ticker.delete(first);
    jest.advanceTimersByTime(10);
    ticker.delete(second);
    expect(jest.getTimerCount()).toBe(0);
    expect([first.times, second.times]).toEqual([[10], [10, 20]]);
  });

  it('takes tasks away, and on, while it does others', () => {
    const later = noting(20, 0);
    const doomed = noting(10, 0);
    const first: RepeatedTask = {
      interval: 10,
      slack: 0,
      run: () => {
        ticker.delete(doomed);
        ticker.delete(first);
        ticker.add(later);
      },
    };
    ticker.add(first);
    ticker.add(doomed);
    jest.advanceTimersByTime(50);
    expect([doomed.times, later.times]).toEqual([[], [30, 50]]);
  });

  it('goes on when a task throws', () => {
    const task = noting(10, 0);
    let runs = 0;
    ticker.add({
      interval: 10,
      slack: 0,
      run: () => {
        runs++;
        throw new Error('out of order');
      },
    });
    ticker.add(task);
    for (let i = 0; i < 3; i++) expect(() => jest.advanceTimersByTime(10)).toThrow('out of order');
    jest.advanceTimersByTime(1);
    expect([runs, task.times.length]).toEqual([3, 3]);
  });

  it('does what was missed once, not as often as it was missed', () => {
    const task = noting(90, 0);
    ticker.add(task);
    const clock = performance.now.bind(performance);
    const busy = jest.spyOn(performance, 'now').mockImplementation(() => clock() + 5000);
    jest.advanceTimersByTime(400);
    busy.mockRestore();
    expect(task.times).toEqual([5090, 5180, 5270, 5360]);
  });
});
