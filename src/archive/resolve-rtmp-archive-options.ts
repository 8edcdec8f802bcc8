import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { checkNames } from '../options/check-names.js';
import { checkNumber, type NumberRange } from '../options/check-number.js';
import {
  DEFAULT_RTMP_ARCHIVE_OPTIONS,
  type ResolvedRtmpArchiveOptions,
  type RtmpArchiveOptions,
} from './rtmp-archive-options.js';

const MODULE = 'RtmpArchiveModule';
const NAMES = Object.keys(DEFAULT_RTMP_ARCHIVE_OPTIONS);
const RANGES = {
  maxListed: [1, 100_000],
  thumbnailWidth: [16, 8192],
  thumbnailMaxAge: [0, 3_600_000],
  thumbnailTimeout: [100, 60_000],
  maxThumbnails: [1, 64],
} as const satisfies Partial<Record<keyof RtmpArchiveOptions, NumberRange>>;

/**
 * The options with defaults filled in.
 *
 * @throws {RtmpConfigurationError} naming the option, its value and the fix
 */
export function resolveRtmpArchiveOptions(given: Partial<RtmpArchiveOptions> = {}): ResolvedRtmpArchiveOptions {
  checkNames(given, NAMES, '', MODULE);
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options: RtmpArchiveOptions = { ...DEFAULT_RTMP_ARCHIVE_OPTIONS, ...defined };
  for (const name of Object.keys(RANGES) as Array<keyof typeof RANGES>) {
    checkNumber(options[name], RANGES[name], {
      path: name,
      preset: DEFAULT_RTMP_ARCHIVE_OPTIONS[name],
      module: MODULE,
    });
  }
  if (options.ffmpeg !== false && (typeof options.ffmpeg !== 'string' || options.ffmpeg === '')) {
    fail('ffmpeg', options.ffmpeg, "write the path of a program, or false (default 'ffmpeg').");
  }
  const { guard } = options;
  if (guard !== undefined && guard !== false && typeof guard !== 'function') {
    fail('guard', guard, 'write the class of a guard, or false for everybody (default AdminGuard).');
  }
  return Object.freeze(options);
}

function fail(name: string, value: unknown, fix: string): never {
  throw new RtmpConfigurationError(name, value, fix, MODULE);
}
