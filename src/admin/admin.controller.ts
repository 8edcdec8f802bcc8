import {
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Logger,
  Req,
  Res,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { type AdapterRequest, type AdapterResponse, rawRequest, rawResponse } from '../http/adapter-request.js';
import { RtmpRelays } from '../relay/rtmp-relays.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { RtmpStreams } from '../streams/rtmp-streams.js';
import { AdminException } from './admin.errors.js';
import type { AdminHistories, AdminServer, AdminSnapshot } from './admin-api.js';
import { AdminAccess } from './admin-access.js';
import { AdminGuard } from './admin.guard.js';
import { metricsOf } from './metrics.js';
import { ServerInfo } from './server-info.js';
import { SnapshotEvents } from './snapshot-events.js';
import { StreamMonitor } from './stream-monitor.js';

/** What is live, for the page and for programs; and ending it. */
@Controller({ version: VERSION_NEUTRAL })
@UseGuards(AdminGuard)
export class AdminController {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);

  constructor(
    private readonly monitor: StreamMonitor,
    private readonly events: SnapshotEvents,
    private readonly info: ServerInfo,
    private readonly access: AdminAccess,
    private readonly liveStreams: RtmpStreams,
    private readonly relays: RtmpRelays,
  ) {}

  @Get('api/streams')
  @Header('Cache-Control', 'no-store')
  streams(): AdminSnapshot {
    return this.monitor.snapshot();
  }

  @Get('api/streams/history')
  @Header('Cache-Control', 'no-store')
  history(): AdminHistories {
    return this.monitor.histories();
  }

  @Get('api/streams/events')
  follow(@Req() request: AdapterRequest, @Res() response: AdapterResponse): void {
    const raw = rawRequest(request);
    const end = this.access.check(raw) === 'session' ? this.access.sessionEnd(raw) : undefined;
    this.events.checkRoom();
    response.hijack?.();
    this.events.add(raw, rawResponse(response), end);
  }

  // As in the archive: a wildcard has no limit of length.
  @Delete('api/streams/*')
  @HttpCode(204)
  end(@Req() request: AdapterRequest): void {
    const path = streamPathIn(rawRequest(request).url);
    if (!this.liveStreams.end(path, 'The publish was ended by the administrator.')) {
      throw new AdminException('ADMIN_ERR_NOT_LIVE', 'It may have ended by itself.');
    }
    this.#logger.log('publish ended by the administrator', { stream: path });
  }

  @Get('api/server')
  @Header('Cache-Control', 'no-store')
  server(@Req() request: AdapterRequest): AdminServer {
    return this.info.describe(this.access.check(rawRequest(request)));
  }

  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  metrics(): string {
    return metricsOf({
      snapshot: this.monitor.snapshot(),
      relays: this.relays.list(),
      hls: this.info.hlsMemory,
      residentBytes: process.memoryUsage.rss(),
      cpu: process.cpuUsage(),
    });
  }
}

/** What stands in the path of a URL behind the route, unescaped: a slash in a name may be escaped or not. */
function streamPathIn(url = ''): string {
  const escaped = /\/api\/streams\/([^?]*)/u.exec(url)?.[1] ?? '';
  return decodeURIComponent(escaped); // both adapters have refused what is not well formed
}
