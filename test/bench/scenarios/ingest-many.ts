import { setTimeout as sleep } from 'node:timers/promises';
import type { PublishResult } from '../load/load-job.js';
import { checkRecordings, settleRecordings } from './recording-check.js';
import type { Outcome, Scenario, Stage } from './scenario.js';
import { measureWindow, per } from './window.js';

/** A server that is this far behind when the publishers stop has not done the work of the window, in milliseconds. */
const MAX_DRAIN = 1000;
/** Publishers for whom the latency profile matters. */
const MANY = 100;

/** Publishers of 2 Mbit/s that send each message when it is due. */
export function ingestMany(count: number, isRecording: boolean): Scenario {
  return {
    id: `ingest-${count}${isRecording ? '-recorded' : ''}`,
    title: `${count} publishers of 2 Mbit/s, ${isRecording ? 'recorded' : 'not recorded'}`,
    main: 'cpuPerGb',
    columns: ['cpuPerGb', 'cpu', 'throughput', 'drain', 'rss', 'lateness', 'loadCpu', 'otherCpu'],
    dependsOnProfile: count >= MANY && !isRecording,
    run: (stage) => run(stage, count, isRecording),
  };
}

async function run(stage: Stage, count: number, isRecording: boolean): Promise<Outcome> {
  const server = await stage.startServer({ isRecording });
  const media = { videoKbps: 2000, fps: 30 };
  const load = stage.load({ kind: 'publish', port: server.port, count, media, chunkSize: 4096, ramp: 200 });
  await load.call('start');
  await sleep(stage.scale.warmup * 1000);
  const usage = await measureWindow(stage);
  const result = await load.call<PublishResult>('finish');
  const problems: string[] = [];
  if (result.closedEarly > 0) problems.push(`${result.closedEarly} publishers were closed`);
  if (result.drainTime > MAX_DRAIN) problems.push(`the server was ${result.drainTime.toFixed(0)} ms behind`);
  if (isRecording) {
    await settleRecordings(server.recordings);
    problems.push(...checkRecordings(server.recordings, result.sent));
  }
  return {
    figures: {
      ...usage.figures,
      cpuPerGb: per(usage.cpuSeconds, result.windowBytes / 1e9),
      throughput: per(result.windowBytes / 1e6, usage.seconds),
      drain: result.drainTime,
      lateness: result.lateness,
    },
    problems,
  };
}
