import type { AddressInfo } from 'node:net';
import { type INestApplication, Module, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  MemoryRecordingStorage,
  RtmpAdminModule,
  RtmpArchiveModule,
  RtmpHlsModule,
  RtmpHttpModule,
  RtmpModule,
  RtmpPageModule,
  RtmpServer,
} from '#src';

@Module({
  imports: [
    RtmpModule.forRoot({
      listeners: [{ port: 0 }],
      isGlobal: true,
      storage: MemoryRecordingStorage,
      playback: { waitForPublisher: 0 },
    }),
    RtmpHttpModule.forRoot(),
    RtmpHlsModule.forRoot(),
    RtmpArchiveModule.forRoot(),
    RtmpAdminModule.forRoot(),
    RtmpPageModule.forRoot(),
  ],
})
class TestModule {}

let app: INestApplication;

afterEach(() => app.close());

/** The status of each path, and whether it was an answer of ours. */
async function ask(...paths: string[]): Promise<string[]> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const answers = paths.map(async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return `${response.status} ${/Cannot GET/u.test(await response.text()) ? 'no route' : path}`;
  });
  return Promise.all(answers);
}

const adapters = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const;
const versionings = [
  ['the path', { type: VersioningType.URI, defaultVersion: '1' }],
  ['a header', { type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' }],
] as const;

describe.each(adapters)('an application of %s', (_name, createAdapter) => {
  it.each(versionings)(
    'with versions in %s, one of them by default, has the routes where they are',
    async (_by, by) => {
      app = await NestFactory.create(TestModule, createAdapter(), { logger: false });
      app.enableVersioning(by);
      app.connectMicroservice({ strategy: app.get(RtmpServer) });
      await app.startAllMicroservices();
      await app.listen(0, '127.0.0.1');
      const found = ['/', '/api/streams', '/api/relays', '/api/session', '/api/recordings', '/metrics'];
      const missing = ['/live/cam.flv', '/live/cam.m3u8', '/live/cam/vod/x.m3u8'];
      const answers = await ask(...found, ...missing);
      expect(answers).toEqual([...found.map((path) => `200 ${path}`), ...missing.map((path) => `404 ${path}`)]);
    },
  );
});
