import { parseArgs } from 'node:util';
import { UsageError } from '../options.js';

const KINDS = ['http-flv', 'ws-flv', 'll-hls', 'hls'];

/** What --help prints. */
export const USAGE = `npm run bench:glass -- [options]

  --kinds KIND,KIND  ways to watch (${KINDS.join(',')})
  --joins N          times each is opened anew (5)
  --seconds N        how long each is watched the last time (30)
  --gop SECONDS      from key frame to key frame (2)
`;

/** What to do. */
export interface GlassOptions {
  readonly kinds: readonly string[];
  readonly joins: number;
  readonly seconds: number;
  readonly gop: number;
}

/** @throws {UsageError} naming what is wrong; undefined when help is asked for */
export function readGlassOptions(args: readonly string[]): GlassOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  const kinds = values.kinds?.split(',') ?? KINDS;
  const unknown = kinds.filter((kind) => !KINDS.includes(kind));
  if (unknown.length > 0) throw new UsageError(`--kinds ${unknown.join(',')}: there are ${KINDS.join(', ')}`);
  return {
    kinds,
    joins: number('--joins', values.joins ?? '5', 1, 1000),
    seconds: number('--seconds', values.seconds ?? '30', 15, 86_400),
    gop: number('--gop', values.gop ?? '2', 0.1, 60),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { help: { type: 'boolean' }, kinds: text, joins: text, seconds: text, gop: text },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (value >= least && value <= most) return value;
  throw new UsageError(`${name} ${text}: write a number from ${least} to ${most}`);
}
