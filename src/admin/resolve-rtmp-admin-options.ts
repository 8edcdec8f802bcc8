import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { isNetwork } from '../http/http-peers.js';
import { checkNames } from '../options/check-names.js';
import { checkNumber, type NumberRange } from '../options/check-number.js';
import {
  DEFAULT_RTMP_ADMIN_OPTIONS,
  type ResolvedRtmpAdminOptions,
  type RtmpAdminOptions,
} from './rtmp-admin-options.js';

const MODULE = 'RtmpAdminModule';
const NAMES = Object.keys(DEFAULT_RTMP_ADMIN_OPTIONS);
const RANGES = {
  sessionLifetime: [1000, Number.MAX_SAFE_INTEGER],
  maxEventClients: [1, Number.MAX_SAFE_INTEGER],
  maxAttempts: [1, Number.MAX_SAFE_INTEGER],
} as const satisfies Partial<Record<keyof RtmpAdminOptions, NumberRange>>;
/** Shorter tokens are guessed. */
const MIN_TOKEN_LENGTH = 8;

/**
 * The options with defaults filled in.
 *
 * @throws {RtmpConfigurationError} naming the option, its value and the fix
 */
export function resolveRtmpAdminOptions(given: Partial<RtmpAdminOptions> = {}): ResolvedRtmpAdminOptions {
  checkNames(given, NAMES, '', MODULE);
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options: RtmpAdminOptions = { ...DEFAULT_RTMP_ADMIN_OPTIONS, ...defined };
  checkToken(options.token);
  for (const name of Object.keys(RANGES) as Array<keyof typeof RANGES>) {
    checkNumber(options[name], RANGES[name], { path: name, preset: DEFAULT_RTMP_ADMIN_OPTIONS[name], module: MODULE });
  }
  checkProxies(options.trustedProxies);
  checkKeys(options, 'publishKeys');
  checkKeys(options, 'playKeys');
  return Object.freeze(options);
}

function checkToken(token: unknown): void {
  if (token === undefined) return;
  if (typeof token === 'string' && token.length >= MIN_TOKEN_LENGTH && /^[\x21-\x7e]+$/u.test(token)) return;
  const shown = typeof token === 'string' ? `${token.length} characters` : token;
  const fix = `write ${MIN_TOKEN_LENGTH} or more ASCII characters without blanks.`;
  throw new RtmpConfigurationError('token', shown, fix, MODULE);
}

function checkProxies(proxies: unknown): void {
  const fix = "write a list of addresses or networks, '10.0.0.0/8'.";
  if (!Array.isArray(proxies)) throw new RtmpConfigurationError('trustedProxies', proxies, fix, MODULE);
  for (const [index, one] of (proxies as unknown[]).entries()) {
    if (typeof one === 'string' && isNetwork(one)) continue;
    throw new RtmpConfigurationError(`trustedProxies[${index}]`, one, fix, MODULE);
  }
}

function checkKeys(options: RtmpAdminOptions, name: 'publishKeys' | 'playKeys'): void {
  const keys: unknown = options[name];
  const isGood = Array.isArray(keys) && keys.every((one: { key?: unknown }) => typeof one?.key === 'string');
  // The value is not shown: it is secret.
  if (!isGood) throw new RtmpConfigurationError(name, 'what it is', 'write a list of { name, key }.', MODULE);
}
