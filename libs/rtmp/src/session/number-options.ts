import { RtmpUsageError } from '../errors.js';

/** The least and the most that each option can be. */
export type NumberRanges<Name extends string> = Readonly<Record<Name, readonly [number, number]>>;

/**
 * Puts those of `options` that are not undefined into `resolved`.
 *
 * @throws {RtmpUsageError} for a number outside its range
 */
export function assignNumberOptions<Name extends string>(
  resolved: Record<Name, number>,
  options: Readonly<Partial<Record<Name, number | undefined>>>,
  ranges: NumberRanges<Name>,
): void {
  for (const name of Object.keys(ranges) as Name[]) {
    const value = options[name];
    if (value === undefined) continue;
    const [least, most] = ranges[name];
    if (!(value >= least && value <= most)) {
      throw new RtmpUsageError(`options.${name} is ${value}, must be a number from ${least} to ${most}`);
    }
    resolved[name] = value;
  }
}
