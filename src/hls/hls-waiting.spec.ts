import { setImmediate as turn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { HlsWaiting } from './hls-waiting.js';

class Waiter {
  readonly answers: string[] = [];

  constructor(readonly deadline = 1000) {}

  answer(answer: string): void {
    this.answers.push(answer);
  }
}

/** Waiters of a question that has no answer yet. */
function waiting(count: number) {
  const all = new HlsWaiting();
  let answer: string | undefined;
  const question = {
    isReady: jest.fn(() => answer !== undefined),
    answer: jest.fn(() => answer!),
    onTimeout: jest.fn(() => 'late'),
  };
  const waiters = Array.from({ length: count }, () => new Waiter());
  for (const waiter of waiters) all.join('part', question, waiter);
  return { all, question, waiters, answerIs: (text: string) => (answer = text) };
}

const answersOf = (waiters: readonly Waiter[]) => waiters.flatMap(({ answers }) => answers);

it('answers all who wait for the same with one answer', () => {
  const { all, question, waiters, answerIs } = waiting(100);
  expect([all.size, all.questionOf('part')]).toEqual([100, question]);
  all.wake();
  expect([all.size, answersOf(waiters)]).toEqual([100, []]);
  answerIs('there');
  all.wake();
  expect(waiters.every(({ answers }) => answers.join() === 'there')).toBe(true);
  expect([question.isReady.mock.calls.length, question.answer.mock.calls.length]).toEqual([2, 1]);
  expect([all.size, all.questionOf('part')]).toEqual([0, undefined]);
  all.wake();
  all.expire(Infinity);
  expect(answersOf(waiters)).toHaveLength(100);
});

it('leaves the others waiting', () => {
  const { all, answerIs } = waiting(1);
  const other = new Waiter();
  all.join('other', { isReady: () => false, answer: () => 'never', onTimeout: () => 'late' }, other);
  answerIs('there');
  all.wake();
  expect([all.size, other.answers]).toEqual([1, []]);
});

it('gives others a turn between many, answers all of them in their order, and those who join later behind them', async () => {
  const { all, waiters, answerIs } = waiting(1000);
  const order: number[] = [];
  waiters.forEach((waiter, index) => (waiter.answer = () => order.push(index)));
  answerIs('there');
  all.wake();
  expect(all.size).toBe(0);
  const first = order.length;
  expect(first).toBeLessThan(500);
  all.join(
    'next',
    { isReady: () => true, answer: () => 'next', onTimeout: () => 'late' },
    { deadline: 0, answer: () => order.push(1000) },
  );
  all.wake();
  expect(order).toHaveLength(first);
  for (let turns = 0; order.length <= 1000 && turns < 100; turns++) await turn();
  expect(order).toEqual(Array.from({ length: 1001 }, (_, index) => index));
});

it('does not answer who has left', () => {
  const { all, waiters, answerIs } = waiting(2);
  const [gone, there] = waiters as [Waiter, Waiter];
  all.leave('part', gone);
  all.leave('part', gone);
  expect(all.size).toBe(1);
  answerIs('there');
  all.wake();
  expect([gone.answers, there.answers]).toEqual([[], ['there']]);
});

it('forgets what nobody waits for any more', () => {
  const { all, waiters, question } = waiting(2);
  for (const waiter of waiters) all.leave('part', waiter);
  expect([all.size, all.questionOf('part')]).toEqual([0, undefined]);
  all.wake();
  expect(question.isReady).not.toHaveBeenCalled();
});

it('answers those who have waited long enough, with one answer', () => {
  const { all, question } = waiting(0);
  const [soon, sooner, later] = [new Waiter(20), new Waiter(10), new Waiter(30)];
  for (const waiter of [soon, sooner, later]) all.join('part', question, waiter);
  all.expire(9);
  expect(question.onTimeout).not.toHaveBeenCalled();
  all.expire(20);
  expect([soon.answers, sooner.answers, later.answers]).toEqual([['late'], ['late'], []]);
  expect([question.onTimeout.mock.calls.length, all.size]).toEqual([1, 1]);
});

it('lets one wait alone, until its client is gone', async () => {
  const all = new HlsWaiting();
  const gone = new AbortController();
  const hold = (answer: string | undefined) =>
    all.hold({ isReady: () => answer !== undefined, answer: () => answer!, onTimeout: () => 'late' }, 10, gone.signal);
  const [there, late, left] = [hold('there'), hold(undefined), hold(undefined)];
  expect(all.size).toBe(3);
  all.wake();
  expect([await there, all.size]).toEqual(['there', 2]);
  all.expire(10);
  expect([await late, await left, all.size]).toEqual(['late', 'late', 0]);
  const aborted = hold(undefined);
  gone.abort();
  expect([await aborted, all.size]).toEqual([undefined, 0]);
});
