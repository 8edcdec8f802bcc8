import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleCls,
  type FactoryProvider,
  type InjectionToken,
} from '@nestjs/common';

/** A base class for modules, and the provider of their options. */
export interface ConfigurableModule<TOptions> {
  readonly ConfigurableModuleClass: ConfigurableModuleCls<TOptions, 'forRoot'>;
  readonly options: FactoryProvider;
}

/**
 * `forRoot()` and `forRootAsync()` of a module, as Nest makes them.
 *
 * @param token what is provided under it: the checked options
 * @param resolve checks what was given, which may be nothing
 */
export function configurableModule<TOptions>(
  token: InjectionToken,
  resolve: (given?: TOptions) => unknown,
): ConfigurableModule<TOptions> {
  const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<TOptions>()
    .setClassMethodName('forRoot')
    .build();
  const inject = [{ token: MODULE_OPTIONS_TOKEN, optional: true }];
  return {
    ConfigurableModuleClass,
    options: { provide: token, useFactory: (given?: TOptions) => resolve(given), inject },
  };
}
