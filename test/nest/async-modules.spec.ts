import type { AddressInfo } from 'node:net';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  HLS_STORAGE,
  RtmpAdminModule,
  type RtmpAdminOptions,
  RtmpArchiveModule,
  type RtmpArchiveOptions,
  RtmpHlsModule,
  type RtmpHlsOptions,
  RtmpHttpModule,
  type RtmpHttpOptions,
  RtmpModule,
  RtmpServer,
} from '#src';
import { LogBook } from './start-app.js';

/** What an application has its settings from. */
@Injectable()
class Config {
  readonly cors = 'https://player.example';
  readonly segmentDuration = 3000;
}

@Module({ providers: [Config], exports: [Config] })
class ConfigModule {}

@Injectable()
class AdminConfig {
  create(): Partial<RtmpAdminOptions> {
    return { token: 'a-long-admin-token' };
  }
}

@Injectable()
class ArchiveConfig {
  async create(): Promise<Partial<RtmpArchiveOptions>> {
    return { maxListed: 7 };
  }
}

@Module({ providers: [ArchiveConfig], exports: [ArchiveConfig] })
class ArchiveConfigModule {}

@Module({})
class TestModule {}

let app: NestFastifyApplication | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(imports: DynamicModule[]): Promise<string> {
  const module = {
    module: TestModule,
    imports: [RtmpModule.forRoot({ listeners: [{ port: 0 }], isGlobal: true }), ...imports],
  };
  const settings = { logger: new LogBook(), abortOnError: false };
  app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), settings);
  app.connectMicroservice({ strategy: app.get(RtmpServer) });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
}

const http = (useFactory: (config: Config) => Partial<RtmpHttpOptions> | Promise<Partial<RtmpHttpOptions>>) =>
  RtmpHttpModule.forRootAsync({ imports: [ConfigModule], inject: [Config], useFactory });
const hls = (useFactory: (config: Config) => Partial<RtmpHlsOptions>) =>
  RtmpHlsModule.forRootAsync(
    { imports: [ConfigModule], inject: [Config], useFactory },
    { providers: [{ provide: HLS_STORAGE, useValue: 'the storage' }] },
  );

it('every module takes its options from what the application injects', async () => {
  const url = await start([
    http(async ({ cors }) => ({ cors })),
    hls(({ segmentDuration }) => ({ segmentDuration })),
    RtmpAdminModule.forRootAsync({ useClass: AdminConfig }),
    RtmpArchiveModule.forRootAsync({ imports: [ArchiveConfigModule], useExisting: ArchiveConfig }),
  ]);
  const { headers } = await fetch(`${url}/live/cam.flv`, { method: 'OPTIONS' });
  expect(headers.get('access-control-allow-origin')).toBe('https://player.example');
  expect((await fetch(`${url}/api/streams`)).status).toBe(401);
  const authorization = 'Bearer a-long-admin-token';
  expect((await fetch(`${url}/api/streams`, { headers: { authorization } })).status).toBe(200);
  expect(app!.get(HLS_STORAGE, { strict: false })).toBe('the storage');
});

it('nothing given is all defaults', async () => {
  const nothing = { useFactory: () => undefined as never };
  const url = await start([RtmpHttpModule.forRootAsync(nothing), RtmpAdminModule.forRootAsync(nothing)]);
  const { headers } = await fetch(`${url}/live/cam.flv`, { method: 'OPTIONS' });
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect((await fetch(`${url}/api/streams`)).status).toBe(200);
});

it.each<[string, () => DynamicModule]>([
  ['RtmpHttpModule option cors: 5', () => http(() => ({ cors: 5 as never }))],
  ['RtmpHlsModule option segmentDuration: "x"', () => hls(() => ({ segmentDuration: 'x' as never }))],
  [
    'RtmpAdminModule option tokn: "x"',
    () => RtmpAdminModule.forRootAsync({ useFactory: () => ({ tokn: 'x' }) as never }),
  ],
  [
    'RtmpArchiveModule option maxListed: 0',
    () => RtmpArchiveModule.forRootAsync({ useFactory: () => ({ maxListed: 0 }) }),
  ],
])('a wrong option is named at start: %s', async (message, module) => {
  await expect(start([module()])).rejects.toThrow(message);
});
