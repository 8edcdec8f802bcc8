import { SegmentWindow } from './segment-window.js';

const START = { init: undefined, formats: [], isDiscontinuity: false, isIndependent: true, programDateTime: 0 };

function add(window: SegmentWindow, seconds: number, length = 1, isDiscontinuity = false): void {
  window.begin({ ...START, isDiscontinuity });
  window.add({ duration: seconds, bytes: new Uint8Array(length), isIndependent: true });
  window.complete();
}

const listed = (window: SegmentWindow) => window.segments.map(({ number }) => number);

it('lists as much as it was told, and never less than three segments', () => {
  const window = new SegmentWindow({ duration: () => 6, maxBytes: 1000 });
  for (let i = 0; i < 10; i++) add(window, 2);
  expect(listed(window)).toEqual([7, 8, 9]);
  const long = new SegmentWindow({ duration: () => 6, maxBytes: 1000 });
  for (let i = 0; i < 10; i++) add(long, 10);
  expect(listed(long)).toEqual([7, 8, 9]);
});

it('keeps what it took out for as long as itself and the playlist, then tells of it', () => {
  const removed: number[] = [];
  const window = new SegmentWindow({ duration: () => 6, maxBytes: 1000 }, ({ number }) => removed.push(number));
  for (let i = 0; i < 10; i++) add(window, 2);
  // RFC 8216 §6.2.2: 1 was taken out when 4 came; behind that come 2 s of its own and 8 s of playlist, parts of a next
  // segment included.
  expect([0, 1, 2, 9, 10].map((number) => window.find(number)?.number)).toEqual([undefined, 1, 2, 9, undefined]);
  expect(removed).toEqual([0]);
});

it('counts discontinuities that are listed no more', () => {
  const window = new SegmentWindow({ duration: () => 6, maxBytes: 1000 });
  for (let i = 0; i < 6; i++) add(window, 2, 1, i === 1 || i === 4);
  expect([listed(window), window.discontinuitySequence]).toEqual([[3, 4, 5], 1]);
});

it('holds no more bytes than it may, however much it should list', () => {
  const window = new SegmentWindow({ duration: () => 1e9, maxBytes: 100 });
  for (let i = 0; i < 50; i++) add(window, 2, 30);
  expect(window.byteLength).toBeLessThanOrEqual(100);
  expect(listed(window)).toEqual([47, 48, 49]);
});

it('takes nothing out where all has to stay, whatever it holds', () => {
  const window = new SegmentWindow({ duration: () => Infinity, maxBytes: 100 });
  for (let i = 0; i < 50; i++) add(window, 2, 30);
  expect([listed(window).length, window.canDrop(3)]).toEqual([50, false]);
});

it('knows a segment of which there was nothing, and numbers on', () => {
  const window = new SegmentWindow({ duration: () => 60, maxBytes: 100 });
  add(window, 2);
  window.addGap(START, 2);
  window.begin(START);
  expect(window.segments.map(({ isGap, isComplete }) => [isGap, isComplete])).toEqual([
    [false, true],
    [true, true],
    [false, false],
  ]);
  expect([window.lastNumber, window.nextNumber, window.open?.number]).toEqual([1, 2, 2]);
});

it('knows init segments for as long as a segment that needs them is there', () => {
  const window = new SegmentWindow({ duration: () => 6, maxBytes: 1000 });
  const inits = Array.from({ length: 10 }, (_one, id) => ({ id, formats: [] }));
  for (const init of inits) {
    window.begin({ ...START, init });
    window.add({ duration: 2, bytes: new Uint8Array(1), isIndependent: true });
    window.complete();
  }
  expect([0, 1, 9, 10].map((id) => window.findInit(id))).toEqual([undefined, inits[1], inits[9], undefined]);
});

describe('what is given up for others', () => {
  const filled = (count: number): { window: SegmentWindow; removed: number[] } => {
    const removed: number[] = [];
    const window = new SegmentWindow({ duration: () => 8, maxBytes: 1000 }, ({ number }) => removed.push(number));
    for (let i = 0; i < count; i++) add(window, 2, 10, i % 2 === 1);
    return { window, removed };
  };

  it('is the oldest, as long as so many are listed as have to be', () => {
    const { window, removed } = filled(8);
    removed.length = 0;
    expect(listed(window)).toEqual([4, 5, 6, 7]);
    const { byteLength, oldestNumber } = window;
    for (let left = byteLength; window.canDrop(3); left -= 10) {
      expect(window.byteLength).toBe(left);
      window.dropOldest();
    }
    expect([listed(window), window.byteLength]).toEqual([[5, 6, 7], 30]);
    expect(removed).toEqual([...Array(5).keys()].slice(oldestNumber));
    expect([window.mediaSequence, window.discontinuitySequence, window.find(4)]).toEqual([5, 2, undefined]);
    expect([window.canDrop(2), window.canDrop(3)]).toEqual([true, false]);
  });

  it('is never the one that is being written', () => {
    const { window } = filled(1);
    window.begin(START);
    window.add({ duration: 2, bytes: new Uint8Array(5), isIndependent: true });
    expect([window.canDrop(1), window.canDrop(0)]).toEqual([false, true]);
    window.dropOldest();
    expect([listed(window), window.canDrop(0)]).toEqual([[1], false]);
  });

  it('is nothing that is not in memory', () => {
    const { window } = filled(4);
    window.release(0);
    expect(window.canDrop(1)).toBe(false);
  });

  it('is less than what so many segments like those that there are would take', () => {
    const { window } = filled(8);
    expect(window.neededBytes(3)).toBe(40);
    window.begin(START);
    window.add({ duration: 2, bytes: new Uint8Array(500), isIndependent: true });
    expect(window.neededBytes(3)).toBe(40);
    expect(filled(0).window.neededBytes(3)).toBe(0);
  });
});

it('folds a first segment that is complete, and no other', () => {
  const window = new SegmentWindow({ duration: () => 60, maxBytes: 100 });
  const folded = () => window.segments.map(({ isFolded }) => isFolded);
  window.begin(START);
  window.foldFirst();
  expect(folded()).toEqual([false]);
  window.complete();
  window.begin(START);
  window.foldFirst();
  expect(folded()).toEqual([true, false]);
  const longer = new SegmentWindow({ duration: () => 60, maxBytes: 100 });
  for (let i = 0; i < 2; i++) add(longer, 2);
  longer.foldFirst();
  expect(longer.segments.some(({ isFolded }) => isFolded)).toBe(false);
});
