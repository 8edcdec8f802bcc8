import { BitRateMeter } from './bit-rate-meter.js';

/** A meter that has seen segments of so many bytes and seconds. */
function meter(...segments: Array<[bytes: number, seconds: number]>): BitRateMeter {
  const one = new BitRateMeter();
  for (const [bytes, seconds] of segments) {
    one.add(bytes, seconds);
    one.endSegment();
  }
  return one;
}

it('measures the most of any segment, and all of them', () => {
  expect(meter([1000, 1], [3000, 1]).rates(0)).toEqual({ peak: 24_000, average: 16_000 });
});

it('makes do with what there is of the first segment', () => {
  const one = new BitRateMeter();
  expect(one.rates(0)).toEqual({ peak: 1, average: 1 });
  one.add(1000, 1);
  expect(one.rates(0)).toEqual({ peak: 9600, average: 8000 });
});

it('takes no rate of a short segment for the most, unless there is no other', () => {
  expect(meter([1000, 0.1], [1000, 1]).rates(0)).toEqual({ peak: 16_000 / 1.1, average: 16_000 / 1.1 });
  expect(meter([1000, 0.1], [8000, 1]).rates(0)).toMatchObject({ peak: 72_000 / 1.1 });
  expect(meter([1000, 0.1]).rates(0)).toEqual({ peak: 96_000, average: 80_000 });
});

it('believes what was announced until three segments were measured', () => {
  const announced = 100_000;
  expect(meter().rates(announced)).toEqual({ peak: 120_000, average: announced });
  expect(meter([1000, 1], [1000, 1]).rates(announced)).toEqual({ peak: 120_000, average: announced });
  expect(meter([1000, 1], [1000, 1], [1000, 1]).rates(announced)).toEqual({ peak: 8000, average: 8000 });
  expect(meter([1_000_000, 1]).rates(announced)).toEqual({ peak: 8_000_000, average: 8_000_000 });
});
