import { type ConfigurableModuleCls, ConfigurableModuleBuilder, type InjectionToken } from '@nestjs/common';

/** A base class for modules, and the token of what they were given. */
export interface ConfigurableModule<TOptions> {
  readonly ConfigurableModuleClass: ConfigurableModuleCls<TOptions, 'forRoot'>;
  readonly given: InjectionToken;
}

/** `forRoot()` and `forRootAsync()` of a module, as Nest makes them. */
export function configurableModule<TOptions>(): ConfigurableModule<TOptions> {
  const built = new ConfigurableModuleBuilder<TOptions>().setClassMethodName('forRoot').build();
  return { ConfigurableModuleClass: built.ConfigurableModuleClass, given: built.MODULE_OPTIONS_TOKEN };
}
