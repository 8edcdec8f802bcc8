import { setTimeout as sleep } from 'node:timers/promises';
import { TestBrowser } from '../../support/browser.js';
import { IngestProcess } from '../../support/ingest-process.js';
import { RunningProgram } from '../../support/running-program.js';
import { until } from '../../support/until.js';
import { words } from '../../support/words.js';
import { UsageError } from '../options.js';
import { type GlassOptions, readGlassOptions, USAGE } from './options.js';
import { REPORTING_HLS, type Watched, watchPictures } from './picture-watch.js';
import { glassLine, glassTable } from './report.js';
import { timecodeSource } from './timecode.js';

/** How long all but the last are watched, in seconds. */
const SHORT = 4;

try {
  const options = readGlassOptions(process.argv.slice(2));
  process.stdout.write(options === undefined ? USAGE : `${glassTable(await measure(options))}\n`);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** A publisher, the server and its page in Chromium, all on this machine and its one clock. */
async function measure({ kinds, joins, seconds, gop }: GlassOptions): Promise<Map<string, Watched[]>> {
  const timeout = kinds.length * (joins * 20 + seconds) * 1000 + 120_000;
  const ingest = await IngestProcess.start({ env: { RTMP_RECORD: '0' }, timeout });
  const publisher = new RunningProgram(
    'ffmpeg',
    words`-hide_banner -nostdin -loglevel error ${timecodeSource(gop)} -f flv ${ingest.url('live/glass')}`,
    { timeout },
  );
  const browser = await TestBrowser.start();
  try {
    await ingest.logged('publish started', 'live/glass');
    await sleep(5000); // as a viewer who comes to a stream that has been going on
    const page = `http://127.0.0.1:${await ingest.portOf('http')}/#/streams/live/glass`;
    const results = new Map<string, Watched[]>();
    for (const kind of kinds) {
      const all: Watched[] = [];
      results.set(kind, all);
      for (let join = 1; join <= joins; join++) {
        const watched = await watch(browser, page, kind, join < joins ? SHORT : seconds);
        all.push(watched);
        process.stderr.write(`${kind} ${join} of ${joins}: ${glassLine(watched)}\n`);
        for (const error of watched.errors) process.stderr.write(`  ${JSON.stringify(error)}\n`);
      }
    }
    return results;
  } finally {
    await browser.close();
    await publisher.end('SIGKILL');
    await ingest.stop();
  }
}

/** Opens the page in a profile of its own and watches for so many seconds from the first picture on. */
async function watch(browser: TestBrowser, url: string, kind: string, length: number): Promise<Watched> {
  const opened = await browser.open('about:blank');
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
