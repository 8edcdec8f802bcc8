import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
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

/**
 * Live streams as HLS and Low-Latency HLS at `GET /app/name.m3u8`, and recordings of them, in any Nest application with an HTTP adapter. It
 * uses the RtmpModule of the application, which must be global (`isGlobal: true`), and the package mediabunny.
 *
 * @publicApi
 */
@Module({})
export class RtmpHlsModule {
  /** @param extras providers of its own, such as one under HLS_STORAGE, and modules they need */
  static forRoot(
    options: Partial<RtmpHlsOptions> = {},
    { imports = [], providers = [] }: Pick<ModuleMetadata, 'imports' | 'providers'> = {},
  ): DynamicModule {
    return {
      module: RtmpHlsModule,
      imports,
      // In this order: the paths of recordings would do as names of streams.
      controllers: [HlsVodController, HlsController],
      providers: [
        { provide: RTMP_HLS_OPTIONS, useFactory: () => resolveRtmpHlsOptions(options) },
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
        ...providers,
      ],
      exports: [RtmpHls, RtmpHlsVods],
    };
  }
}
