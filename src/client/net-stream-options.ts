import type { MediaMessage } from '#lib/live';
import type { PlayParameters, PublishingType } from '#lib/rtmp';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { checkNames } from '../options/check-names.js';

/** How to publish. */
export interface RtmpClientPublishOptions {
  /** Defaults to 'live'. Servers record by their own configuration. */
  type?: PublishingType;
  /** Ends waiting for the server's answer. */
  signal?: AbortSignal;
}

/** How to play. */
export interface RtmpClientPlayOptions extends PlayParameters {
  /** Go on when the publisher goes, since it may come back. Defaults to false. */
  follow?: boolean;
  /** Milliseconds the server may send ahead. Defaults to 1,000. */
  bufferLength?: number;
  /** Ends waiting for the server's answer. */
  signal?: AbortSignal;
  /**
   * Takes every message at once, instead of whoever iterates: for relays. The
   * message and its payload are valid during the call, its timestamp wraps.
   */
  onMessage?: (message: MediaMessage) => void;
}

const CLIENT = 'RtmpClient';
const TYPES: readonly unknown[] = ['live', 'record', 'append'] satisfies PublishingType[];
const PUBLISH_NAMES = ['type', 'signal'];
const PLAY_NAMES = ['start', 'duration', 'reset', 'follow', 'bufferLength', 'signal', 'onMessage'];
const PLAY_NUMBERS = ['start', 'duration', 'bufferLength'] as const;

/** @throws {RtmpConfigurationError} */
export function checkPublishOptions(options: RtmpClientPublishOptions): void {
  checkNames(options, PUBLISH_NAMES, 'publish.', CLIENT);
  const { type = 'live' } = options;
  if (TYPES.includes(type)) return;
  throw new RtmpConfigurationError(
    'publish.type',
    type,
    "write 'live', 'record' or 'append' (default 'live').",
    CLIENT,
  );
}

/** @throws {RtmpConfigurationError} */
export function checkPlayOptions(options: RtmpClientPlayOptions): void {
  checkNames(options, PLAY_NAMES, 'play.', CLIENT);
  for (const name of PLAY_NUMBERS) {
    const value = options[name];
    if (value === undefined || Number.isFinite(value)) continue;
    throw new RtmpConfigurationError(`play.${name}`, value, 'write a number of milliseconds.', CLIENT);
  }
}
