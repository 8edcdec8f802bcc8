import { ConfigurableModuleBuilder, type ModuleMetadata, type Provider, type Type } from '@nestjs/common';
import type { SlowSubscriberPolicy } from '#lib/live';
import { RtmpConfigurationError } from './errors/rtmp-configuration.error.js';
import type { RtmpModuleOptions } from './options/rtmp-options.js';
import { SLOW_SUBSCRIBER_POLICY } from './playback/slow-subscribers.js';
import { RTMP_MODULE_OPTIONS } from './rtmp.constants.js';
import { RECORDING_STORAGE, type RecordingStorage } from './storage/recording-storage.js';

/** What `forRoot()` and `forRootAsync()` take besides the options of the server. */
export interface RtmpModuleExtras {
  /** Whether other modules can inject RtmpStreams and the like without importing RtmpModule. Defaults to false. */
  isGlobal?: boolean;
  /** Where recordings go instead of files: a class, made by Nest with what it injects, or an instance. */
  storage?: Type<RecordingStorage> | RecordingStorage;
  /** Decides about players that are behind, instead of skipping, then closing: a class, or an instance. */
  slowSubscriberPolicy?: Type<SlowSubscriberPolicy> | SlowSubscriberPolicy;
  /** Modules that export what these inject. */
  imports?: ModuleMetadata['imports'];
}

/** Nest takes what has a key here for extras, everything else for options of the server. */
const EXTRAS: RtmpModuleExtras = { isGlobal: false, storage: undefined, slowSubscriberPolicy: undefined, imports: [] };

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<RtmpModuleOptions>({
  optionsInjectionToken: RTMP_MODULE_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras<RtmpModuleExtras>(EXTRAS, (definition, extras) => ({
    ...definition,
    global: extras.isGlobal ?? false,
    imports: [...(definition.imports ?? []), ...(extras.imports ?? [])],
    providers: [
      ...(definition.providers ?? []),
      ...replacing('storage', 'create', RECORDING_STORAGE, extras.storage),
      ...replacing('slowSubscriberPolicy', 'decide', SLOW_SUBSCRIBER_POLICY, extras.slowSubscriberPolicy),
    ],
  }))
  .build();

/**
 * The provider of what the application has of its own.
 *
 * @param method what an instance has at least
 * @throws {RtmpConfigurationError} it is something else, such as a provider
 */
function replacing<T extends object>(
  option: keyof RtmpModuleExtras,
  method: keyof T & string,
  token: symbol,
  own: Type<T> | T | undefined,
): Provider[] {
  if (own === undefined) return [];
  if (typeof own === 'function') return [{ provide: token, useClass: own }];
  if (typeof (own as T | null)?.[method] !== 'function') {
    throw new RtmpConfigurationError(option, own, `write a class, or an object that has ${method}().`);
  }
  return [{ provide: token, useValue: own }];
}
