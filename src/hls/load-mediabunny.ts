import type { MuxingLibrary } from '#lib/hls';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';

let loaded: Promise<MuxingLibrary> | undefined;

/**
 * The library that writes init segments: an optional peer of this package, needed for HLS alone.
 *
 * @throws {RtmpConfigurationError} it is not installed
 */
export function loadMediabunny(): Promise<MuxingLibrary> {
  loaded ??= import('mediabunny').catch((error: unknown) => {
    loaded = undefined;
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const fix = 'HLS in fMP4 needs the package mediabunny: npm install mediabunny, or choose container: "ts".';
    throw new RtmpConfigurationError('container', 'fmp4', fix, 'RtmpHlsModule');
  });
  return loaded;
}
