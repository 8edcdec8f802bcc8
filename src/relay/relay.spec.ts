import { jest } from '@jest/globals';
import { RelayError } from './relay.errors.js';
import { type AttemptEnd, Relay, type RelayFigures } from './relay.js';

// What a relay waits between its attempts, told by what came of them.

/** Each wait is from half of it to all of it: those of the first and the fourth failure have nothing in common. */
const FIRST = 8;
const isFirst = (wait: number): boolean => wait >= FIRST / 2 && wait <= FIRST;
const isFourth = (wait: number): boolean => wait >= FIRST * 4 && wait <= FIRST * 8;

let now: number;

beforeEach(() => {
  now = 1_000_000;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

/** How long an attempt was live, in milliseconds, undefined when it never was; and how it ended. */
type Attempt = readonly [live: number | undefined, end: AttemptEnd | 'lost'];

class ScriptedRelay extends Relay {
  readonly direction = 'push';
  protected readonly figures: RelayFigures = { bytes: 0, skips: 0, skippedBytes: 0, lag: 0, queuedBytes: 0 };

  constructor(
    private readonly script: Attempt[],
    /** Waits there were, in milliseconds. */
    readonly waits: number[] = [],
  ) {
    super(
      {
        id: '1',
        rule: undefined,
        app: 'live',
        name: 'cam',
        masked: 'rtmp://host/…',
        firstRetry: FIRST,
        maxRetry: 60_000,
        refusedRetry: 60_000,
      },
      {
        onRelay: (relay) => {
          const { state, retryAt } = relay.info;
          if (state === 'backing-off') waits.push(retryAt! - now);
        },
      },
    );
  }

  protected async attempt(): Promise<AttemptEnd> {
    const [live, end] = this.script.shift() ?? [undefined, 'again'];
    if (this.script.length === 0) this.stop();
    if (live !== undefined) {
      this.becameLive();
      now += live;
    }
    if (end === 'lost') throw new RelayError('RELAY_ERR_SILENT', 'it');
    return end;
  }
}

/** The waits of attempts one behind the other; the last of them only ends it. */
async function waitsOf(...script: Attempt[]): Promise<number[]> {
  const relay = new ScriptedRelay([...script, [undefined, 'again']]);
  relay.start();
  await relay.whenStopped;
  return relay.waits;
}

const failure: Attempt = [undefined, 'lost'];

it('grow with each failure', async () => {
  const waits = await waitsOf(failure, failure, failure, failure);
  expect(waits).toHaveLength(4);
  expect([isFirst(waits[0]!), isFourth(waits[3]!)]).toEqual([true, true]);
});

it.each<[what: string, end: AttemptEnd | 'lost']>([
  ['was lost', 'lost'],
  ['ended', 'later'],
])('a connection that %s after less than five seconds has proven nothing', async (_what, end) => {
  const waits = await waitsOf(failure, failure, failure, [4999, end]);
  expect(waits.map((wait, index) => index === 3 && isFourth(wait))).toEqual([false, false, false, true]);
});

it.each<[what: string, end: AttemptEnd | 'lost']>([
  ['was lost', 'lost'],
  ['ended', 'later'],
])('five seconds of live make the next wait a first one again when the connection %s', async (_what, end) => {
  const waits = await waitsOf(failure, failure, failure, [5000, end]);
  expect(waits).toHaveLength(4);
  expect(isFirst(waits[3]!)).toBe(true);
});
