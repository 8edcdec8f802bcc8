import {
  type DynamicModule,
  type INestApplication,
  type INestMicroservice,
  type LoggerService,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { RtmpModule, type RtmpModuleExtras, type RtmpModuleOptions, RtmpServer } from '#src';
import { StubHttpAdapter } from './stub-http-adapter.js';

@Module({})
class TestModule {}

/** What a test application is made of. */
export interface TestAppOptions extends Pick<ModuleMetadata, 'controllers' | 'providers' | 'imports'> {
  readonly options?: RtmpModuleOptions & RtmpModuleExtras;
}

/** Keeps log lines instead of printing them. */
export class LogBook implements LoggerService {
  readonly lines: Array<{ level: string; message: string; details: unknown[] }> = [];

  log = this.#keep('log');
  warn = this.#keep('warn');
  error = this.#keep('error');
  debug = this.#keep('debug');

  /** Details of the lines with this message, one object each. */
  of(message: string): Array<Record<string, unknown>> {
    return this.lines
      .filter((line) => line.message === message)
      .map(({ details }) => details[0] as Record<string, unknown>);
  }

  #keep(level: string): (message: unknown, ...details: unknown[]) => void {
    return (message, ...details) => this.lines.push({ level, message: String(message), details });
  }
}

/** A running application with an RTMP server on a free port. */
export interface TestApp<TApp = INestApplication | INestMicroservice> {
  readonly app: TApp;
  readonly server: RtmpServer;
  readonly port: number;
  readonly log: LogBook;
  close(): Promise<void>;
}

/** A stand-alone microservice: the RTMP server is all there is. */
export async function startMicroservice(
  options: TestAppOptions = {},
  configure: (app: INestMicroservice) => void = () => {},
): Promise<TestApp<INestMicroservice>> {
  const log = new LogBook();
  const app = await NestFactory.createMicroservice<never>(testModule(options), {
    inject: [RtmpServer],
    useFactory: (strategy: RtmpServer) => ({ strategy }),
    logger: log,
    abortOnError: false,
  } as never);
  configure(app);
  await app.listen();
  return started(app, log);
}

/** A hybrid application: HTTP and RTMP, which shares its global guards, pipes, interceptors and filters. */
export async function startHybrid(
  options: TestAppOptions = {},
  configure: (app: INestApplication) => void = () => {},
): Promise<TestApp<INestApplication>> {
  const log = new LogBook();
  const settings = { logger: log, abortOnError: false };
  const app = await NestFactory.create(testModule(options), new StubHttpAdapter(), settings);
  configure(app);
  app.connectMicroservice<MicroserviceOptions>({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
  await app.init();
  await app.startAllMicroservices();
  return started(app, log);
}

function testModule({ controllers = [], providers = [], imports = [], options = {} }: TestAppOptions): DynamicModule {
  const rtmp = RtmpModule.forRoot({ listeners: [{ port: 0 }], ...options });
  return { module: TestModule, imports: [rtmp, ...imports], controllers, providers };
}

function started<TApp extends INestApplication | INestMicroservice>(app: TApp, log: LogBook): TestApp<TApp> {
  const server = app.get(RtmpServer);
  return { app, server, log, port: server.addresses[0]!.port!, close: () => app.close() };
}
