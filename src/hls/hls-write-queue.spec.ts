import { HlsWriteQueue } from './hls-write-queue.js';

const LIMITS = { maxPending: 100, timeout: 60_000 };
const never = (): Promise<void> => new Promise(() => {});
const tick = (): Promise<void> => new Promise(setImmediate);

function queueOf(limits = LIMITS) {
  const failures: string[] = [];
  return { failures, queue: new HlsWriteQueue((error) => failures.push(error.message), limits) };
}

it('does the steps of a lane one after the other, of several at the same time', async () => {
  const { queue, failures } = queueOf();
  const done: string[] = [];
  let release!: () => void;
  const held = new Promise<void>((resolve) => (release = resolve));
  queue.add('a', 10, async () => {
    await held;
    done.push('a1');
  });
  queue.add('a', 10, async () => void done.push('a2'));
  queue.add('b', 10, async () => void done.push('b1'));
  await tick();
  expect([done, queue.pendingBytes]).toEqual([['b1'], 20]);
  release();
  await queue.settled();
  expect([done, queue.pendingBytes, failures]).toEqual([['b1', 'a1', 'a2'], 0, []]);
  queue.add('a', 10, async () => void done.push('a3'));
  await queue.settled();
  expect(done.at(-1)).toBe('a3');
});

it('fails once, and does nothing more: not even what waits', async () => {
  const { queue, failures } = queueOf();
  let later = 0;
  queue.add('a', 10, () => Promise.reject(new Error('no space left')));
  queue.add('a', 10, async () => void later++);
  queue.add('b', 10, never);
  await queue.settled();
  queue.add('a', 10, async () => void later++);
  await queue.settled();
  expect([failures, later, queue.hasFailed, queue.pendingBytes]).toEqual([['no space left'], 0, true, 0]);
});

it('fails when more waits than may, and holds none of it', async () => {
  const { queue, failures } = queueOf();
  for (let i = 0; i < 12; i++) queue.add('a', 10, never);
  await queue.settled();
  expect([failures, queue.pendingBytes]).toEqual([['100 bytes wait: the storage is too slow'], 0]);
});

it('fails when the storage does not answer', async () => {
  const { queue, failures } = queueOf({ maxPending: 100, timeout: 20 });
  queue.add('a', 10, never);
  await queue.settled();
  expect(failures).toEqual(['the storage took longer than 20 ms']);
});
