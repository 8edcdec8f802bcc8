import type { MicroResult } from '../micro/measure.js';
import { FIGURES, type FigureName } from '../scenarios/figures.js';
import type { Results, Run, ScenarioInfo } from './results.js';
import { formatNumber, formatSpread, spreadOf } from './statistics.js';

/** A Markdown table, its columns aligned so that it can be read as it is. */
export function formatTable(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}

/** The table of the parts. */
export function microTable(results: readonly MicroResult[]): string {
  const rows = results.map(({ name, nanoseconds, megabytesPerSecond }) => [
    name,
    formatSpread(nanoseconds),
    megabytesPerSecond === undefined ? '' : formatNumber(megabytesPerSecond),
  ]);
  return formatTable(['part', 'ns/op', 'MB/s'], rows);
}

/** The table of one scenario; column `x` compares the main figure with that of the first server. */
export function scenarioTable(scenario: ScenarioInfo, results: Results): string {
  const runs = results.runs.filter((run) => run.scenario === scenario.id);
  const servers = results.environment.servers.map(({ name }) => name).filter((name) => runsOf(runs, name).length > 0);
  const columns = scenario.columns.filter((column) => runs.some(({ figures }) => figures[column] !== undefined));
  const rows = servers.map((server) => {
    const own = runsOf(runs, server);
    const good = goodRuns(own);
    const shown = good.length > 0 ? good : own;
    const cells = columns.map((column) => formatSpread(spreadOf(shown.map(({ figures }) => figures[column]))));
    return [server, `${good.length}/${own.length}`, ratioOf(scenario.main, own, runsOf(runs, servers[0]!)), ...cells];
  });
  return formatTable(['server', 'ok', 'x', ...columns.map((column) => FIGURES[column][0])], rows);
}

/** What was not as it should be, a line each. */
export function problemLines(scenario: ScenarioInfo, { runs }: Results): string[] {
  return runs
    .filter((run) => run.scenario === scenario.id && run.problems.length > 0)
    .map(({ server, round, problems }) => {
      const rest = problems.length > 3 ? ` (and ${problems.length - 3} more)` : '';
      return `${server} #${round + 1}: ${problems.slice(0, 3).join('; ')}${rest}`;
    });
}

/** Runs in which all was well: a server that did not do its work cannot be cheap. */
export function goodRuns(runs: readonly Run[]): Run[] {
  return runs.filter(({ problems }) => problems.length === 0);
}

/** How many times as much as the reference, by medians. */
function ratioOf(main: FigureName, runs: readonly Run[], reference: readonly Run[]): string {
  const own = spreadOf(goodRuns(runs).map(({ figures }) => figures[main]));
  const other = spreadOf(goodRuns(reference).map(({ figures }) => figures[main]));
  return own === undefined || other === undefined || other.median === 0 ? '' : (own.median / other.median).toFixed(2);
}

function runsOf(runs: readonly Run[], server: string): Run[] {
  return runs.filter((run) => run.server === server);
}
