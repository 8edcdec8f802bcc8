import { createRequire } from 'node:module';
import type { MuxingLibrary } from '#lib/hls';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';

const INSTALL = 'the package mediabunny: npm install mediabunny';
/** What is wrong when it is not there, by who wants it. */
const MISSING = {
  hls: () =>
    new RtmpConfigurationError(
      'container',
      'fmp4',
      `HLS in fMP4 needs ${INSTALL}, or choose container: "ts".`,
      'RtmpHlsModule',
    ),
  recording: () =>
    new RtmpConfigurationError('recording.container', 'mp4', `recordings in MP4 need ${INSTALL}, or write 'flv'.`),
} as const;

/** Whether {@link loadMuxingLibrary} finds it. */
export function isMuxingLibraryInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('mediabunny');
    return true;
  } catch {
    return false;
  }
}

/**
 * The library that writes init segments, the beginning of MP4 files: an optional peer of this package.
 *
 * @throws {RtmpConfigurationError} (rejects) it is not installed
 */
export async function loadMuxingLibrary(user: keyof typeof MISSING): Promise<MuxingLibrary> {
  try {
    return await import('mediabunny');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') throw MISSING[user]();
    throw error;
  }
}
