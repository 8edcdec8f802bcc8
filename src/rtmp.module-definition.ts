import { ConfigurableModuleBuilder, type ModuleMetadata, type Type } from '@nestjs/common';
import type { RtmpModuleOptions } from './options/rtmp-options.js';
import { RTMP_MODULE_OPTIONS } from './rtmp.constants.js';
import { RECORDING_STORAGE, type RecordingStorage } from './storage/recording-storage.js';

/** What `forRoot()` and `forRootAsync()` take besides the options of the server. */
export interface RtmpModuleExtras {
  /** Whether other modules can inject RtmpStreams and the like without importing RtmpModule. Defaults to false. */
  isGlobal?: boolean;
  /** Where recordings go instead of files: a class, made by Nest with what it injects, or an instance. */
  storage?: Type<RecordingStorage> | RecordingStorage;
  /** Modules that export what the storage injects. */
  imports?: ModuleMetadata['imports'];
}

/** Nest takes what has a key here for extras, everything else for options of the server. */
const EXTRAS: RtmpModuleExtras = { isGlobal: false, storage: undefined, imports: [] };

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<RtmpModuleOptions>({ optionsInjectionToken: RTMP_MODULE_OPTIONS })
    .setClassMethodName('forRoot')
    .setExtras<RtmpModuleExtras>(EXTRAS, (definition, { isGlobal, storage, imports = [] }) => ({
      ...definition,
      global: isGlobal ?? false,
      imports: [...(definition.imports ?? []), ...imports],
      providers: [...(definition.providers ?? []), ...(storage === undefined ? [] : [storageProvider(storage)])],
    }))
    .build();

function storageProvider(storage: Type<RecordingStorage> | RecordingStorage) {
  return typeof storage === 'function'
    ? { provide: RECORDING_STORAGE, useClass: storage }
    : { provide: RECORDING_STORAGE, useValue: storage };
}
