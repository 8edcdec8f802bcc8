import { parseArgs } from 'node:util';
import type { LatencyProfile } from '#lib/live';
import { FULL_PLAN, type Plan, QUICK_PLAN } from './scenarios/plan.js';
import type { Pinning } from './scenarios/scenario.js';
import { NestRtmp } from './servers/nest-rtmp.js';
import { NginxRtmp } from './servers/nginx-rtmp.js';
import { NodeMediaServer } from './servers/node-media-server.js';
import type { ServerKind } from './servers/server-kind.js';

/** What --help prints. */
export const USAGE = `npm run bench -- [options]

  --quick            a little of everything in half a minute: whether it works, no figures to rely on
  --micro            only the parts, without servers
  --server           only whole servers, without the parts
  --only ID,ID       only these scenarios: ${FULL_PLAN.scenarios.map(({ id }) => id).join(', ')}
  --alone            this server only, without nginx-rtmp and Node-Media-Server where they are installed
  --profiles         this server in its other latency profiles too, where they make the most difference
  --repeat N         runs of each scenario with each server; medians are compared (3)
  --seconds N        length of a window (6)
  --pin              server on CPU 0, load on CPU 1 (taskset)
  --quiet PERCENT    repeat a run, twice at most, beside which other programs used more of a CPU than this
  --json FILE        writes everything that was measured
  --chart            writes docs/performance.svg, and the tables into docs/performance.md
`;

/** What to do. */
export interface BenchOptions {
  readonly isQuick: boolean;
  readonly hasMicro: boolean;
  readonly plan: Plan;
  readonly servers: readonly ServerKind[];
  readonly pinning: Pinning | undefined;
  /** Percent of one CPU. */
  readonly quiet: number | undefined;
  readonly json: string | undefined;
  readonly hasChart: boolean;
}

/** Wrong use of the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws {UsageError} naming what is wrong; undefined when help is asked for */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  if (values.micro && values.server) throw new UsageError('--micro and --server leave nothing to do together');
  if (values.quick && values.chart)
    throw new UsageError('--quick has no figures to rely on, so it does not go with --chart');
  const base = values.quick ? QUICK_PLAN : FULL_PLAN;
  const isAlone = values.alone || values.quick;
  return {
    isQuick: values.quick ?? false,
    hasMicro: !values.server && values.only === undefined,
    plan: {
      scenarios: values.micro ? [] : choose(base, values.only),
      scale: { ...base.scale, seconds: number('--seconds', values.seconds, 1, 600) ?? base.scale.seconds },
      repeat: number('--repeat', values.repeat, 1, 50) ?? base.repeat,
    },
    servers: [
      new NestRtmp(),
      ...(values.profiles ? PROFILES.map((profile) => new NestRtmp(profile)) : []),
      ...(isAlone ? [] : [NginxRtmp.find(), NodeMediaServer.find()].filter((server) => server !== undefined)),
    ],
    pinning: values.pin ? { server: 0, load: 1 } : undefined,
    quiet: number('--quiet', values.quiet, 1, 10_000),
    json: values.json,
    hasChart: values.chart ?? false,
  };
}

const PROFILES: readonly LatencyProfile[] = ['realtime', 'throughput'];

function parse(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: flag,
        quick: flag,
        micro: flag,
        server: flag,
        only: text,
        alone: flag,
        profiles: flag,
        repeat: text,
        seconds: text,
        pin: flag,
        quiet: text,
        json: text,
        chart: flag,
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function choose({ scenarios }: Plan, only: string | undefined): Plan['scenarios'] {
  if (only === undefined) return scenarios;
  const ids = only.split(',');
  const unknown = ids.filter((id) => !scenarios.some((scenario) => scenario.id === id));
  if (unknown.length > 0) {
    const known = scenarios.map(({ id }) => id).join(', ');
    throw new UsageError(`--only ${unknown.join(',')}: there are ${known}`);
  }
  return scenarios.filter(({ id }) => ids.includes(id));
}

function number(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value >= least && value <= most))
    throw new UsageError(`${name} ${text}: write a number from ${least} to ${most}`);
  return value;
}
