import type { RecordingWriter } from '../storage/recording-storage.js';
import { WriteBacklog } from './write-backlog.js';
import { WriteQueue } from './write-queue.js';

/** A storage that answers when it is told to. */
function slowWriter() {
  const answers: Array<() => void> = [];
  const writer: RecordingWriter = {
    location: 'somewhere',
    append: () => new Promise<void>((resolve) => answers.push(resolve)),
    appendAll: () => new Promise<void>((resolve) => answers.push(resolve)),
    complete: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
  return { writer, answers };
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
const tiny = (count: number): Uint8Array[] => Array.from({ length: count }, () => new Uint8Array(1));

describe('WriteQueue', () => {
  it('counts what its pieces take in memory, for itself and among all, until they are written', async () => {
    const { writer, answers } = slowWriter();
    const backlog = new WriteBacklog(1_000_000);
    const queues = [1, 2].map(() => new WriteQueue(Promise.resolve(writer), backlog, () => {}));
    // Ten thousand views of a byte each take more than a megabyte.
    for (const queue of queues) queue.add(tiny(5000));
    expect(queues.map(({ queuedBytes }) => queuedBytes)).toEqual([645_000, 645_000]);
    expect(backlog.bytes).toBe(1_290_000);
    expect(backlog.isFull).toBe(true);
    queues[0]!.add([new Uint8Array(1_000_000)]);
    expect(queues[0]!.queuedBytes).toBe(645_000 + 1_000_128);
    await turn();
    answers.shift()!();
    await turn();
    expect(queues[0]!.queuedBytes).toBe(1_000_128);
    expect(backlog.bytes).toBe(645_000 + 1_000_128);
    while (answers.length > 0) {
      answers.shift()!();
      await turn();
    }
    await Promise.all(queues.map((queue) => queue.whenIdle()));
    expect([backlog.bytes, ...queues.map(({ queuedBytes }) => queuedBytes)]).toEqual([0, 0, 0]);
  });

  it('counts nothing of what it gave up', async () => {
    const { writer } = slowWriter();
    const backlog = new WriteBacklog(1000);
    const queue = new WriteQueue(Promise.resolve(writer), backlog, () => {});
    queue.add(tiny(100));
    queue.add(tiny(100));
    await turn();
    queue.fail(new Error('enough'));
    expect([queue.queuedBytes, backlog.bytes]).toEqual([0, 0]);
    queue.add(tiny(100));
    expect([queue.queuedBytes, backlog.bytes]).toEqual([0, 0]);
  });
});
