import type { Results, Run } from './results.js';
import { formatSpread, spreadOf } from './statistics.js';
import { scenarioTable } from './tables.js';

it.each([
  { values: [3, 1, 2], spread: { median: 2, least: 1, most: 3 } },
  { values: [4, 1, 2, 3], spread: { median: 2.5, least: 1, most: 4 } },
  { values: [undefined, 7], spread: { median: 7, least: 7, most: 7 } },
  { values: [undefined], spread: undefined },
])('the spread of $values', ({ values, spread }) => {
  expect(spreadOf(values)).toEqual(spread);
});

it('says the extremes only when they differ', () => {
  expect([formatSpread(spreadOf([1, 2, 9])), formatSpread(spreadOf([5])), formatSpread(undefined)]).toEqual([
    '2.00 [1.00..9.00]',
    '5.00',
    '',
  ]);
});

it('compares with the first server, and only runs in which all was well', () => {
  const run = (server: string, cpuPerGb: number, ...problems: string[]): Run => ({
    scenario: 'one',
    server,
    round: 0,
    figures: { cpuPerGb },
    problems,
  });
  const scenario = { id: 'one', title: 'One', main: 'cpuPerGb', columns: ['cpuPerGb', 'p50'] } as const;
  const servers = ['a', 'b', 'c'].map((name) => ({ name, version: '1' }));
  const runs = [run('a', 2), run('b', 3), run('b', 0.1, 'fell behind'), run('c', 0.1, 'lost everything')];
  const results = { environment: { servers }, scenarios: [scenario], runs, micro: [] } as unknown as Results;
  expect(scenarioTable(scenario, results).split('\n')).toEqual([
    '| server | ok  | x    | CPU-s/GB |',
    '|--------|-----|------|----------|',
    '| a      | 1/1 | 1.00 | 2.00     |',
    '| b      | 1/2 | 1.50 | 3.00     |',
    '| c      | 0/1 |      | 0.10     |',
  ]);
});
