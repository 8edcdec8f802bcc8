import { InvalidArgumentError } from 'commander';

/** Longest time taken, in seconds: 2^31 milliseconds, where the time of FLV ends. */
const MAX_SECONDS = 2_147_483;

/** A time in milliseconds from `90`, `1.5`, `1:30` or `1:02:03.5`. */
export function parseTime(text: string): number {
  const match = /^(?:(?:(\d+):)?([0-5]?\d):(?=[0-5]?\d(?:\.|$)))?(\d+(?:\.\d+)?)$/u.exec(text);
  const [, hours = '0', minutes = '0', seconds] = match ?? [];
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? NaN);
  if (!(total <= MAX_SECONDS)) throw new InvalidArgumentError('Write seconds, or [hours:]minutes:seconds.');
  return Math.round(total * 1000);
}

/** A time that is not nothing. */
export function parsePositiveTime(text: string): number {
  const time = parseTime(text);
  if (time === 0) throw new InvalidArgumentError('It must be more than 0.');
  return time;
}

/** How often, from 1 on. */
export function parseTimes(text: string): number {
  if (!/^[1-9]\d{0,8}$/u.test(text)) throw new InvalidArgumentError('Write how often, 1 or more.');
  return Number(text);
}
