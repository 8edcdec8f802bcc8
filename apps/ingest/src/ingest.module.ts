import { type DynamicModule, Module } from '@nestjs/common';
import { RtmpHttpModule, RtmpModule } from '#src';
import type { Settings } from './config/settings.js';
import { ingestOptions } from './ingest-options.js';
import { PublishController } from './publish/publish.controller.js';
import { PublishKeys } from './publish/publish-keys.js';

/** The ingest server: the package with its defaults, and keys for publishers. */
@Module({})
export class IngestModule {
  static forSettings(settings: Settings): DynamicModule {
    return {
      module: IngestModule,
      imports: [RtmpModule.forRoot({ ...ingestOptions(settings), isGlobal: true }), RtmpHttpModule.forRoot()],
      controllers: [PublishController],
      providers: [{ provide: PublishKeys, useFactory: () => new PublishKeys(settings.RTMP_PUBLISH_KEYS) }],
    };
  }
}
