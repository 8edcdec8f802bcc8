import { type ConfigurableModuleAsyncOptions, type DynamicModule, type InjectionToken, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { SKIP_THEN_CLOSE, StreamRegistry } from '#lib/live';
import { CommandAdmission } from './admission/command-admission.js';
import type { RtmpClientRegistration } from './client/rtmp-client-connector.js';
import {
  type RtmpClientAsyncRegistration,
  RtmpClientModule,
  type RtmpClientModuleExtras,
} from './client/rtmp-client.module.js';
import { witnessFailures } from './decorators/rtmp-handler.decorator.js';
import { RtmpEvents } from './events/rtmp-events.js';
import { DuplicateRtmpModuleException } from './exceptions/duplicate-rtmp-module.exception.js';
import { RtmpHandlers } from './handlers/rtmp-handlers.js';
import { resolveRtmpOptions } from './options/resolve-rtmp-options.js';
import type { ResolvedRtmpOptions, RtmpModuleOptions } from './options/rtmp-options.js';
import { RecordedPlayback } from './playback/recorded-playback.js';
import { RunningMediaHandlers } from './media/running-media-handlers.js';
import { HopMarker } from './relay/hop-marker.js';
import { RtmpRelays } from './relay/rtmp-relays.js';
import { RtmpPlayback } from './playback/rtmp-playback.js';
import { SLOW_SUBSCRIBER_POLICY, SlowSubscribers } from './playback/slow-subscribers.js';
import { RtmpRecordings } from './recording/rtmp-recordings.js';
import { RTMP_MODULE_OPTIONS, RTMP_OPTIONS } from './rtmp.constants.js';
import { ConfigurableModuleClass, type RtmpModuleExtras } from './rtmp.module-definition.js';
import { RtmpServer } from './server/rtmp-server.js';
import { RtmpSessions } from './session/rtmp-sessions.js';
import { FileRecordingStorage } from './storage/file-recording-storage.js';
import { RECORDING_STORAGE } from './storage/recording-storage.js';
import { RtmpStreams } from './streams/rtmp-streams.js';

/**
 * The RTMP server and what belongs to it. `forRoot()` and `forRootAsync()`
 * take the options; they are checked at start and wrong ones named. An
 * application has one: `isGlobal: true` makes it known to all of its modules.
 *
 * @publicApi
 */
@Module({
  providers: [
    {
      provide: RTMP_OPTIONS,
      useFactory: (options?: RtmpModuleOptions) => resolveRtmpOptions(options),
      inject: [{ token: RTMP_MODULE_OPTIONS, optional: true }],
    },
    { provide: StreamRegistry, useFactory: () => new StreamRegistry() },
    {
      provide: HopMarker,
      useFactory: ({ relay }: ResolvedRtmpOptions) => new HopMarker(relay.maxHops),
      inject: [RTMP_OPTIONS],
    },
    RtmpHandlers,
    RtmpEvents,
    RunningMediaHandlers,
    RtmpStreams,
    RtmpSessions,
    { provide: SLOW_SUBSCRIBER_POLICY, useValue: SKIP_THEN_CLOSE },
    SlowSubscribers,
    RtmpPlayback,
    RecordedPlayback,
    CommandAdmission,
    RtmpServer,
    {
      provide: RECORDING_STORAGE,
      useFactory: ({ recording }: ResolvedRtmpOptions) => new FileRecordingStorage(recording),
      inject: [RTMP_OPTIONS],
    },
    RtmpRecordings,
    RtmpRelays,
  ],
  exports: [
    RTMP_OPTIONS,
    RECORDING_STORAGE,
    StreamRegistry,
    RtmpEvents,
    RtmpStreams,
    RtmpSessions,
    RtmpServer,
    RtmpPlayback,
    RtmpRecordings,
    RtmpRelays,
    CommandAdmission,
  ],
})
export class RtmpModule extends ConfigurableModuleClass {
  /** @throws {DuplicateRtmpModuleException} an application has one, however many listeners that has */
  constructor(modules: ModulesContainer) {
    super();
    const count = [...modules.values()].filter(({ metatype }) => metatype === RtmpModule).length;
    if (count > 1) throw new DuplicateRtmpModuleException(count);
    for (const { controllers } of modules.values()) {
      for (const { metatype } of controllers.values()) witnessFailures(metatype!);
    }
  }

  static override forRoot(options: RtmpModuleOptions & RtmpModuleExtras = {}): DynamicModule {
    return super.forRoot(options);
  }

  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<RtmpModuleOptions> & RtmpModuleExtras,
  ): DynamicModule {
    return super.forRootAsync(options);
  }

  /**
   * Provides an {@link RtmpClientConnector} under the token: connections to
   * another server, closed with the application. It needs no server of ours.
   */
  static registerClient(
    token: InjectionToken,
    registration: RtmpClientRegistration & RtmpClientModuleExtras,
  ): DynamicModule {
    return RtmpClientModule.register(token, registration);
  }

  /** As registerClient(), with a factory. */
  static registerClientAsync(token: InjectionToken, registration: RtmpClientAsyncRegistration): DynamicModule {
    return RtmpClientModule.registerAsync(token, registration);
  }
}
