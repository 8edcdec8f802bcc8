import { setTimeout as sleep } from 'node:timers/promises';
import type { HlsJobOptions, HlsResult, PlayResult } from '../load/load-job.js';
import { streamName } from '../load/publish-job.js';
import { BareServer } from '../servers/bare-server.js';
import { loadPlayers } from './playing.js';
import type { Outcome, Scenario, Stage } from './scenario.js';
import { measureWindow, per, type Usage } from './window.js';

/** How HLS is served and asked for. */
export interface HlsPlayingOptions {
  readonly players: number;
  readonly asksFor: HlsJobOptions['asksFor'];
  /** Length of parts in milliseconds; 0 for plain HLS. */
  readonly partMilliseconds: number;
}

const MEDIA = { videoKbps: 2000, fps: 30 };
/** Milliseconds of a segment: key frames come so often. */
const SEGMENT = 2000;
/** Bytes a second of pictures and sound. */
const BYTE_RATE = 266_000;
const CLIENTS_PER_SECOND = 400;
/** Share of the parts of a window that have to arrive within it; segments come in one piece every two seconds. */
const LEAST_DELIVERED = 0.9;
const ASKED: Record<HlsJobOptions['asksFor'], string> = {
  hinted: 'parts before they are there',
  listed: 'parts when they are listed',
  segments: 'whole segments',
};

/** One stream of 2 Mbit/s to so many clients of HLS, to as many RTMP players, and the same answers of node:http alone. */
export function hlsPlaying({ players, asksFor, partMilliseconds }: HlsPlayingOptions): Scenario {
  const parts = partMilliseconds === 0 ? '' : ` of ${partMilliseconds} ms`;
  return {
    id: `hls-${players}-${asksFor}${partMilliseconds === 0 ? '' : `-${partMilliseconds}`}`,
    title: `HLS: one stream of 2 Mbit/s to ${players} clients that ask for ${ASKED[asksFor]}${parts}`,
    main: 'cpuPerPlayer',
    columns: [
      'cpuPerPlayer',
      'rtmpPerPlayer',
      'barePerPlayer',
      'toRtmp',
      'toBare',
      'cpuPerGb',
      'requestRate',
      'p50',
      'p99',
      'rss',
      'loadCpu',
      'otherCpu',
    ],
    dependsOnProfile: false,
    needsHls: true,
    run: (stage) => run(stage, { players, asksFor, partMilliseconds }),
  };
}

async function run(stage: Stage, options: HlsPlayingOptions): Promise<Outcome> {
  const { players, asksFor, partMilliseconds } = options;
  const { port, httpPort } = await stage.startServer({ hls: { start: 'demand', partMilliseconds } });
  const publisher = stage.load({ kind: 'publish', port, count: 1, media: MEDIA, chunkSize: 4096, ramp: 1 });
  await publisher.call('start');
  const problems: string[] = [];
  const rtmp = await playRtmp(stage, players, problems);
  const clients = { kind: 'hls', stream: streamName(0), count: players, asksFor, ramp: CLIENTS_PER_SECOND } as const;
  const { usage, result } = await playHls(stage, { ...clients, port: httpPort });
  problems.push(...problemsOf(result, usage.seconds, partMilliseconds));
  await publisher.call('finish');
  const bare = await playBare(stage, clients, partMilliseconds);
  const own = perPlayer(usage, players);
  return {
    figures: {
      ...usage.figures,
      ...(result.latency.p50 !== undefined && { p50: result.latency.p50 }),
      ...(result.latency.p99 !== undefined && { p99: result.latency.p99 }),
      cpuPerPlayer: own,
      rtmpPerPlayer: rtmp,
      toRtmp: own / rtmp,
      ...(bare !== undefined && { barePerPlayer: bare, toBare: own / bare }),
      cpuPerGb: per(usage.cpuSeconds, result.mediaBytes / 1e9)!,
      requestRate: result.requests / usage.seconds,
    },
    problems,
  };
}

/** Until what is run often has been compiled, which costs more than all else at first, and the window is full; milliseconds. */
function settling({ scale }: Stage): number {
  return Math.max(scale.warmup, scale.fill * 0.75) * 1000;
}

/** CPU milliseconds for each second of a player. */
function perPlayer({ cpuSeconds, seconds }: Usage, players: number): number {
  return (cpuSeconds * 1000) / seconds / players;
}

async function playRtmp(stage: Stage, count: number, problems: string[]): Promise<number> {
  const { port } = stage.server;
  const load = loadPlayers(stage, port, count);
  await load.call('start');
  await sleep(settling(stage));
  const usage = await measureWindow(stage);
  const { healthy } = await load.call<PlayResult>('finish');
  await stage.release(load);
  const isWrong = healthy.withMedia < count || healthy.gaps + healthy.reordered + healthy.disconnected > 0;
  if (isWrong) problems.push('RTMP players did not get everything');
  return perPlayer(usage, count);
}

async function playHls(stage: Stage, options: HlsJobOptions): Promise<{ usage: Usage; result: HlsResult }> {
  const load = stage.load(options);
  await load.call('start');
  await sleep(settling(stage));
  const usage = await measureWindow(stage);
  const result = await load.call<HlsResult>('finish');
  await stage.release(load);
  return { usage, result };
}

/** The same clients, and a server of node:http that has parts of the same length. */
async function playBare(
  stage: Stage,
  clients: Omit<HlsJobOptions, 'port'>,
  partMilliseconds: number,
): Promise<number | undefined> {
  if (partMilliseconds === 0) return undefined;
  const partLength = Math.round((BYTE_RATE * partMilliseconds) / 1000);
  const partsPerSegment = SEGMENT / partMilliseconds;
  const values = [partMilliseconds, partLength, partsPerSegment];
  const bare = await BareServer.start('bare-http-main.js', values, stage.pinning?.server);
  try {
    const load = stage.load({ ...clients, port: bare.port });
    await load.call('start');
    await sleep(settling(stage));
    const usage = await measureWindow(stage, stage.scale.seconds, bare.pids);
    await load.call('finish');
    await stage.release(load);
    return perPlayer(usage, clients.count);
  } finally {
    await bare.stop();
  }
}

function problemsOf(result: HlsResult, seconds: number, partMilliseconds: number): string[] {
  const problems = [...result.problems];
  if (result.disconnected > 0) problems.push(`${result.disconnected} clients were closed`);
  if (result.gaps > 0) problems.push(`${result.gaps} parts were not told of in time`);
  if (result.missing > 0) problems.push(`${result.missing} messages are missing in what clients got`);
  const length = partMilliseconds === 0 ? SEGMENT : partMilliseconds;
  // Those at both ends of the window may be in it or not.
  const expected = (Math.floor((seconds * 1000) / length) - 1) * result.count;
  if (result.files < expected * LEAST_DELIVERED) problems.push(`${result.files} of ${expected} files were delivered`);
  return problems;
}
