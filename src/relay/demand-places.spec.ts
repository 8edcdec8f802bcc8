import type { RtmpSession } from '../session/rtmp-session.js';
import { type DemandedPull, DemandPlaces } from './demand-places.js';

/** A pull that somebody waits for, until a test says something else. */
class Pull implements DemandedPull {
  wasLive = false;
  unwantedSince: number | undefined;
  isStopped = false;

  stop(): void {
    this.isStopped = true;
  }
}

const clock = { now: 0 };
let places: DemandPlaces<Pull>;

beforeEach(() => {
  clock.now = 0;
  places = new DemandPlaces<Pull>(4, () => clock.now);
});

/** Asks from an address; undefined when there is no place. */
function ask(remoteAddress: string | undefined): Pull | undefined {
  const session = remoteAddress === undefined ? undefined : ({ remoteAddress } as RtmpSession);
  if (!places.makeRoom(session)) return undefined;
  const pull = new Pull();
  places.enter(pull, session);
  return pull;
}

const stopped = (pulls: ReadonlyArray<Pull | undefined>): boolean[] => pulls.map((pull) => pull!.isStopped);

it('are shared out among addresses, to whoever has fewer, whether anybody waits or not', () => {
  const first = [1, 2, 3, 4].map(() => ask('192.0.2.1'));
  expect(ask('192.0.2.1')).toBeUndefined();
  first[1]!.unwantedSince = 0;
  const second = [1, 2].map(() => ask('192.0.2.2'));
  expect(stopped(first)).toEqual([true, true, false, false]);
  expect(ask('192.0.2.2')).toBeUndefined();
  // A network of IPv6 is one address, and so are those who come without a session.
  expect(
    [ask('2001:db8::1'), ask('2001:db8::2'), ask(undefined), ask(undefined)].map((pull) => pull !== undefined),
  ).toEqual([true, false, true, false]);
  expect([stopped(first), stopped(second)]).toEqual([
    [true, true, true, false],
    [true, false],
  ]);
});

it('of what was live once are taken from nobody', () => {
  const first = [1, 2, 3, 4].map(() => ask('192.0.2.1'));
  for (const pull of first) pull!.wasLive = true;
  first[0]!.unwantedSince = 0;
  clock.now = 10_000;
  expect(ask('192.0.2.2')).toBeUndefined();
  places.leave(first[0]!);
  expect(ask('192.0.2.2')).toBeDefined();
});

it('that nobody waits for are had by anybody after a second', () => {
  const first = [1, 2, 3, 4].map(() => ask('192.0.2.1'));
  clock.now = 5000;
  first[2]!.unwantedSince = 5000;
  clock.now = 5999;
  expect(ask('192.0.2.1')).toBeUndefined();
  clock.now = 6000;
  expect(ask('192.0.2.1')).toBeDefined();
  expect(stopped(first)).toEqual([false, false, true, false]);
});
