import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { resolveRedirectHosts } from '../relay/redirect-hosts.js';
import { resolvePullRules, resolvePushRules } from '../relay/resolve-relay-rules.js';
import { checkNames } from './check-names.js';
import { resolveListeners } from './resolve-listener-options.js';
import { DEFAULT_RTMP_OPTIONS, type ResolvedRtmpOptions, type RtmpModuleOptions } from './rtmp-options.js';

/** Longest timer of Node. */
const MAX_MILLISECONDS = 2 ** 31 - 1;

/** Options whose values have bounds of their own; all other numbers are 1 or more. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  handlerTimeout: [1, MAX_MILLISECONDS],
  shutdownTimeout: [0, MAX_MILLISECONDS],
  'playback.waitForPublisher': [0, MAX_MILLISECONDS],
  'playback.publisherGrace': [0, MAX_MILLISECONDS],
  'playback.gopCache.maxBytes': [0, Infinity],
  'relay.connectTimeout': [1, MAX_MILLISECONDS],
  'relay.commandTimeout': [1, MAX_MILLISECONDS],
  'relay.firstRetry': [1, MAX_MILLISECONDS],
  'relay.maxRetry': [1, MAX_MILLISECONDS],
  'relay.refusedRetry': [1, MAX_MILLISECONDS],
  'relay.sourceTimeout': [1, MAX_MILLISECONDS],
  'relay.demandTimeout': [0, MAX_MILLISECONDS],
  'session.amf.maxDepth': [1, 256],
  'session.chunkSize': [128, 0xffffff],
  'session.windowAcknowledgementSize': [1, 0xffffffff],
  'session.handshakeTimeout': [1, MAX_MILLISECONDS],
  'session.connectTimeout': [1, MAX_MILLISECONDS],
  'session.idleTimeout': [1, MAX_MILLISECONDS],
  'session.publisherTimeout': [1, MAX_MILLISECONDS],
};

/** Options that are one of a few words. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  takeover: ['reject', 'replace', 'same-identity'],
  'playback.enhanced': ['always', 'announced'],
  'recording.container': ['flv', 'mp4', 'both'],
  'recording.writes': ['auto', 'at-once', 'in-threads'],
  latency: ['realtime', 'balanced', 'throughput'],
};

/** Options that are lists. */
const LISTS: Readonly<Record<string, (value: unknown, path: string) => unknown>> = {
  'relay.push': resolvePushRules,
  'relay.pull': resolvePullRules,
  'relay.redirectHosts': resolveRedirectHosts,
};

/**
 * The options with defaults filled in.
 *
 * @throws {RtmpConfigurationError} naming the option, its value and the fix
 */
export function resolveRtmpOptions(given: RtmpModuleOptions = {}): ResolvedRtmpOptions {
  const { listeners = DEFAULT_RTMP_OPTIONS.listeners, ...values } = given;
  checkPlaces(values);
  const { listeners: _listeners, ...defaults } = DEFAULT_RTMP_OPTIONS;
  return Object.freeze({ ...resolveValues(values, defaults, ''), listeners: resolveListeners(listeners) });
}

/** What forRoot() takes among the options, and forRootAsync() beside the factory: modules are put together before any factory runs. */
const BESIDE_FACTORY: ReadonlySet<string> = new Set(['isGlobal', 'storage', 'slowSubscriberPolicy', 'imports']);

/** @throws {RtmpConfigurationError} */
function checkPlaces(given: object): void {
  for (const [name, value] of Object.entries(given)) {
    if (!BESIDE_FACTORY.has(name)) continue;
    throw new RtmpConfigurationError(name, value, 'write it beside useFactory, not into what the factory returns.');
  }
}

/** Checks a tree of values against the tree of their defaults. */
function resolveValues<T extends object>(given: unknown, defaults: T, path: string): T {
  const name = path === '' ? 'options' : path.slice(0, -1);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new RtmpConfigurationError(name, given, 'write an object.');
  }
  checkNames(given, [...Object.keys(defaults), ...(path === '' ? ['listeners'] : [])], path);
  const resolved: Record<string, unknown> = {};
  for (const [key, preset] of Object.entries(defaults)) {
    const value = (given as Record<string, unknown>)[key];
    if (value === undefined) resolved[key] = preset as unknown;
    else resolved[key] = resolveValue(value, preset, path + key);
  }
  return Object.freeze(resolved) as T;
}

function resolveValue(value: unknown, preset: unknown, path: string): unknown {
  switch (typeof preset) {
    case 'number':
      return checkNumber(value, path, preset);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw new RtmpConfigurationError(path, value, `write true or false (default ${preset}).`);
    case 'string':
      return checkText(value, path, preset);
    default:
      return LISTS[path]?.(value, path) ?? resolveValues(value, preset as object, `${path}.`);
  }
}

function checkText(value: unknown, path: string, preset: string): string {
  const choices = CHOICES[path];
  const isGood = typeof value === 'string' && value !== '' && (choices?.includes(value) ?? true);
  if (isGood) return value;
  const what = choices === undefined ? 'a text that is not empty' : choices.map(quote).join(' or ');
  throw new RtmpConfigurationError(path, value, `write ${what} (default ${quote(preset)}).`);
}

function checkNumber(value: unknown, path: string, preset: number): number {
  const [least, most] = RANGES[path] ?? [1, Infinity];
  // A limit may be Infinity, which is no integer.
  const isWhole = Number.isSafeInteger(value) || (value === Infinity && most === Infinity);
  if (isWhole && (value as number) >= least && (value as number) <= most) return value as number;
  const upTo = most === Infinity ? `${least} or more, Infinity for no limit` : `from ${least} to ${most}`;
  throw new RtmpConfigurationError(path, value, `write a whole number ${upTo} (default ${preset}).`);
}

function quote(text: string): string {
  return `'${text}'`;
}
