import { setTimeout as sleep } from 'node:timers/promises';
import type { PublishResult } from '../load/load-job.js';
import { residentBytes } from '../servers/process-usage.js';
import type { Outcome, Scenario, Stage } from './scenario.js';
import { measureWindow, per } from './window.js';

/** A server that is this far behind when the publishers stop has not done the work of the window, in milliseconds. */
const MAX_DRAIN = 1000;

/** Streams of 2 Mbit/s that are all packaged from the start, and nobody watches. */
export function hlsPackaging(count: number): Scenario {
  return {
    id: `hls-packaging-${count}`,
    title: `HLS: ${count} publishers of 2 Mbit/s, all packaged (parts of 500 ms, a window of 12 s), nobody watches`,
    main: 'cpuPerStream',
    columns: [
      'cpuPerStream',
      'cpu',
      'cpuPerGb',
      'rss',
      'rssPerStream',
      'rssGrowth',
      'drain',
      'lateness',
      'loadCpu',
      'otherCpu',
    ],
    dependsOnProfile: false,
    needsHls: true,
    run: (stage) => run(stage, count),
  };
}

async function run(stage: Stage, count: number): Promise<Outcome> {
  const { port, pids } = await stage.startServer({ hls: { start: 'always', partMilliseconds: 500 } });
  await sleep(stage.scale.warmup * 1000);
  const before = residentBytes(pids);
  const media = { videoKbps: 2000, fps: 30 };
  const load = stage.load({ kind: 'publish', port, count, media, chunkSize: 4096, ramp: 200 });
  await load.call('start');
  await sleep(stage.scale.fill * 1000);
  const usage = await measureWindow(stage);
  const rssPerStream = (residentBytes(pids) - before) / count / 1e6;
  const result = await load.call<PublishResult>('finish');
  const problems: string[] = [];
  if (result.closedEarly > 0) problems.push(`${result.closedEarly} publishers were closed`);
  if (result.drainTime > MAX_DRAIN) problems.push(`the server was ${result.drainTime.toFixed(0)} ms behind`);
  return {
    figures: {
      ...usage.figures,
      cpuPerStream: (usage.cpuSeconds * 1000) / usage.seconds / count,
      cpuPerGb: per(usage.cpuSeconds, result.windowBytes / 1e9)!,
      rssPerStream,
      drain: result.drainTime,
      lateness: result.lateness,
    },
    problems,
  };
}
