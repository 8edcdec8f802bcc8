import { KeyframeIndex } from './keyframe-index.js';

function times(index: KeyframeIndex, limit?: number): number[] {
  return index.places(limit).map(({ time }) => time);
}

function filled(slots: number, count: number): KeyframeIndex {
  const index = new KeyframeIndex(slots);
  for (let time = 0; time < count; time += 1) index.add(time, time * 10);
  return index;
}

describe('KeyframeIndex', () => {
  it.each([
    [4, 4, [0, 1, 2, 3]],
    [4, 5, [0, 2, 4]],
    [4, 8, [0, 2, 4, 6]],
    [4, 9, [0, 4, 8]],
    [4, 100, [0, 32, 64, 96]],
    [5, 6, [0, 2, 4]],
    [5, 11, [0, 4, 8]],
    [2, 1000, [0, 512]],
    [0, 10, []],
  ])('with %i slots keeps of %i key frames %j', (slots, count, expected) => {
    const index = filled(slots, count);
    expect(times(index)).toEqual(expected);
    expect(index.seen).toBe(count);
  });

  it('keeps positions with times', () => {
    expect(filled(4, 5).places()).toEqual([0, 2, 4].map((time) => ({ time, position: time * 10 })));
  });

  it('thins out to what is asked for', () => {
    const index = filled(8, 8);
    expect([8, 5, 3, 1, 0, -1].map((limit) => times(index, limit))).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 2, 4, 6],
      [0, 4],
      [0],
      [],
      [],
    ]);
  });

  it('never has more places than slots, and they are even', () => {
    for (let slots = 2; slots < 12; slots += 1) {
      const found = times(filled(slots, 777));
      expect(found.length).toBeLessThanOrEqual(slots);
      expect(found.length).toBeGreaterThanOrEqual(Math.floor(slots / 2));
      expect(new Set(found.slice(1).map((time, at) => time - found[at]!)).size).toBe(1);
    }
  });
});
