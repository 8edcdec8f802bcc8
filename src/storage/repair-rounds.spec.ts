import { until } from '#test/until';
import { RepairRounds } from './repair-rounds.js';

const moment = () => new Promise((done) => setTimeout(done, 30));

describe('RepairRounds', () => {
  it('looks again until the storage has nothing more that may be unfinished', async () => {
    const storage: { lookAgainAfter: number | undefined } = { lookAgainAfter: undefined };
    let looks = 0;
    const rounds = new RepairRounds(storage, async () => {
      storage.lookAgainAfter = ++looks < 3 ? 1 : undefined;
    });
    rounds.start();
    await until('three looks', () => looks >= 3);
    await moment();
    expect(looks).toBe(3);
    await rounds.stop();
  });

  it('begins no round after it was stopped, and waits for the one under way', async () => {
    let looks = 0;
    let isDone = false;
    let letGo: () => void = () => {};
    const rounds = new RepairRounds({ lookAgainAfter: 1 }, async () => {
      looks++;
      await new Promise<void>((done) => (letGo = done));
      isDone = true;
    });
    rounds.start();
    const stopped = rounds.stop();
    letGo();
    await stopped;
    expect(isDone).toBe(true);
    await moment();
    expect(looks).toBe(1);
  });

  it('tells the round under way that it is to stop', async () => {
    const rounds = new RepairRounds({}, async (stopped) => {
      while (!stopped.aborted) await moment();
    });
    rounds.start();
    await moment();
    await rounds.stop();
  });

  it('begins no round after it was stopped while it waited for one', async () => {
    let looks = 0;
    const rounds = new RepairRounds({ lookAgainAfter: 10 }, async () => void looks++);
    rounds.start();
    await new Promise((done) => setImmediate(done));
    await rounds.stop();
    await moment();
    expect(looks).toBe(1);
  });
});
