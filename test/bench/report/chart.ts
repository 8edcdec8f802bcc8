import type { Results } from './results.js';
import { formatNumber, spreadOf } from './statistics.js';
import { goodRuns } from './tables.js';

const WIDTH = 760;
const LABEL_WIDTH = 190;
const VALUE_WIDTH = 60;
const BAR_HEIGHT = 14;
const BAR_GAP = 3;
const TITLE_HEIGHT = 26;
const GROUP_GAP = 14;
const COLOURS = ['#e0234e', '#4c78a8', '#8c8c8c', '#f0a13a', '#72b7b2', '#b279a2'];

interface Bar {
  readonly server: string;
  readonly value: number;
  readonly colour: string;
}

/**
 * Bars of the CPU each server needs for a GB of media, a group for each scenario; the longest bar of a group has the
 * whole width, since groups are not to be compared.
 */
export function drawChart(results: Results): string {
  const groups = results.scenarios
    .filter(({ main }) => main === 'cpuPerGb')
    .map(({ id, title }) => ({ title, bars: barsOf(results, id) }))
    .filter(({ bars }) => bars.length > 0);
  const parts: string[] = [];
  let y = 28;
  for (const { title, bars } of groups) {
    y += TITLE_HEIGHT;
    parts.push(`<text x="10" y="${y - 8}" font-weight="bold">${escape(title)}</text>`);
    const most = Math.max(...bars.map(({ value }) => value));
    for (const bar of bars) {
      parts.push(drawBar(bar, most, y));
      y += BAR_HEIGHT + BAR_GAP;
    }
    y += GROUP_GAP;
  }
  const { date, cpu, cpus } = results.environment;
  const caption = `CPU seconds of the server for each GB of media; shorter is better. ${date}, ${cpus} x ${cpu}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="22" fill="#555">${escape(caption)}</text>
${parts.join('\n')}
</svg>
`;
}

function barsOf({ environment, runs }: Results, scenario: string): Bar[] {
  return environment.servers.flatMap(({ name }, index) => {
    const own = goodRuns(runs).filter((run) => run.scenario === scenario && run.server === name);
    const spread = spreadOf(own.map(({ figures }) => figures.cpuPerGb));
    if (spread === undefined) return [];
    return [{ server: name, value: spread.median, colour: COLOURS[index % COLOURS.length]! }];
  });
}

function drawBar({ server, value, colour }: Bar, most: number, y: number): string {
  const width = Math.max(1, (value / most) * (WIDTH - LABEL_WIDTH - VALUE_WIDTH - 10));
  const textY = y + BAR_HEIGHT - 3;
  return [
    `<text x="${LABEL_WIDTH - 6}" y="${textY}" text-anchor="end">${escape(server)}</text>`,
    `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" fill="${colour}"/>`,
    `<text x="${(LABEL_WIDTH + width + 5).toFixed(1)}" y="${textY}">${formatNumber(value)}</text>`,
  ].join('');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
