import { type DynamicModule, type InjectionToken, Module, type ModuleMetadata } from '@nestjs/common';
import { RtmpClientConnector, type RtmpClientRegistration } from './rtmp-client-connector.js';

/** Where an {@link RtmpClientConnector} is found. */
export interface RtmpClientModuleExtras {
  /** Whether other modules can inject it without importing this one. Defaults to false. */
  isGlobal?: boolean;
}

/** How the registration of a client is made when it is not known at once. */
export interface RtmpClientAsyncRegistration extends RtmpClientModuleExtras, Pick<ModuleMetadata, 'imports'> {
  /** Makes the registration of what is injected. */
  useFactory: (...injected: never[]) => RtmpClientRegistration | Promise<RtmpClientRegistration>;
  /** Tokens of what the factory takes. */
  inject?: InjectionToken[];
}

/** A module of one client, for `RtmpModule.registerClient()`: it has nothing of the server in it. */
@Module({})
export class RtmpClientModule {
  static register(token: InjectionToken, registration: RtmpClientRegistration & RtmpClientModuleExtras): DynamicModule {
    const { isGlobal = false, ...rest } = registration;
    return RtmpClientModule.registerAsync(token, { isGlobal, useFactory: () => rest });
  }

  static registerAsync(token: InjectionToken, registration: RtmpClientAsyncRegistration): DynamicModule {
    const { isGlobal = false, imports = [], inject = [], useFactory } = registration;
    return {
      module: RtmpClientModule,
      global: isGlobal,
      imports,
      providers: [
        {
          provide: token,
          inject,
          useFactory: async (...injected: never[]) => new RtmpClientConnector(await useFactory(...injected)),
        },
      ],
      exports: [token],
    };
  }
}
