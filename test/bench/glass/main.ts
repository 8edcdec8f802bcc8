import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BrowserPage, TestBrowser } from '#test/browser';
import { IngestProcess } from '#test/ingest-process';
import { RunningProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';
import { formatNumber } from '../report/statistics.js';
import { formatTable } from '../report/tables.js';
import { REPORTING_HLS, type Watched, watchPictures } from './picture-watch.js';
import { timecodeSource } from './timecode.js';

const KINDS = ['http-flv', 'ws-flv', 'll-hls', 'hls'];
/** What comes before is not the player's usual distance: it begins somewhere in a group of pictures and catches up. */
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

const USAGE = `npm run bench:glass -- [options]

  --kinds KIND,KIND  ways to watch: ${KINDS.join(', ')} (all)
  --joins N          times each is opened anew (5)
  --seconds N        how long each is watched the last time (30)
  --gop SECONDS      from key frame to key frame (2)
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    kinds: { type: 'string', default: KINDS.join(',') },
    joins: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '30' },
    gop: { type: 'string', default: '2' },
  },
});
const kinds = values.kinds.split(',');
const [joins, seconds, gop] = [values.joins, values.seconds, values.gop].map(Number) as [number, number, number];
const isGood = kinds.every((kind) => KINDS.includes(kind)) && joins >= 1 && seconds >= 12 && gop > 0;
if (values.help || !isGood) {
  process.stderr.write(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  await measure();
}

/** A publisher, the server and its page in Chromium, all on this machine and its one clock. */
async function measure(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'nest-rtmp-glass-'));
  const timeout = kinds.length * (joins * 20 + seconds) * 1000 + 120_000;
  const ingest = await IngestProcess.start({ directory, env: { RTMP_RECORD: '0' }, timeout });
  const url = ingest.url('live/glass');
  const publisher = new RunningProgram(
    'ffmpeg',
    words`-hide_banner -nostdin -loglevel error ${timecodeSource(gop)} -f flv ${url}`,
    { timeout },
  );
  const browser = await TestBrowser.start();
  try {
    await ingest.logged('publish started', 'live/glass');
    await sleep(5000); // as a viewer who comes to a stream that has been going on
    const page = `http://127.0.0.1:${await ingest.portOf('http')}/#/streams/live/glass`;
    const rows = [];
    for (const kind of kinds) {
      const all: Watched[] = [];
      for (let join = 1; join <= joins; join++) {
        all.push(await watch(browser, page, kind, join < joins ? 4 : seconds));
        process.stderr.write(`${kind} ${join} of ${joins}: ${JSON.stringify(brief(all.at(-1)!))}\n`);
      }
      rows.push(rowOf(kind, all));
    }
    process.stdout.write(`${formatTable(HEAD, rows)}\n`);
  } finally {
    await browser.close();
    await publisher.end('SIGKILL');
    await ingest.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Opens the page in a profile of its own and watches for so many seconds from the first picture on. */
async function watch(browser: TestBrowser, url: string, kind: string, length: number): Promise<Watched> {
  const opened: BrowserPage = await browser.open('about:blank');
  const { page } = opened;
  await page.route('**/page/vendor/hls.mjs', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: REPORTING_HLS }),
  );
  await page.addInitScript(watchPictures(kind));
  await page.goto(url);
  const read = async () => (await page.evaluate('globalThis.watched')) as Watched;
  await until('the first picture', async () => (await read()).firstAfterStart !== undefined, {
    timeout: 30_000,
    instead: () => opened.problems.join('\n'),
  });
  await sleep(length * 1000);
  const watched = await read();
  await page.context().close();
  return watched;
}

function rowOf(kind: string, all: readonly Watched[]): string[] {
  const last = all.at(-1)!;
  const settled = last.delays.filter(([at]) => at >= SETTLED).map(([, delay]) => delay);
  return [
    kind,
    ...[all.map((one) => one.firstAfterStart), all.map((one) => one.firstAfterNavigation)].map((values) =>
      formatNumber(part(values as number[], 0.5)),
    ),
    ...[0.5, 0.95, 1].map((share) => formatNumber(part(settled, share))),
    formatNumber(
      part(
        all.map(({ delays }) => delays[0]![1]),
        0.5,
      ),
    ),
    String(last.stalls),
    countErrors(all.flatMap((one) => one.errors)) || '0',
    String(last.dropped),
  ];
}

function brief({ firstAfterStart, firstAfterNavigation, delays, unreadable, errors, stalls }: Watched) {
  const [first, last] = [delays[0], delays.at(-1)];
  return { firstAfterStart, firstAfterNavigation, first, last, unreadable, errors: countErrors(errors), stalls };
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

/** The value that such a share of all is not above. */
function part(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
