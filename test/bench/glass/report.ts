import { formatNumber } from '../report/statistics.js';
import { formatTable } from '../report/tables.js';
import type { Watched } from './picture-watch.js';

/** What comes before is not a player's usual distance: it begins somewhere in a group of pictures and catches up. */
const SETTLED = 10_000;

const HEAD = [
  'way',
  'first picture ms',
  'with the page ms',
  'delay ms, median',
  '95 %',
  'most',
  'at first',
  'stalls',
  'errors',
  'dropped',
];

/** A table of what was seen, by way to watch: of the beginnings medians of all, of the rest what the last one saw. */
export function glassTable(results: ReadonlyMap<string, readonly Watched[]>): string {
  return formatTable(
    HEAD,
    [...results].map(([kind, all]) => rowOf(kind, all)),
  );
}

/** One of them in a line. */
export function glassLine({
  firstAfterStart,
  firstAfterNavigation,
  delays,
  unreadable,
  errors,
  stalls,
}: Watched): string {
  const [first, last] = [delays[0], delays.at(-1)].map((one) => one?.[1]);
  return JSON.stringify({
    firstAfterStart,
    firstAfterNavigation,
    first,
    last,
    unreadable,
    errors: countErrors(errors),
    stalls,
  });
}

function rowOf(kind: string, all: readonly Watched[]): string[] {
  const last = all.at(-1)!;
  const settled = last.delays.filter(([at]) => at >= SETTLED).map(([, delay]) => delay);
  return [
    kind,
    share(all.map(({ firstAfterStart }) => firstAfterStart)),
    share(all.map(({ firstAfterNavigation }) => firstAfterNavigation)),
    ...[0.5, 0.95, 1].map((part) => share(settled, part)),
    share(all.map(({ delays }) => delays[0]?.[1])),
    String(last.stalls),
    countErrors(all.flatMap(({ errors }) => errors)) || '0',
    String(last.dropped),
  ];
}

/** How often there was each. */
function countErrors(errors: Watched['errors']): string {
  const counts = new Map<string, number>();
  for (const { details, fatal } of errors) {
    const name = fatal ? `${details}, fatal` : details;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
}

/** The value that such a part of all is not above. */
function share(values: ReadonlyArray<number | undefined>, part = 0.5): string {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  return value === undefined ? '' : formatNumber(value);
}
