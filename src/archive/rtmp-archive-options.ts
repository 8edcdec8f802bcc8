import type { CanActivate, Type } from '@nestjs/common';

/** Token of the resolved options of RtmpArchiveModule. */
export const RTMP_ARCHIVE_OPTIONS = Symbol.for('nest-rtmp:archive-options');

/** Recordings and pictures of live streams over HTTP. */
export interface RtmpArchiveOptions {
  /**
   * Who may use the routes: a guard that the application provides, or false for everybody. Defaults to AdminGuard, which
   * is part of RtmpAdminModule.
   */
  guard: Type<CanActivate> | false | undefined;
  /** Recordings in one list at most; the newest are in it. Defaults to 1,000. */
  maxListed: number;
  /** The ffmpeg that makes thumbnails; false for no thumbnails. Defaults to 'ffmpeg', as found in PATH. */
  ffmpeg: string | false;
  /** Width of thumbnails, in pixels; smaller pictures stay as they are. Defaults to 640. */
  thumbnailWidth: number;
  /** A thumbnail is good for so long, in milliseconds. Defaults to 5,000. */
  thumbnailMaxAge: number;
  /** Time that ffmpeg may take for a thumbnail before it is killed, in milliseconds. Defaults to 5,000. */
  thumbnailTimeout: number;
  /** Thumbnails made at a time, of different streams; others are told to come again. Defaults to 2. */
  maxThumbnails: number;
}

/** The options with all defaults filled in. */
export type ResolvedRtmpArchiveOptions = Readonly<RtmpArchiveOptions>;

/** Defaults of {@link RtmpArchiveOptions}. */
export const DEFAULT_RTMP_ARCHIVE_OPTIONS: ResolvedRtmpArchiveOptions = Object.freeze({
  guard: undefined,
  maxListed: 1000,
  ffmpeg: 'ffmpeg',
  thumbnailWidth: 640,
  thumbnailMaxAge: 5000,
  thumbnailTimeout: 5000,
  maxThumbnails: 2,
});
