import type { RtmpClientOptions } from '../client/rtmp-client-options.js';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { checkNames } from '../options/check-names.js';
import { checkNumber, type NumberRange } from '../options/check-number.js';

/** What a {@link VirtualEncoder} sends. */
export interface VirtualEncoderOptions {
  /** Whether there are pictures: H.264, one colour after the other. Defaults to true. */
  readonly video?: boolean;
  /** Whether there is sound: silence in AAC, 48 kHz, stereo. Defaults to true. */
  readonly audio?: boolean;
  /** In pixels: even, from 32 to 8,192. Defaults to 320. */
  readonly width?: number;
  /** In the same way. Defaults to 180. */
  readonly height?: number;
  /** Pictures a second, from 1 to 240. Defaults to 30. */
  readonly fps?: number;
  /** Pictures from one key frame to the next. Defaults to 60. */
  readonly gop?: number;
  /** Bits a second of pictures, which are filled up to it; from 0, which is as few as can be. Defaults to 0. */
  readonly videoBitrate?: number;
  /** Time of the first message, in milliseconds. Defaults to 0. */
  readonly startTimestamp?: number;
  /** How to connect. */
  readonly client?: RtmpClientOptions;
}

/** The same with everything decided. */
export type ResolvedVirtualEncoderOptions = Required<VirtualEncoderOptions>;

const DEFAULTS: ResolvedVirtualEncoderOptions = {
  video: true,
  audio: true,
  width: 320,
  height: 180,
  fps: 30,
  gop: 60,
  videoBitrate: 0,
  startTimestamp: 0,
  client: {},
};

const RANGES = {
  width: [32, 8192],
  height: [32, 8192],
  fps: [1, 240],
  gop: [1, 1_000_000],
  videoBitrate: [0, 1_000_000_000],
  startTimestamp: [0, Number.MAX_SAFE_INTEGER],
} as const satisfies Record<string, NumberRange>;

const MODULE = 'VirtualEncoder';

/** @throws {RtmpConfigurationError} */
export function resolveVirtualEncoderOptions(given: VirtualEncoderOptions): ResolvedVirtualEncoderOptions {
  checkNames(given, Object.keys(DEFAULTS), '', MODULE);
  const isGiven = ([, value]: [string, unknown]): boolean => value !== undefined;
  const options = { ...DEFAULTS, ...(Object.fromEntries(Object.entries(given).filter(isGiven)) as typeof given) };
  for (const name of Object.keys(RANGES) as Array<keyof typeof RANGES>) {
    checkNumber(options[name], RANGES[name], { path: name, preset: DEFAULTS[name], module: MODULE });
  }
  for (const name of ['width', 'height'] as const) {
    if (options[name] % 2 === 0) continue;
    throw new RtmpConfigurationError(name, options[name], 'write an even number.', MODULE);
  }
  if (options.video || options.audio) return options;
  throw new RtmpConfigurationError('video', false, 'leave audio or video on.', MODULE);
}
