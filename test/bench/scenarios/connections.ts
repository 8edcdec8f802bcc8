import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectResult, IdleResult } from '../load/load-job.js';
import { residentBytes } from '../servers/process-usage.js';
import type { Outcome, Scenario, Stage } from './scenario.js';
import { measure, per } from './window.js';

const CONCURRENCY = 64;

/** Connections that connect and create a stream; what setting one up costs, and what one that does nothing holds. */
export function connections(count: number): Scenario {
  return {
    id: 'connections',
    title: `${count} connections: handshake, connect, createStream, then idle`,
    main: 'cpuPerConnection',
    columns: ['cpuPerConnection', 'connectionRate', 'rssPerConnection', 'rss', 'loadCpu', 'otherCpu'],
    dependsOnProfile: false,
    run: (stage) => run(stage, count),
  };
}

async function run(stage: Stage, count: number): Promise<Outcome> {
  const { port } = await stage.startServer();
  await sleep(stage.scale.warmup * 1000);
  const load = stage.load({ kind: 'connect', port, count, concurrency: CONCURRENCY });
  await load.call('beginWindow'); // it is there now, and its start is not measured
  const before = residentBytes(stage.server.pids);
  let result: ConnectResult | undefined;
  const usage = await measure(stage, async () => (result = await load.call<ConnectResult>('start')));
  const { connected, failed, duration } = result!;
  // What was garbage by then is not counted when the server has had time to collect it.
  await sleep(stage.scale.seconds * 1000);
  const held = residentBytes(stage.server.pids) - before;
  const { dropped } = await load.call<IdleResult>('finish');
  const problems: string[] = [];
  if (failed > 0) problems.push(`${failed} connections failed`);
  if (dropped > 0) problems.push(`${dropped} idle connections were closed`);
  return {
    figures: {
      ...usage.figures,
      cpuPerConnection: per(usage.cpuSeconds * 1000, connected),
      connectionRate: per(connected, duration / 1000),
      rssPerConnection: per(held / 1000, connected),
    },
    problems,
  };
}
