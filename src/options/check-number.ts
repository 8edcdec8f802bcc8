import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';

/** Longest timer of Node. */
export const MAX_MILLISECONDS = 2 ** 31 - 1;

/** The least and the most that a number may be. Without a most it is a limit, and Infinity is none. */
export type NumberRange = readonly [least: number, most: number];

/** An option that is checked. */
export interface CheckedOption {
  /** Its path, e.g. `session.chunkSize`. */
  readonly path: string;
  readonly preset: number;
  /** Whose option it is; RtmpModule when left out. */
  readonly module?: string | undefined;
}

/**
 * The value, if it is a whole number in the range.
 *
 * @throws {RtmpConfigurationError}
 */
export function checkNumber(
  value: unknown,
  [least, most]: NumberRange,
  { path, preset, module }: CheckedOption,
): number {
  const isWhole = Number.isSafeInteger(value) || (value === Infinity && most === Infinity);
  if (isWhole && (value as number) >= least && (value as number) <= most) return value as number;
  const upTo = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `${least} or more`;
  const noLimit = most === Infinity ? ', Infinity for no limit' : '';
  throw new RtmpConfigurationError(path, value, `write a whole number ${upTo}${noLimit} (default ${preset}).`, module);
}
