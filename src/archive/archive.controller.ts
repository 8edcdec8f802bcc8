import { Controller, Get, Header, Query, Req, Res, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { type AdapterRequest, type AdapterResponse, rawRequest, rawResponse } from '../http/adapter-request.js';
import { streamRoutes } from '../http/stream-routes.js';
import type { ArchiveList } from './archive-api.js';
import { ArchiveException } from './archive.errors.js';
import { ArchiveGuard } from './archive.guard.js';
import { RecordingArchive } from './recording-archive.js';
import { answerWithRecording } from './recording-answer.js';
import { StreamThumbnails } from './stream-thumbnails.js';

const RECORDING = /\/api\/recordings\/([^?]*)/u;
const THUMBNAIL = /\/api\/streams\/([^?]*)\/thumbnail\.jpg(?:\?|$)/u;

/** Recordings to look through, watch and download; pictures of what is live. HEAD is answered as GET. */
@Controller({ version: VERSION_NEUTRAL })
@UseGuards(ArchiveGuard)
export class ArchiveController {
  constructor(
    private readonly archive: RecordingArchive,
    private readonly thumbnails: StreamThumbnails,
  ) {}

  @Get('api/recordings')
  @Header('Cache-Control', 'no-store')
  list(
    @Query('app') app?: string,
    @Query('name') name?: string,
    @Query('search') search?: string,
  ): Promise<ArchiveList> {
    const isApp = typeof app === 'string' && app !== '';
    const isName = isApp && typeof name === 'string' && name !== '';
    return this.archive.list(
      { ...(isApp && { app }), ...(isName && { name }) },
      typeof search === 'string' ? search : '',
    );
  }

  // Fastify takes no name for a wildcard, and gives up on parameters of more than 100 characters; Nest names it for Express.
  @Get('api/recordings/*')
  async get(@Req() request: AdapterRequest, @Res() response: AdapterResponse): Promise<void> {
    const raw = rawRequest(request);
    const reader = await this.archive.open(decodedPath(raw.url, RECORDING));
    response.hijack?.();
    await answerWithRecording(raw, rawResponse(response), reader);
  }

  @Get(streamRoutes('/thumbnail.jpg', 'api/streams/'))
  async thumbnail(@Req() request: AdapterRequest, @Res() response: AdapterResponse): Promise<void> {
    const { jpeg, madeAt } = await this.thumbnails.get(decodedPath(rawRequest(request).url, THUMBNAIL));
    response.hijack?.();
    const raw = rawResponse(response);
    raw.writeHead(200, {
      'Content-Type': 'image/jpeg',
      'Content-Length': jpeg.length,
      'Last-Modified': new Date(madeAt).toUTCString(),
      'Cache-Control': `private, max-age=${this.thumbnails.secondsLeft(madeAt)}`,
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    raw.end(rawRequest(request).method === 'HEAD' ? undefined : jpeg);
  }
}

/** What stands in the path of a URL, unescaped; adapters disagree about parameters with slashes. */
function decodedPath(url = '', pattern: RegExp): string {
  try {
    return (pattern.exec(url)?.[1] ?? '').split('/').map(decodeURIComponent).join('/');
  } catch {
    throw new ArchiveException('ARCHIVE_ERR_NOT_FOUND', 'The address is not well formed.');
  }
}
