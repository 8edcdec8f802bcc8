import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { isNetwork } from '../http/http-peers.js';
import { checkNames } from '../options/check-names.js';
import { checkNumber, MAX_MILLISECONDS, type NumberRange } from '../options/check-number.js';
import { DEFAULT_RTMP_HLS_OPTIONS, type ResolvedRtmpHlsOptions, type RtmpHlsOptions } from './rtmp-hls-options.js';

const MODULE = 'RtmpHlsModule';
const NAMES = Object.keys(DEFAULT_RTMP_HLS_OPTIONS) as Array<keyof RtmpHlsOptions>;

const NUMBERS: Readonly<Partial<Record<keyof RtmpHlsOptions, NumberRange>>> = {
  segmentDuration: [500, 60_000],
  maxSegmentDuration: [1000, 60_000],
  partDuration: [0, 10_000],
  window: [0, 86_400_000],
  maxBytes: [1024 * 1024, Infinity],
  idleTimeout: [1000, MAX_MILLISECONDS],
  startTimeout: [0, MAX_MILLISECONDS],
  viewerTimeout: [1000, MAX_MILLISECONDS],
  publisherGrace: [0, MAX_MILLISECONDS],
  endedTimeout: [0, MAX_MILLISECONDS],
  maxTotalBytes: [1024 * 1024, Infinity],
  recordMaxDuration: [1000, Infinity],
  vodTimeout: [1000, 30 * 86_400_000],
  maxViewers: [1, Infinity],
  maxWaiting: [0, Infinity],
};

const CHOICES: Readonly<Partial<Record<keyof RtmpHlsOptions, ReadonlyArray<string | boolean>>>> = {
  start: ['demand', 'always'],
  playlist: ['live', 'event'],
  container: ['fmp4', 'ts'],
  sessions: [true, false],
  record: [true, false],
  storage: ['all', 'recordings'],
};

/**
 * The options with defaults filled in.
 *
 * @throws {RtmpConfigurationError} naming the option, its value and the fix
 */
export function resolveRtmpHlsOptions(given: Partial<RtmpHlsOptions> = {}): ResolvedRtmpHlsOptions {
  checkNames(given, NAMES, '', MODULE);
  const entries = NAMES.map((name) => [name, check(name, given[name] ?? DEFAULT_RTMP_HLS_OPTIONS[name])]);
  return Object.freeze(Object.fromEntries(entries) as unknown as RtmpHlsOptions);
}

function check(name: keyof RtmpHlsOptions, value: unknown): unknown {
  const preset = DEFAULT_RTMP_HLS_OPTIONS[name];
  const range = NUMBERS[name];
  if (range !== undefined) return checkNumber(value, range, { path: name, preset: preset as number, module: MODULE });
  if (name === 'trustedProxies') {
    if (Array.isArray(value) && value.every((one) => typeof one === 'string' && isNetwork(one))) return value;
    fail(name, value, "write a list of addresses or networks, '10.0.0.0/8'.");
  }
  const choices = CHOICES[name];
  if (choices !== undefined) {
    if (choices.includes(value as string)) return value;
    fail(
      name,
      value,
      `write ${choices.map((choice) => JSON.stringify(choice)).join(' or ')} (default ${String(preset)}).`,
    );
  }
  if (value === false || (typeof value === 'string' && /^[\x21-\x7e]+$/u.test(value))) return value;
  return fail(name, value, "write an origin, '*' or false (default '*').");
}

function fail(name: string, value: unknown, fix: string): never {
  throw new RtmpConfigurationError(name, value, fix, MODULE);
}
