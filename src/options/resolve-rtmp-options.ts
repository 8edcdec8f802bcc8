import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { resolveRedirectHosts } from '../relay/redirect-hosts.js';
import { resolvePullRules, resolvePushRules } from '../relay/resolve-relay-rules.js';
import { MAX_MILLISECONDS, type NumberRange } from './check-number.js';
import { resolveListeners } from './resolve-listener-options.js';
import { resolveValues, type ValueRules } from './resolve-values.js';
import { DEFAULT_RTMP_OPTIONS, type ResolvedRtmpOptions, type RtmpModuleOptions } from './rtmp-options.js';

/** Options whose values have bounds of their own; all other numbers are 1 or more. */
const RANGES: Readonly<Record<string, NumberRange>> = {
  handlerTimeout: [1, MAX_MILLISECONDS],
  shutdownTimeout: [0, MAX_MILLISECONDS],
  'recording.flushInterval': [1, MAX_MILLISECONDS],
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

const RULES: ValueRules = { ranges: RANGES, choices: CHOICES, lists: LISTS };

/**
 * The options with defaults filled in.
 *
 * @throws {RtmpConfigurationError} naming the option, its value and the fix
 */
export function resolveRtmpOptions(given: RtmpModuleOptions = {}): ResolvedRtmpOptions {
  const { listeners = DEFAULT_RTMP_OPTIONS.listeners, ...values } = given;
  checkPlaces(values);
  const { listeners: _listeners, ...defaults } = DEFAULT_RTMP_OPTIONS;
  const resolved = resolveValues(values, defaults, RULES, '', ['listeners']);
  return Object.freeze({ ...resolved, listeners: resolveListeners(listeners) });
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
