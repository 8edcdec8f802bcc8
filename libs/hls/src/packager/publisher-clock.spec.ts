import { PublisherClock } from './publisher-clock.js';

const VIDEO = 0;
const AUDIO = 256;
const WALL = 1e12;

type Said = readonly [key: number, timestamp: number];

/** Where messages are put, from the first on; the publisher sends them as its clock says. */
function placed(
  said: readonly Said[],
  clock = new PublisherClock(),
  wallTime = (index: number) => WALL + index,
): number[] {
  const times = said.map(([key, timestamp], index) => clock.take(key, timestamp, wallTime(index)));
  return times.map((time) => time - times[0]!);
}

/** Both tracks, a message of each every 40 ms. */
function both(count: number, of: (time: number, key: number) => number = (time) => time): Said[] {
  return Array.from({ length: count }, (_one, index) => index * 40).flatMap((time): Said[] => [
    [VIDEO, of(time, VIDEO)],
    [AUDIO, of(time, AUDIO)],
  ]);
}

const EVEN = placed(both(100));

it('a clock that goes on is as the publisher says, wherever it begins', () => {
  expect(EVEN).toEqual(both(100).map(([, time]) => time));
  for (const first of [-1, -1e9, 4e9, 2 ** 50]) expect(placed(both(100, (time) => time + first))).toEqual(EVEN);
});

it('nothing is put before 0, as far behind the first as another track may begin', () => {
  const clock = new PublisherClock();
  const times = [clock.take(AUDIO, 0, WALL), clock.take(VIDEO, -1, WALL), clock.take(1, -10_000, WALL)];
  expect(times.map((time) => time - times[0]!)).toEqual([0, -1, -10_000]);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
});

it.each([900, 1500, 5000])('a track that is %d ms behind the others stays there', (lag) => {
  const said = both(100, (time, key) => (key === AUDIO ? time - lag : time));
  expect(placed(said)).toEqual(said.map(([, time]) => time));
});

it('a message whose time does not fit is put where it came', () => {
  const said = both(100);
  said[51] = [AUDIO, -5000];
  said[121] = [AUDIO, 1e9];
  said[140] = [VIDEO, 0];
  expect(placed(said)).toEqual(EVEN);
});

it.each([3_600_000, -3_600_000, 12_000, -4000])(
  'a clock that jumps by %d ms goes on where it was, in all tracks',
  (jump) => {
    for (const from of [50, 51]) {
      const said = both(100).map(([key, time], index): Said => [key, index < from ? time : time + jump]);
      expect(placed(said)).toEqual(EVEN);
    }
  },
);

it('a track that jumps alone goes on beside the others', () => {
  const said = both(100, (time, key) => (key === AUDIO && time > 2000 ? time + 1e6 : time));
  expect(placed(said)).toEqual(EVEN);
});

it('a track that has a clock of its own begins where the others are', () => {
  expect(placed(both(100, (time, key) => (key === AUDIO ? time + 1e8 : time)))).toEqual(EVEN);
});

it('a pause is one when so much time has passed', () => {
  const said: Said[] = [[VIDEO, 0], [VIDEO, 40], [VIDEO, 30_000], [VIDEO, 30_040]]; // prettier-ignore
  expect(placed(said, undefined, (index) => WALL + said[index]![1])).toEqual([0, 40, 30_000, 30_040]);
});

it('another publisher goes on behind the one before, at the time it is', () => {
  const clock = new PublisherClock();
  expect(clock.wallTime(clock.take(VIDEO, 500, WALL))).toBe(WALL);
  const last = clock.take(VIDEO, 900, WALL + 400);
  clock.restart();
  const next = clock.take(VIDEO, 0, WALL + 60_000);
  expect([next > last, clock.wallTime(next)]).toEqual([true, WALL + 60_000]);
});
