import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { IngestProcess } from '#test/ingest-process';
import { words } from '#test/words';
import { Player, type PlayerBook } from '../bench/load/player.js';
import { PublishJob, streamName } from '../bench/load/publish-job.js';
import { Samples } from '../bench/load/samples.js';

// Two hundred players of one stream, of which a tenth leaves and as many come each second; a tenth of them plays over
// HTTP. SOAK_SECONDS and SOAK_PLAYERS change that. What the server holds is looked at after a garbage collection.

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60);
const PLAYERS = Number(process.env['SOAK_PLAYERS'] ?? 200);
const EXCHANGED = Math.max(1, Math.round(PLAYERS / 10));
const OVER_HTTP = Math.round(PLAYERS / 10);
/** What the server may seem to gain in the time that is measured, as a part of what it has. */
const GROWTH = 0.1;

jest.setTimeout((SECONDS + 120) * 1000);

interface Memory {
  readonly time: number;
  readonly heap: number;
  readonly buffers: number;
  readonly resident: number;
}

/** Runs in the server: writes down what it holds, every 2 s, each time after a garbage collection. */
function reportMemory(): string {
  const code = `
    import { writeFileSync, appendFileSync } from 'node:fs';
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc');
    writeFileSync('memory', '');
    setInterval(() => {
      gc();
      const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
      appendFileSync('memory', [performance.now(), heapUsed, arrayBuffers, rss].join(' ') + '\\n');
    }, 2000).unref();`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

function memoryOf({ directory }: IngestProcess): Memory[] {
  const lines = readFileSync(join(directory, 'memory'), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [time = 0, heap = 0, buffers = 0, resident = 0] = line.split(' ').map(Number);
    return { time, heap, buffers, resident };
  });
}

/** Bytes a minute, by least squares. */
function slope(samples: readonly Memory[], of: (sample: Memory) => number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const times = samples.map(({ time }) => time / 60_000);
  const [meanTime, meanValue] = [mean(times), mean(samples.map(of))];
  const covariance = mean(samples.map((sample, index) => (times[index]! - meanTime) * (of(sample) - meanValue)));
  return covariance / mean(times.map((time) => (time - meanTime) ** 2));
}

const book: PlayerBook = {
  isMeasuring: false,
  latency: new Samples(),
  firstMedia: new Samples(),
  firstPicture: new Samples(),
};

let ingest: IngestProcess;

afterAll(() => ingest?.stop());

it(`${PLAYERS} players, of which a tenth changes each second, cost nothing that stays in ${SECONDS} s`, async () => {
  ingest = await IngestProcess.start({
    launcher: words`taskset -c 0`,
    env: { RTMP_RECORD: '0', NODE_OPTIONS: reportMemory() },
    timeout: (SECONDS + 110) * 1000,
  });
  const { port } = ingest;
  const httpUrl = await ingest.httpUrl(`live/${streamName(0)}.flv`);
  const publishing = new PublishJob({
    kind: 'publish',
    port,
    count: 1,
    ramp: 1,
    chunkSize: 65_536,
    media: { videoKbps: 1000, fps: 25 },
  });
  await publishing.start();

  const players: Player[] = [];
  const viewers: IncomingMessage[] = [];
  const faults: string[] = [];
  let joined = 0;
  let httpBytes = 0;
  const enter = async (): Promise<void> => {
    const player = new Player(book);
    players.push(player);
    joined++;
    await player.open(port, streamName(0), true, false);
  };
  const view = (): Promise<void> =>
    new Promise((resolve, reject) => {
      get(httpUrl, { agent: false }, (response) => {
        viewers.push(response);
        response.on('data', (bytes: Buffer) => (httpBytes += bytes.length));
        response.on('error', () => {});
        resolve();
      }).on('error', reject);
    });
  const leave = (player: Player): void => {
    const { order, corrupt, beganAtKeyFrame, isDisconnected } = player;
    const { gaps, reordered } = order;
    const isGood = gaps + reordered + corrupt === 0 && beganAtKeyFrame && !isDisconnected;
    if (!isGood) faults.push(JSON.stringify({ gaps, reordered, corrupt, beganAtKeyFrame, isDisconnected }));
    player.close();
  };

  for (let index = 0; index < PLAYERS - OVER_HTTP; index++) await enter();
  for (let index = 0; index < OVER_HTTP; index++) await view();
  const end = Date.now() + SECONDS * 1000;
  for (let next = Date.now() + 1000; next < end; next += 1000) {
    await sleep(Math.max(0, next - Date.now()));
    for (const player of players.splice(0, EXCHANGED - 2)) leave(player);
    for (const viewer of viewers.splice(0, 2)) viewer.destroy();
    await Promise.all([...Array.from({ length: EXCHANGED - 2 }, enter), view(), view()]);
  }
  const memory = memoryOf(ingest).slice(Math.ceil(SECONDS / 10));
  for (const player of players.splice(0)) leave(player);
  for (const viewer of viewers.splice(0)) viewer.destroy();
  await publishing.finish();

  const kinds = {
    heap: ({ heap }: Memory) => heap,
    buffers: ({ buffers }: Memory) => buffers,
    resident: ({ resident }: Memory) => resident,
  };
  const slopes = Object.entries(kinds).map(([name, of]) => {
    const rate = slope(memory, of);
    const last = of(memory.at(-1)!);
    process.stdout.write(
      `${name}: ${(rate / 1000).toFixed(1)} kB a minute; in MB ` +
        `${memory
          .filter((_, index) => index % Math.ceil(memory.length / 15) === 0)
          .map((sample) => (of(sample) / 1e6).toFixed(1))
          .join(' ')}\n`,
    );
    return { name, growth: (rate * SECONDS) / 60 / last };
  });
  process.stdout.write(
    `${joined} plays over RTMP, ${(httpBytes / 1e6).toFixed(0)} MB over HTTP, first picture after ` +
      `${book.firstPicture.percentile(0.5)?.toFixed(1)} ms, ${ingest.processorSeconds().toFixed(1)} CPU-s\n`,
  );
  expect(faults).toEqual([]);
  expect(httpBytes).toBeGreaterThan(SECONDS * OVER_HTTP * 100_000);
  expect(slopes.filter(({ name, growth }) => name !== 'buffers' && growth > GROWTH)).toEqual([]);
  expect((await ingest.stop()).code).toBe(0);
});
