import { type DynamicModule, Module } from '@nestjs/common';
import { ArchiveController } from './archive.controller.js';
import { ArchiveGuard } from './archive.guard.js';
import { RecordingArchive } from './recording-archive.js';
import { resolveRtmpArchiveOptions } from './resolve-rtmp-archive-options.js';
import { RTMP_ARCHIVE_OPTIONS, type RtmpArchiveOptions } from './rtmp-archive-options.js';
import { StreamThumbnails } from './stream-thumbnails.js';

/**
 * Recordings over HTTP: `GET /api/recordings`, `GET /api/recordings/<id>`; and
 * `GET /api/streams/<app>/<name>/thumbnail.jpg`. It uses the RtmpModule of the
 * application, which must be global (`isGlobal: true`), and by default the
 * AdminGuard of RtmpAdminModule.
 *
 * @publicApi
 */
@Module({})
export class RtmpArchiveModule {
  static forRoot(options: Partial<RtmpArchiveOptions> = {}): DynamicModule {
    return {
      module: RtmpArchiveModule,
      controllers: [ArchiveController],
      providers: [
        { provide: RTMP_ARCHIVE_OPTIONS, useFactory: () => resolveRtmpArchiveOptions(options) },
        ArchiveGuard,
        RecordingArchive,
        StreamThumbnails,
      ],
      exports: [RecordingArchive, StreamThumbnails],
    };
  }
}
