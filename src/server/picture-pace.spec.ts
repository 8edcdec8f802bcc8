import { PicturePace } from './picture-pace.js';

const PERIOD = 40;

/** The same numbers for the same seed, from 0 up to 1. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;
}

/** Pictures as they come, each with so many other reads before it. */
function observe(pace: PicturePace, times: Iterable<number>, otherReads = 1): void {
  for (const time of times) {
    for (let i = 0; i < otherReads; i++) pace.observe(time - 5, 0);
    pace.observe(time, 1);
  }
}

function* every(period: number, count: number, from = 0): Generator<number> {
  for (let i = 0; i < count; i++) yield from + i * period;
}

/** One that knows the rhythm; its last picture came at 24 periods. */
function known(): PicturePace {
  const pace = new PicturePace();
  observe(pace, every(PERIOD, 25));
  return pace;
}

describe('PicturePace', () => {
  it('looks for the next picture right behind its time', () => {
    expect(known().dueAt).toBeCloseTo(25 * PERIOD, -1);
    expect(known().dueAt).toBeGreaterThan(25 * PERIOD);
  });

  it('knows none before it has seen 25', () => {
    const pace = new PicturePace();
    observe(pace, every(PERIOD, 24));
    expect(pace.dueAt).toBeUndefined();
  });

  it.each<[string, number, number]>([
    ['nothing else is read in between', PERIOD, 0],
    ['pictures come faster than it can rest', 8, 1],
    ['pictures are rare', 500, 1],
  ])('is of no use when %s', (_, period, otherReads) => {
    const pace = new PicturePace();
    observe(pace, every(period, 100), otherReads);
    expect(pace.dueAt).toBeUndefined();
  });

  it('sees no rhythm in pictures that come now and then', () => {
    const random = randomOf(7);
    const pace = new PicturePace();
    observe(
      pace,
      Array.from(every(PERIOD, 200), (time) => time + random() * 30),
    );
    expect(pace.dueAt).toBeUndefined();
  });

  it('learns another rhythm, with a break between them', () => {
    const pace = new PicturePace();
    observe(pace, every(500, 50));
    observe(pace, every(PERIOD, 25, 30_000));
    expect(pace.dueAt).toBeGreaterThan(30_000 + 25 * PERIOD);
    expect(pace.dueAt).toBeLessThan(30_000 + 26 * PERIOD);
  });

  it('looks sooner after each that was there, and later after one that was not', () => {
    const pace = known();
    const first = pace.dueAt!;
    pace.look(1);
    const second = pace.dueAt!;
    expect(second - first).toBeGreaterThan(PERIOD - 0.5);
    expect(second - first).toBeLessThan(PERIOD);
    pace.look(0);
    expect(pace.dueAt).toBe(second);
    pace.observe(second + 0.5, 0);
    pace.observe(second + 1, 1);
    expect(pace.dueAt! - second).toBeGreaterThan(PERIOD);
    expect(pace.dueAt! - second).toBeLessThan(PERIOD + 2);
  });

  it.each<[string, (pace: PicturePace) => void]>([
    ['two were there', (pace) => pace.look(2)],
    [
      'one came much later',
      (pace) => {
        pace.look(0);
        pace.observe(pace.dueAt! + 21, 1);
      },
    ],
    [
      'it was believed for long',
      (pace) => {
        for (let i = 0; i < 600; i++) pace.look(1);
      },
    ],
  ])('forgets it when %s', (_, act) => {
    const pace = known();
    act(pace);
    expect(pace.dueAt).toBeUndefined();
    observe(pace, every(PERIOD, 25, 100_000));
    expect(pace.dueAt).toBeGreaterThan(100_000 + 25 * PERIOD);
  });

  it.each([
    [0, 33.366],
    [0.5, 33.366],
    [4, 33.366],
    [4, 16.683],
    [8, 41.708],
  ])(
    'pictures that come up to %d ms late, every %d ms: nearly all are there, and wait for little',
    (jitter, period) => {
      const random = randomOf(11);
      const pace = new PicturePace();
      const counts = { there: 0, late: 0, waited: 0 };
      for (let i = 0; i < 500; i++) {
        const cameAt = 1000 + i * period + random() * jitter;
        const { dueAt } = pace;
        if (dueAt === undefined) {
          observe(pace, [cameAt]);
        } else if (cameAt <= dueAt) {
          counts.there++;
          counts.waited += dueAt - cameAt;
          pace.look(1);
        } else {
          counts.late++;
          pace.look(0);
          pace.observe(cameAt, 1);
        }
      }
      expect(counts.there).toBeGreaterThan(400);
      expect(counts.late).toBeLessThan(70);
      expect(counts.waited / counts.there).toBeLessThan(jitter / 2 + 1);
    },
  );
});
