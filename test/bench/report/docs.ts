import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.js';
import { drawChart } from './chart.js';
import type { Results } from './results.js';
import { formatNumber, spreadOf } from './statistics.js';
import { microTable, problemLines, scenarioTable } from './tables.js';

const PAGE = join(ROOT, 'docs/performance.md');
const CHART = join(ROOT, 'docs/performance.svg');
const BEGIN = '<!-- npm run bench -- --chart writes from here -->';
const END = '<!-- to here -->';

/** Writes the chart, and the tables into the place the page has for them; returns the paths. */
export function writeDocs(results: Results): string[] {
  const page = readFileSync(PAGE, 'utf8');
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for the tables: ${BEGIN} and ${END}`);
  const text = `${page.slice(0, from + BEGIN.length)}\n\n${describe(results)}\n\n${page.slice(to)}`;
  writeFileSync(PAGE, text);
  writeFileSync(CHART, drawChart(results));
  return [PAGE, CHART];
}

function describe(results: Results): string {
  const sections = results.scenarios.map((scenario) => {
    const problems = problemLines(scenario, results).map((line) => `- ${line}`);
    return [`### ${scenario.title}`, scenarioTable(scenario, results), problems.join('\n')]
      .filter(Boolean)
      .join('\n\n');
  });
  const micro = results.micro.length === 0 ? [] : [`### Parts, one at a time`, microTable(results.micro)];
  return [describeEnvironment(results), ...sections, ...micro].join('\n\n');
}

function describeEnvironment({ environment, runs }: Results): string {
  const { date, cpu, cpus, kernel, congestionControl, servers, pinned, nice } = environment;
  const versions = servers.map(({ name, version }) => `${name} ${version}`).join('; ');
  const place = pinned ? 'server on one CPU, load on another' : 'CPUs not pinned';
  return (
    `Measured ${date} on ${cpus} x ${cpu}, Linux ${kernel}, TCP ${congestionControl}, loopback, ${place}, nice ${nice}. ` +
    `${versions}. ${describeOthers(runs)}`
  );
}

/** How much the machine had to do besides. */
function describeOthers(runs: Results['runs']): string {
  const others = spreadOf(runs.map(({ figures }) => figures.otherCpu));
  if (others === undefined) return '';
  const [median, most] = [others.median, others.most].map(formatNumber);
  return `Meanwhile other programs used ${median} % of a CPU (median of the runs), ${most} % at most.`;
}
