import { setTimeout as sleep } from 'node:timers/promises';
import type { PlayResult } from '../load/load-job.js';
import { BareServer } from '../servers/bare-server.js';
import { FAN_OUT_MEDIA } from './play-scenarios.js';
import { loadPlayers, playStream } from './playing.js';
import type { Outcome, Scenario, Stage } from './scenario.js';
import { measureWindow, per } from './window.js';

/** One stream of 4 Mbit/s to so many players, and beside it what `socket.write()` of the same batches costs by itself. */
export function fanOutFloor(players: number): Scenario {
  return {
    id: `fanout-${players}-floor`,
    title: `Fan-out to ${players} players, beside bare sockets`,
    main: 'cpuPerGb',
    columns: ['cpuPerGb', 'floorPerGb', 'toFloor', 'p50', 'p99', 'loadCpu', 'otherCpu'],
    dependsOnProfile: true,
    needsBatches: true,
    run: (stage) => run(stage, players),
  };
}

async function run(stage: Stage, players: number): Promise<Outcome> {
  const { usage, play, problems } = await playStream(stage, { media: FAN_OUT_MEDIA, players });
  const { windowBytes, latency } = play.healthy;
  const cpuPerGb = per(usage.cpuSeconds, windowBytes / 1e9);
  for (const load of stage.loads) await stage.release(load);
  const floorPerGb = await playBare(stage, players, problems);
  const toFloor = cpuPerGb !== undefined && floorPerGb !== undefined ? cpuPerGb / floorPerGb : undefined;
  return { figures: { ...usage.figures, ...latency, cpuPerGb, floorPerGb, toFloor }, problems };
}

/** The same players of a server that makes batches as often as the other sends them. */
async function playBare(stage: Stage, players: number, problems: string[]): Promise<number | undefined> {
  const { videoKbps, fps } = FAN_OUT_MEDIA;
  const step = stage.kind.batchInterval!(fps);
  const bare = await BareServer.start('bare-sockets-main.js', [step, videoKbps, fps], stage.pinning?.server);
  try {
    const load = loadPlayers(stage, bare.port, players);
    await load.call('start');
    // As long as the other had before its window.
    await sleep(2 * stage.scale.warmup * 1000);
    const usage = await measureWindow(stage, stage.scale.seconds, bare.pids);
    const { healthy } = await load.call<PlayResult>('finish');
    await stage.release(load);
    if (healthy.gaps + healthy.disconnected > 0) problems.push('players of bare sockets did not get everything');
    return per(usage.cpuSeconds, healthy.windowBytes / 1e9);
  } finally {
    await bare.stop();
  }
}
