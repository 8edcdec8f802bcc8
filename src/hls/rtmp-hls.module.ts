import { type ConfigurableModuleAsyncOptions, type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { configurableModule } from '../options/configurable-module.js';
import { HttpPeers } from '../http/http-peers.js';
import { HlsBroadcasts } from './hls-broadcasts.js';
import { HlsEntrance } from './hls-entrance.js';
import { HlsController } from './hls.controller.js';
import { HlsPlayers } from './hls-players.js';
import { HlsVodController } from './hls-vod.controller.js';
import { HlsVodAudience } from './hls-vod-audience.js';
import { HlsVodPlayers } from './hls-vod-players.js';
import { HlsViewerSessions } from './hls-viewer-sessions.js';
import { HlsVods } from './hls-vods.js';
import { HlsRequests } from './hls-requests.js';
import { resolveRtmpHlsOptions } from './resolve-rtmp-hls-options.js';
import { RtmpHls } from './rtmp-hls.js';
import { RtmpHlsVods } from './rtmp-hls-vods.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS, type RtmpHlsOptions } from './rtmp-hls-options.js';

/** What `forRoot()` and `forRootAsync()` of RtmpHlsModule take besides the options. */
export type RtmpHlsModuleExtras = Pick<ModuleMetadata, 'imports' | 'providers'>;

const { ConfigurableModuleClass, options } = configurableModule<Partial<RtmpHlsOptions>>(
  RTMP_HLS_OPTIONS,
  resolveRtmpHlsOptions,
);

/**
 * Live streams as HLS and Low-Latency HLS at `GET /app/name.m3u8`, and recordings of them, in any Nest application with an HTTP adapter. It
 * uses the RtmpModule of the application, which must be global (`isGlobal: true`), and the package mediabunny.
 *
 * @publicApi
 */
@Module({
  // In this order: the paths of recordings would do as names of streams.
  controllers: [HlsVodController, HlsController],
  providers: [
    options,
    {
      provide: HttpPeers,
      useFactory: (hls: ResolvedRtmpHlsOptions) => new HttpPeers(hls),
      inject: [RTMP_HLS_OPTIONS],
    },
    HlsEntrance,
    HlsViewerSessions,
    HlsBroadcasts,
    HlsPlayers,
    HlsVodAudience,
    HlsVodPlayers,
    HlsVods,
    HlsRequests,
    RtmpHls,
    RtmpHlsVods,
  ],
  exports: [RtmpHls, RtmpHlsVods],
})
export class RtmpHlsModule extends ConfigurableModuleClass {
  /** @param extras providers of its own, such as one under HLS_STORAGE, and modules they need */
  static override forRoot(options: Partial<RtmpHlsOptions> = {}, extras: RtmpHlsModuleExtras = {}): DynamicModule {
    return withExtras(super.forRoot(options), extras);
  }

  /** @param extras as of forRoot() */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<Partial<RtmpHlsOptions>>,
    extras: RtmpHlsModuleExtras = {},
  ): DynamicModule {
    return withExtras(super.forRootAsync(options), extras);
  }
}

function withExtras(definition: DynamicModule, { imports = [], providers = [] }: RtmpHlsModuleExtras): DynamicModule {
  return {
    ...definition,
    imports: [...(definition.imports ?? []), ...imports],
    providers: [...(definition.providers ?? []), ...providers],
  };
}
