import { type ConfigurableModuleAsyncOptions, type DynamicModule, Module } from '@nestjs/common';
import { configurableModule } from '../options/configurable-module.js';
import { ArchiveController } from './archive.controller.js';
import { ArchiveGuard } from './archive.guard.js';
import { RecordingArchive } from './recording-archive.js';
import { resolveRtmpArchiveOptions } from './resolve-rtmp-archive-options.js';
import { RTMP_ARCHIVE_OPTIONS, type RtmpArchiveOptions } from './rtmp-archive-options.js';
import { StreamThumbnails } from './stream-thumbnails.js';

const { ConfigurableModuleClass, options } = configurableModule<Partial<RtmpArchiveOptions>>(
  RTMP_ARCHIVE_OPTIONS,
  resolveRtmpArchiveOptions,
);

/**
 * Recordings over HTTP: `GET /api/recordings`, `GET /api/recordings/<id>`; and
 * `GET /api/streams/<app>/<name>/thumbnail.jpg`. It uses the RtmpModule of the
 * application, which must be global (`isGlobal: true`), and by default the
 * AdminGuard of RtmpAdminModule.
 *
 * @publicApi
 */
@Module({
  controllers: [ArchiveController],
  providers: [options, ArchiveGuard, RecordingArchive, StreamThumbnails],
  exports: [RecordingArchive, StreamThumbnails],
})
export class RtmpArchiveModule extends ConfigurableModuleClass {
  static override forRoot(options: Partial<RtmpArchiveOptions> = {}): DynamicModule {
    return super.forRoot(options);
  }

  static override forRootAsync(options: ConfigurableModuleAsyncOptions<Partial<RtmpArchiveOptions>>): DynamicModule {
    return super.forRootAsync(options);
  }
}
