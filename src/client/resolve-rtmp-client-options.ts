import { resolveAmfLimits } from '#lib/amf';
import { DEFAULT_CLIENT_SESSION_OPTIONS } from '#lib/rtmp';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { checkNames } from '../options/check-names.js';
import { MAX_MILLISECONDS, type NumberRange } from '../options/check-number.js';
import { resolveValues } from '../options/resolve-values.js';
import type { ResolvedRtmpClientOptions, RtmpClientOptions } from './rtmp-client-options.js';
import { MASK } from './rtmp-url.js';

const CLIENT = 'RtmpClient';

const {
  chunkSize,
  digest,
  idleTimeout: _idle,
  handshakeTimeout: _handshake,
  ...limits
} = DEFAULT_CLIENT_SESSION_OPTIONS;

/** Options with defaults. */
const DEFAULTS = {
  timeouts: { connect: 15_000, command: 10_000, idle: 60_000, close: 2000 },
  flashVer: 'FMLE/3.0 (compatible; nest-rtmp)',
  enhanced: true as boolean,
  maxRedirects: 3,
  maxWaitingBytes: 1024 * 1024,
  maxUnreadBytes: 4 * 1024 * 1024,
  chunkSize,
  digest,
  limits,
};

/** Numbers whose bounds are others than 1 and none. */
const RANGES: Readonly<Record<string, NumberRange>> = {
  'timeouts.connect': [1, MAX_MILLISECONDS],
  'timeouts.command': [1, MAX_MILLISECONDS],
  'timeouts.idle': [1, MAX_MILLISECONDS],
  'timeouts.close': [1, MAX_MILLISECONDS],
  maxRedirects: [0, Infinity],
  chunkSize: [1, 0x7fffffff],
  'limits.maxBadMessages': [0, Infinity],
  'limits.windowAcknowledgementSize': [1, 0xffffffff],
  'limits.amf.maxDepth': [1, 256],
};

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isPem: Check = (value) =>
  typeof value === 'string' ? value.includes('-----BEGIN') : value instanceof Uint8Array && value.length > 0;
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Options without defaults: what they may be, and what to write. */
const OTHERS: Readonly<Record<string, readonly [isGood: Check, fix: string]>> = {
  signal: [(value) => value instanceof AbortSignal, 'write an AbortSignal.'],
  app: [isText, 'write the path up to the name of the stream, e.g. live.'],
  user: [isText, 'write a text.'],
  password: [isText, 'write a text.'],
  tls: [isObject, 'write an object.'],
  properties: [isObject, 'write an object.'],
  args: [Array.isArray, 'write a list.'],
  allowRedirect: [(value) => typeof value === 'function', 'write a function.'],
};

const MATERIAL = 'write what is in the file, PEM, not its path.';
const TLS: typeof OTHERS = {
  ca: [(value) => [value].flat().every(isPem), MATERIAL],
  servername: [isText, 'write the name of a host.'],
  insecure: [(value) => typeof value === 'boolean', 'write true or false (default false).'],
  cert: [isPem, MATERIAL],
  key: [isPem, MATERIAL],
  passphrase: [isText, 'write a text.'],
  minVersion: [(value) => value === 'TLSv1.2' || value === 'TLSv1.3', "write 'TLSv1.2' or 'TLSv1.3'."],
};

const NAMES = [...Object.keys(OTHERS), ...Object.keys(DEFAULTS)];

/**
 * The options with defaults for what is missing.
 *
 * @throws {RtmpConfigurationError} naming the option and the fix, and never a value that may be a secret
 */
export function resolveRtmpClientOptions(options: RtmpClientOptions): ResolvedRtmpClientOptions {
  if (!isObject(options)) throw new RtmpConfigurationError('options', options, 'write an object.', CLIENT);
  checkGiven(options, NAMES, OTHERS, '');
  const { tls = {} } = options;
  checkGiven(tls, Object.keys(TLS), TLS, 'tls.');
  const given = Object.entries(options).filter(([name]) => name in DEFAULTS);
  const values = resolveValues(Object.fromEntries(given), DEFAULTS, { ranges: RANGES, module: CLIENT });
  const amf = resolveAmfLimits(values.limits.amf);
  const { connect: handshakeTimeout, idle: idleTimeout } = values.timeouts;
  const { chunkSize: size, digest: isSigned } = values;
  const session = { ...values.limits, amf, chunkSize: size, digest: isSigned, idleTimeout, handshakeTimeout };
  return { ...options, ...values, tls, session, amf };
}

/** Checks names, and values without defaults. A value may be a password, under the wrong name too: none is shown. */
function checkGiven(options: object, names: readonly string[], checks: typeof OTHERS, path: string): void {
  checkNames(Object.fromEntries(Object.keys(options).map((name) => [name, MASK])), names, path, CLIENT);
  for (const [name, value] of Object.entries(options)) {
    const check = checks[name];
    if (check === undefined || value === undefined || check[0](value)) continue;
    throw new RtmpConfigurationError(path + name, MASK, check[1], CLIENT);
  }
}
