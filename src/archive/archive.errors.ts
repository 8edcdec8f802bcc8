import { HttpException } from '@nestjs/common';
import { httpProblem } from '../errors/http-problem.js';

/** Why the archive refuses. The key is the stable `code` of the answer. */
export const ARCHIVE_ERRORS = {
  ARCHIVE_ERR_NOT_FOUND: 'there is no such recording',
  ARCHIVE_ERR_NOT_READABLE: 'the storage of recordings cannot be read',
  ARCHIVE_ERR_NOT_LIVE: 'there is no picture: the stream is not live, or has no video',
  ARCHIVE_ERR_NO_FFMPEG: 'thumbnails need ffmpeg, which is not installed or switched off',
  ARCHIVE_ERR_BUSY: 'too many thumbnails are being made',
  ARCHIVE_ERR_THUMBNAIL: 'ffmpeg could not make a picture of the stream in time',
} as const;

/** Stable code of an {@link ArchiveException}. */
export type ArchiveErrorCode = keyof typeof ARCHIVE_ERRORS;

const STATUS: Readonly<Record<ArchiveErrorCode, number>> = {
  ARCHIVE_ERR_NOT_FOUND: 404,
  ARCHIVE_ERR_NOT_READABLE: 501,
  ARCHIVE_ERR_NOT_LIVE: 404,
  ARCHIVE_ERR_NO_FFMPEG: 501,
  ARCHIVE_ERR_BUSY: 503,
  ARCHIVE_ERR_THUMBNAIL: 503,
};

/** A refusal of the archive: `{ code, description }` with the right status. */
export class ArchiveException extends HttpException {
  constructor(
    readonly code: ArchiveErrorCode,
    /** What it is about, or what to do, a sentence. */
    detail: string,
  ) {
    super(httpProblem(code, ARCHIVE_ERRORS[code], detail), STATUS[code]);
  }
}
