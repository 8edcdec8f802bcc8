import { type DynamicModule, Module } from '@nestjs/common';
import {
  FileHlsStorage,
  HLS_STORAGE,
  RtmpAdminModule,
  RtmpArchiveModule,
  RtmpHlsModule,
  RtmpHttpModule,
  RtmpModule,
  RtmpPageModule,
} from '#src';
import { PLAY_KEYS, PUBLISH_KEYS } from './access/access.tokens.js';
import { PlayController } from './access/play.controller.js';
import { PublishController } from './access/publish.controller.js';
import { StreamKeys } from './access/stream-keys.js';
import { HealthController } from './health/health.controller.js';
import { keyEntries } from './config/key-list.js';
import type { Settings } from './config/settings.js';
import { EventsController } from './hooks/events.controller.js';
import { decisionHookOf, eventHookOf } from './hooks/hooks-of.js';
import { DECISION_HOOK, EVENT_HOOK } from './hooks/hooks.tokens.js';
import { ingestHlsOptions, ingestHttpOptions, ingestOptions, trustedProxiesOf } from './ingest-options.js';

/** The ingest server: the package with its defaults, and keys for publishers. */
@Module({})
export class IngestModule {
  static forSettings(settings: Settings): DynamicModule {
    const hls = ingestHlsOptions(settings);
    // Also when nothing is recorded now: what has been is played.
    const hlsStorage = {
      provide: HLS_STORAGE,
      useFactory: () => new FileHlsStorage({ directory: settings.RECORDINGS_DIR }),
    };
    return {
      module: IngestModule,
      imports: [
        RtmpModule.forRoot({ ...ingestOptions(settings), isGlobal: true }),
        RtmpHttpModule.forRoot(ingestHttpOptions(settings)),
        RtmpAdminModule.forRoot({
          token: settings.RTMP_ADMIN_TOKEN,
          trustedProxies: trustedProxiesOf(settings),
          publishKeys: keyEntries(settings.RTMP_PUBLISH_KEYS),
          playKeys: keyEntries(settings.RTMP_PLAY_KEYS),
        }),
        RtmpArchiveModule.forRoot(),
        ...(settings.RTMP_PAGE ? [RtmpPageModule.forRoot()] : []),
        ...(hls === undefined ? [] : [RtmpHlsModule.forRoot(hls, { providers: [hlsStorage] })]),
      ],
      controllers: [
        HealthController,
        PublishController,
        PlayController,
        ...(settings.RTMP_EVENTS_URL === undefined ? [] : [EventsController]),
      ],
      providers: [
        { provide: PUBLISH_KEYS, useFactory: () => new StreamKeys(settings.RTMP_PUBLISH_KEYS) },
        { provide: DECISION_HOOK, useFactory: () => decisionHookOf(settings) },
        { provide: EVENT_HOOK, useFactory: () => eventHookOf(settings) },
        { provide: PLAY_KEYS, useFactory: () => new StreamKeys(settings.RTMP_PLAY_KEYS) },
      ],
    };
  }
}
