import { DEFAULT_RTMPT_LIMITS, type RtmptLimits } from '#lib/rtmpt';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { checkNames } from '../options/check-names.js';
import { checkNumber } from '../options/check-number.js';
import { isNetwork } from './http-peers.js';
import type { ResolvedRtmpHttpOptions, RtmpHttpOptions } from './rtmp-http-options.js';

const MODULE = 'RtmpHttpModule';
const NAMES = ['cors', 'publish', 'publishOrigins', 'trustedProxies', 'rtmpt'];
/** An origin as browsers send it: no path. */
const ORIGIN = /^(?:\*|null|[a-z][a-z\d+.-]*:\/\/[^\s/]+)$/iu;
const LIMIT_NAMES = Object.keys(DEFAULT_RTMPT_LIMITS) as Array<keyof RtmptLimits>;

/**
 * The options with defaults filled in.
 *
 * @throws {RtmpConfigurationError} naming the option, its value and the fix
 */
export function resolveRtmpHttpOptions(given: Partial<RtmpHttpOptions> = {}): ResolvedRtmpHttpOptions {
  checkNames(given, NAMES, '', MODULE);
  const { cors = '*', publish = true, publishOrigins = [], trustedProxies = [], rtmpt = {} } = given;
  const isGood = cors === false || (typeof cors === 'string' && /^[\x21-\x7e]+$/u.test(cors));
  if (!isGood) throw new RtmpConfigurationError('cors', cors, "write an origin, '*' or false (default '*').", MODULE);
  if (typeof publish !== 'boolean') {
    throw new RtmpConfigurationError('publish', publish, 'write true or false (default true).', MODULE);
  }
  const isOrigin = (text: string): boolean => ORIGIN.test(text);
  checkList('publishOrigins', publishOrigins, isOrigin, "write a list of origins, 'https://studio.example', or '*'.");
  checkList('trustedProxies', trustedProxies, isNetwork, "write a list of addresses or networks, '10.0.0.0/8'.");
  return Object.freeze({
    cors,
    publish,
    publishOrigins,
    trustedProxies,
    rtmpt: rtmpt === false ? false : resolveLimits(rtmpt),
  });
}

function checkList(name: string, list: unknown, isGood: (text: string) => boolean, fix: string): void {
  if (!Array.isArray(list)) throw new RtmpConfigurationError(name, list, fix, MODULE);
  for (const [index, text] of (list as unknown[]).entries()) {
    if (typeof text === 'string' && isGood(text)) continue;
    throw new RtmpConfigurationError(`${name}[${index}]`, text, fix, MODULE);
  }
}

function resolveLimits(given: Partial<RtmptLimits>): Readonly<RtmptLimits> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new RtmpConfigurationError('rtmpt', given, 'write an object of limits, or false.', MODULE);
  }
  checkNames(given, LIMIT_NAMES, 'rtmpt.', MODULE);
  const limits: RtmptLimits = { ...DEFAULT_RTMPT_LIMITS };
  for (const name of LIMIT_NAMES) {
    const value = given[name];
    if (value === undefined) continue;
    const range = [name === 'pollHold' ? 0 : 1, Infinity] as const;
    limits[name] = checkNumber(value, range, { path: `rtmpt.${name}`, preset: limits[name], module: MODULE });
  }
  return Object.freeze(limits);
}
