import { setTimeout as sleep } from 'node:timers/promises';
import type { Results, Run } from './report/results.js';
import { formatNumber } from './report/statistics.js';
import type { FigureName, Figures } from './scenarios/figures.js';
import type { Plan } from './scenarios/plan.js';
import { type Pinning, type Scenario, Stage } from './scenarios/scenario.js';
import { NestRtmp } from './servers/nest-rtmp.js';
import { machineCpu } from './servers/process-usage.js';
import type { ServerKind } from './servers/server-kind.js';

/** How often a run beside too much other work is repeated. */
const MAX_REPEATS = 2;
/** How long to wait for a quiet moment, in milliseconds. */
const MAX_WAIT = 20_000;

/** A load that needs more of its CPU than this may have been what was measured, in percent. */
const MAX_LOAD_CPU = 90;

/** How to run. */
export interface RunOptions {
  readonly pinning: Pinning | undefined;
  /** A run beside other programs that use more than this is repeated, in percent of one CPU. */
  readonly quiet: number | undefined;
}

/** Hears of every run: what it came to, in a line, and all runs so far. */
export type Progress = (line: string, runs: readonly Run[]) => void;

/**
 * Runs each scenario with each server in turn, A B then B A, so that what changes on the machine meanwhile changes for all.
 */
export async function runScenarios(
  { scenarios, scale, repeat }: Plan,
  servers: readonly ServerKind[],
  { pinning, quiet }: RunOptions,
  progress: Progress,
): Promise<Results['runs']> {
  const runs: Run[] = [];
  for (const scenario of scenarios) {
    const taking = servers.filter((server) => takesPart(server, scenario));
    for (let round = 0; round < repeat; round++) {
      for (const server of round % 2 === 0 ? taking : taking.toReversed()) {
        const attempt = () => runOnce(scenario, new Stage(server, scale, pinning), round);
        const run = await runQuietly(attempt, quiet);
        runs.push(run);
        progress(describeRun(scenario, run), runs);
      }
    }
  }
  return runs;
}

/** Other profiles of our own server are only interesting where they differ. */
function takesPart(server: ServerKind, scenario: Scenario): boolean {
  if (scenario.needsHls === true && !server.hasHls) return false;
  if (scenario.needsBatches === true && server.batchInterval === undefined) return false;
  return scenario.dependsOnProfile || !(server instanceof NestRtmp) || server.profile === 'balanced';
}

/** Of runs that are all disturbed the least disturbed one counts, whatever it came to. */
async function runQuietly(attempt: () => Promise<Run>, quiet: number | undefined): Promise<Run> {
  if (quiet === undefined) return attempt();
  const othersOf = ({ figures }: Run): number => figures.otherCpu ?? 0;
  await waitUntilQuiet(quiet);
  let best = await attempt();
  for (let again = 0; again < MAX_REPEATS && othersOf(best) > quiet; again++) {
    await waitUntilQuiet(quiet);
    const run = await attempt();
    if (othersOf(run) < othersOf(best)) best = run;
  }
  return best;
}

async function waitUntilQuiet(quiet: number): Promise<void> {
  for (let waited = 0; waited < MAX_WAIT; waited += 500) {
    const before = machineCpu().busy;
    await sleep(500);
    if ((machineCpu().busy - before) * 200 < quiet) return;
  }
}

/** A run that fails is a result, not the end of the benchmark. */
async function runOnce(scenario: Scenario, stage: Stage, round: number): Promise<Run> {
  const about = { scenario: scenario.id, server: stage.kind.name, round };
  try {
    const { figures, problems } = await scenario.run(stage);
    const late = stage.server.problem === undefined ? [] : [stage.server.problem];
    return { ...about, figures, problems: [...problems, ...late, ...loadProblems(figures)] };
  } catch (error) {
    return { ...about, figures: {}, problems: [(error as Error).message] };
  } finally {
    await stage.close();
  }
}

function loadProblems({ loadCpu = 0 }: Figures): string[] {
  if (loadCpu <= MAX_LOAD_CPU) return [];
  return [`the load generator used ${loadCpu.toFixed(0)} % of a CPU: it may be what was measured`];
}

function describeRun({ id, main, columns }: Scenario, { server, round, figures, problems }: Run): string {
  const names: FigureName[] = [main, ...columns.filter((column) => column !== main)];
  const values = names.flatMap((name) => (figures[name] === undefined ? [] : `${name}=${formatNumber(figures[name])}`));
  const verdict = problems.length === 0 ? 'ok' : problems.slice(0, 3).join('; ');
  return `${id} ${server} #${round + 1}: ${values.join(' ')} ${verdict}`;
}
