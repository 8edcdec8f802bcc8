import { type DynamicModule, Module } from '@nestjs/common';
import { FlvController } from './flv.controller.js';
import { FlvPlayers } from './flv-players.js';
import { DEFAULT_RTMP_HTTP_OPTIONS, RTMP_HTTP_OPTIONS, type RtmpHttpOptions } from './rtmp-http-options.js';
import { WebSocketFlv } from './web-socket-flv.js';

/**
 * Players over HTTP, in any Nest application with an HTTP adapter:
 * `GET /app/name.flv` and WebSocket upgrades of the same path. It uses the
 * RtmpModule of the application, which must be global (`isGlobal: true`).
 *
 * @publicApi
 */
@Module({})
export class RtmpHttpModule {
  static forRoot(options: Partial<RtmpHttpOptions> = {}): DynamicModule {
    return {
      module: RtmpHttpModule,
      controllers: [FlvController],
      providers: [
        { provide: RTMP_HTTP_OPTIONS, useValue: { ...DEFAULT_RTMP_HTTP_OPTIONS, ...options } },
        FlvPlayers,
        WebSocketFlv,
      ],
    };
  }
}
