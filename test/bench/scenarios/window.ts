import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, machineCpu, residentBytes } from '../servers/process-usage.js';
import type { Figures } from './figures.js';
import type { Stage } from './scenario.js';

const SAMPLE_INTERVAL = 250;

/** What a server used while something happened. */
export interface Usage {
  /** CPU seconds of the server. */
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly figures: Figures;
}

interface Snapshot {
  readonly at: number;
  readonly server: number;
  readonly load: number;
  readonly driver: number;
  readonly machine: number;
}

/**
 * Measures what server and load use while `work` runs.
 *
 * @param pids processes of another server than that of the stage
 */
export async function measure(
  stage: Stage,
  work: () => Promise<unknown>,
  pids: readonly number[] = stage.server.pids,
): Promise<Usage> {
  const memory: number[] = [residentBytes(pids)];
  const sampling = setInterval(() => memory.push(residentBytes(pids)), SAMPLE_INTERVAL);
  const before = snapshot(stage, pids);
  try {
    await work();
  } finally {
    clearInterval(sampling);
  }
  const after = snapshot(stage, pids);
  memory.push(residentBytes(pids));
  const seconds = (after.at - before.at) / 1000;
  const used = (of: keyof Snapshot): number => after[of] - before[of];
  const others = used('machine') - used('server') - used('load') - used('driver');
  return {
    cpuSeconds: used('server'),
    seconds,
    figures: {
      cpu: (used('server') / seconds) * 100,
      loadCpu: (used('load') / seconds) * 100,
      otherCpu: Math.max(0, (others / seconds) * 100),
      rss: Math.max(...memory) / 1e6,
      rssGrowth: (memory.at(-1)! - memory[0]!) / 1e6,
    },
  };
}

/** Opens the window of all loads, closes it when its time is over, and measures what happened in between. */
export async function measureWindow(
  stage: Stage,
  seconds = stage.scale.seconds,
  pids: readonly number[] = stage.server.pids,
): Promise<Usage> {
  await Promise.all(stage.loads.map((load) => load.call('beginWindow')));
  const usage = await measure(stage, () => sleep(seconds * 1000), pids);
  await Promise.all(stage.loads.map((load) => load.call('endWindow')));
  return usage;
}

/** Divides, but for nothing at all. */
export function per(amount: number, count: number): number | undefined {
  return count > 0 ? amount / count : undefined;
}

function snapshot({ loads }: Stage, pids: readonly number[]): Snapshot {
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now(),
    server: cpuSeconds(pids),
    load: cpuSeconds(loads.map(({ pid }) => pid)),
    driver: (user + system) / 1e6,
    machine: machineCpu().busy,
  };
}
