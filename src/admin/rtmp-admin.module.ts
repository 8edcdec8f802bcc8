import { type ConfigurableModuleAsyncOptions, type DynamicModule, Global, Module } from '@nestjs/common';
import { configurableModule } from '../options/configurable-module.js';
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

const { ConfigurableModuleClass, options } = configurableModule<Partial<RtmpAdminOptions>>(
  RTMP_ADMIN_OPTIONS,
  resolveRtmpAdminOptions,
);

/**
 * What is live, over HTTP: `GET /api/streams` and its events, `DELETE
 * /api/streams/app/name`, `/api/relays`, `GET /api/server`, `GET /metrics`, and
 * the login of the page. It uses the RtmpModule of the application, which must be global
 * (`isGlobal: true`).
 *
 * @publicApi
 */
@Global() // AdminGuard is for others' controllers as well
@Module({
  controllers: [AdminController, AdminRelaysController, AdminSessionController],
  providers: [
    options,
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
})
export class RtmpAdminModule extends ConfigurableModuleClass {
  static override forRoot(options: Partial<RtmpAdminOptions> = {}): DynamicModule {
    return super.forRoot(options);
  }

  static override forRootAsync(options: ConfigurableModuleAsyncOptions<Partial<RtmpAdminOptions>>): DynamicModule {
    return super.forRootAsync(options);
  }
}
