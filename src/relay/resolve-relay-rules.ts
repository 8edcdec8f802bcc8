import { resolveRtmpClientOptions } from '../client/resolve-rtmp-client-options.js';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { checkNames } from '../options/check-names.js';
import { RelayAddress } from './relay-address.js';
import type { RtmpPullRule, RtmpPushRule, RtmpRelayClientOptions } from './relay-options.js';

const TARGET_KEYS = ['app', 'name', 'url', 'client'];
const CLIENT_KEYS = ['tls', 'user', 'password', 'flashVer', 'enhanced', 'properties', 'digest'];

/**
 * Checks the pushes of the options.
 *
 * @throws {RtmpConfigurationError}
 */
export function resolvePushRules(given: unknown, path: string): readonly RtmpPushRule[] {
  return Object.freeze(listOf(given, path).map((rule, index) => resolvePushRule(rule, `${path}[${index}]`)));
}

/**
 * Checks the pulls of the options.
 *
 * @throws {RtmpConfigurationError}
 */
export function resolvePullRules(given: unknown, path: string): readonly RtmpPullRule[] {
  return Object.freeze(listOf(given, path).map((rule, index) => resolvePullRule(rule, `${path}[${index}]`)));
}

/** Checks one. @throws {RtmpConfigurationError} */
export function resolvePushRule(given: unknown, path: string): RtmpPushRule {
  const rule = checkRule(given, path, TARGET_KEYS) as RtmpPushRule;
  const address = checkUrl(rule.url, `${path}.url`);
  if (address.isHttp) throw wrongUrl(path, 'write rtmp, rtmps, rtmpt or rtmpts: HTTP can be pulled only.');
  return Object.freeze({ ...rule });
}

/** Checks one. @throws {RtmpConfigurationError} */
export function resolvePullRule(given: unknown, path: string): RtmpPullRule {
  const rule = checkRule(given, path, [...TARGET_KEYS, 'onDemand']);
  const isPerStream = typeof rule.url === 'function' || checkUrl(rule.url, `${path}.url`).isPerStream;
  const { app, name, onDemand } = rule;
  if (app === undefined) throw new RtmpConfigurationError(`${path}.app`, app, 'write the app the streams appear in.');
  if (onDemand !== undefined && typeof onDemand !== 'boolean') {
    throw new RtmpConfigurationError(`${path}.onDemand`, onDemand, 'write true or false.');
  }
  if (name === undefined && onDemand === false) {
    throw new RtmpConfigurationError(`${path}.onDemand`, onDemand, 'write the name of the stream, or leave it out.');
  }
  if (name === undefined && !isPerStream) throw wrongUrl(path, 'write ${name} into it, or the name of the stream.');
  return Object.freeze({ ...rule });
}

function listOf(given: unknown, path: string): unknown[] {
  if (Array.isArray(given)) return given;
  throw new RtmpConfigurationError(path, given, 'write a list.');
}

function checkRule(given: unknown, path: string, keys: readonly string[]): RtmpPullRule {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new RtmpConfigurationError(path, given, 'write { app, url }.');
  }
  checkNames(given, keys, `${path}.`);
  const { app, name, client } = given as RtmpPullRule;
  if (app !== undefined && !isPart(app)) throw new RtmpConfigurationError(`${path}.app`, app, 'write one word.');
  if (name !== undefined && !isName(name)) throw new RtmpConfigurationError(`${path}.name`, name, 'write a name.');
  if (client !== undefined) {
    if (typeof client !== 'object' || client === null) {
      throw new RtmpConfigurationError(`${path}.client`, client, 'write an object.');
    }
    // Without its value: it may be a password whose option is misspelt.
    const unknown = Object.keys(client).find((key) => !CLIENT_KEYS.includes(key));
    const fix = `there is no such option; there are ${CLIENT_KEYS.join(', ')}.`;
    if (unknown !== undefined) throw new RtmpConfigurationError(`${path}.client.${unknown}`, '…', fix);
    checkClient(client, `${path}.client`);
  }
  return given as RtmpPullRule;
}

function checkClient(client: RtmpRelayClientOptions, path: string): void {
  try {
    resolveRtmpClientOptions(client);
  } catch (error) {
    if (!(error instanceof RtmpConfigurationError)) throw error;
    throw new RtmpConfigurationError(`${path}.${error.option}`, error.value, error.fix);
  }
}

function isPart(value: unknown): boolean {
  return typeof value === 'string' && /^[^/?\s]+$/u.test(value);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[^/?]+(?:\/[^/?]+)*$/u.test(value);
}

function checkUrl(url: unknown, path: string): RelayAddress {
  try {
    return new RelayAddress(url as string);
  } catch (error) {
    const fix = error instanceof Error ? error.message : String(error);
    throw new RtmpConfigurationError(path, typeof url === 'string' ? '…' : typeof url, fix);
  }
}

function wrongUrl(path: string, fix: string): RtmpConfigurationError {
  return new RtmpConfigurationError(`${path}.url`, '…', fix);
}
