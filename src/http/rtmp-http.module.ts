import { type ConfigurableModuleAsyncOptions, type DynamicModule, Module } from '@nestjs/common';
import { configurableModule } from '../options/configurable-module.js';
import { FlvController } from './flv.controller.js';
import { FlvDoor } from './flv-door.js';
import { FlvRequests } from './flv-requests.js';
import { HttpDoor } from './http-door.js';
import { HttpPeers } from './http-peers.js';
import { PublishOrigins } from './publish-origins.js';
import { resolveRtmpHttpOptions } from './resolve-rtmp-http-options.js';
import { RTMP_HTTP_OPTIONS, type RtmpHttpOptions } from './rtmp-http-options.js';
import { RtmptTunnels } from './rtmpt-tunnels.js';
import { WebSocketFlv } from './web-socket-flv.js';

const { ConfigurableModuleClass, options } = configurableModule<Partial<RtmpHttpOptions>>(
  RTMP_HTTP_OPTIONS,
  resolveRtmpHttpOptions,
);

/**
 * RTMP over HTTP, in any Nest application with an HTTP adapter: players at
 * `GET /app/name.flv`, publishers at `POST` of the same path, WebSockets for
 * both, and tunnels for encoders and players that speak RTMPT. It uses the
 * RtmpModule of the application, which must be global (`isGlobal: true`).
 *
 * @publicApi
 */
@Module({
  controllers: [FlvController],
  providers: [options, HttpPeers, PublishOrigins, FlvDoor, FlvRequests, WebSocketFlv, RtmptTunnels, HttpDoor],
  exports: [RtmptTunnels],
})
export class RtmpHttpModule extends ConfigurableModuleClass {
  static override forRoot(options: Partial<RtmpHttpOptions> = {}): DynamicModule {
    return super.forRoot(options);
  }

  static override forRootAsync(options: ConfigurableModuleAsyncOptions<Partial<RtmpHttpOptions>>): DynamicModule {
    return super.forRootAsync(options);
  }
}
