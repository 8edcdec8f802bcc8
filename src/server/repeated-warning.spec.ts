import type { Logger } from '@nestjs/common';
import { PeerWarnings } from './peer-warnings.js';
import { RepeatedWarning } from './repeated-warning.js';

const clock = { now: 0 };
let lines: unknown[][];
const logger = { warn: (...line: unknown[]) => lines.push(line) } as unknown as Logger;
const now = (): number => clock.now;

beforeEach(() => {
  clock.now = 0;
  lines = [];
});

it('a warning is written once a second, with the number of those left out', () => {
  const warning = new RepeatedWarning(logger, 'refused', now);
  for (const at of [0, 0, 999, 1000, 1001, 1500, 9000]) {
    clock.now = at;
    warning.warn({ at });
  }
  expect(lines).toEqual([
    ['refused', { at: 0 }],
    ['refused', { at: 1000, before: 2 }],
    ['refused', { at: 9000, before: 2 }],
  ]);
});

it('warnings about peers are written twenty at once of each kind, then once a second', () => {
  const warnings = new PeerWarnings(logger, now);
  for (let i = 0; i < 1000; i++) {
    warnings.warn('publish refused', { i });
    if (i < 2) warnings.warn('play refused', { i });
  }
  expect(lines.filter(([message]) => message === 'play refused')).toHaveLength(2);
  const refused = () => lines.filter(([message]) => message === 'publish refused');
  expect(refused()).toEqual(Array.from({ length: 20 }, (_, i) => ['publish refused', { i }]));
  for (clock.now = 1000; clock.now <= 5000; clock.now += 250) warnings.warn('publish refused', {});
  expect(refused().slice(20)).toEqual([980, 3, 3, 3, 3].map((before) => ['publish refused', { before }]));
});
