import type { MuxingLibrary } from '#lib/hls';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';

let loaded: Promise<MuxingLibrary> | undefined;

/**
 * The library that writes the beginning of MP4 files: an optional peer of this package.
 *
 * @throws {RtmpConfigurationError} (rejects) it is not installed
 */
export function loadMuxingLibrary(): Promise<MuxingLibrary> {
  loaded ??= import('mediabunny').catch((error: unknown) => {
    loaded = undefined;
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const fix = "recordings in MP4 need the package mediabunny: npm install mediabunny, or write 'flv'.";
    throw new RtmpConfigurationError('recording.container', 'mp4', fix);
  });
  return loaded;
}
