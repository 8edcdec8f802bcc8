import { type DynamicModule, Module } from '@nestjs/common';
import { HttpPeers } from '../http/http-peers.js';
import { AdminAccess } from './admin-access.js';
import { AdminController } from './admin.controller.js';
import { AdminRelaysController } from './admin-relays.controller.js';
import { AdminGuard } from './admin.guard.js';
import { AdminSessionController } from './admin-session.controller.js';
import { resolveRtmpAdminOptions } from './resolve-rtmp-admin-options.js';
import { type ResolvedRtmpAdminOptions, RTMP_ADMIN_OPTIONS, type RtmpAdminOptions } from './rtmp-admin-options.js';
import { ServerInfo } from './server-info.js';
import { SnapshotEvents } from './snapshot-events.js';
import { StreamMonitor } from './stream-monitor.js';
import { WatchedRecordings } from './watched-recordings.js';

/**
 * What is live, over HTTP: `GET /api/streams` and its events, `DELETE
 * /api/streams/app/name`, `/api/relays`, `GET /api/server`, `GET /metrics`, and
 * the login of the page. It uses the RtmpModule of the application, which must be global
 * (`isGlobal: true`).
 *
 * @publicApi
 */
@Module({})
export class RtmpAdminModule {
  static forRoot(options: Partial<RtmpAdminOptions> = {}): DynamicModule {
    return {
      module: RtmpAdminModule,
      global: true, // AdminGuard is for others' controllers as well
      controllers: [AdminController, AdminRelaysController, AdminSessionController],
      providers: [
        { provide: RTMP_ADMIN_OPTIONS, useFactory: () => resolveRtmpAdminOptions(options) },
        {
          provide: HttpPeers,
          useFactory: (admin: ResolvedRtmpAdminOptions) => new HttpPeers(admin),
          inject: [RTMP_ADMIN_OPTIONS],
        },
        AdminAccess,
        AdminGuard,
        StreamMonitor,
        SnapshotEvents,
        ServerInfo,
        WatchedRecordings,
      ],
      exports: [RTMP_ADMIN_OPTIONS, AdminAccess, AdminGuard, StreamMonitor],
    };
  }
}
