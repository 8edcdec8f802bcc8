import { type DynamicModule, Module } from '@nestjs/common';
import { PageController } from './page.controller.js';
import { PageFiles } from './page-files.js';

/**
 * A page at `/` that shows what is live, plays it, and says how to publish. It
 * shows what `RtmpAdminModule` answers, which has to be there too. Its players
 * and charts are hls.js, mpegts.js and uplot, when they are installed.
 *
 * @publicApi
 */
@Module({})
export class RtmpPageModule {
  static forRoot(): DynamicModule {
    return { module: RtmpPageModule, controllers: [PageController], providers: [PageFiles] };
  }
}
