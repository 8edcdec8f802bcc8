import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { RtmpModuleOptions } from './options/rtmp-options.js';
import { RTMP_MODULE_OPTIONS } from './rtmp.constants.js';

/** What `forRoot()` and `forRootAsync()` take besides the options of the server. */
export interface RtmpModuleExtras {
  /** Whether other modules can inject RtmpStreams and the like without importing RtmpModule. Defaults to false. */
  isGlobal?: boolean;
}

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<RtmpModuleOptions>({ optionsInjectionToken: RTMP_MODULE_OPTIONS })
    .setClassMethodName('forRoot')
    .setExtras<RtmpModuleExtras>({ isGlobal: false }, (definition, { isGlobal }) => ({
      ...definition,
      global: isGlobal ?? false,
    }))
    .build();
