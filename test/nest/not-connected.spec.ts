import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { RtmpClient, RtmpCommand, RtmpController, RtmpHlsModule, RtmpHttpModule, RtmpModule, RtmpServer } from '#src';
import { flv } from '#test/flv-bytes';
import { keyFrame } from '#test/live-media';
import { LogBook } from './start-app.js';

// An application may listen for HTTP without, or before, connecting its microservice.

@RtmpController('live')
class Deciding {
  @RtmpCommand('publish')
  publish(): void {}
}

@Module({
  imports: [
    RtmpModule.forRoot({ listeners: [{ port: 0 }], isGlobal: true }),
    RtmpHttpModule.forRoot(),
    RtmpHlsModule.forRoot(),
  ],
  controllers: [Deciding],
})
class TestModule {}

let app: NestFastifyApplication;
let log: LogBook;

beforeEach(async () => {
  log = new LogBook();
  app = await NestFactory.create<NestFastifyApplication>(TestModule, new FastifyAdapter(), { logger: log });
});
afterEach(() => app.close());

const port = () => (app.getHttpServer().address() as AddressInfo).port;
const request = (path: string, method = 'GET') =>
  fetch(`http://127.0.0.1:${port()}${path}`, {
    method,
    ...(method === 'POST' && { body: flv(keyFrame(1)) }),
  }).then(async (response) => ({ status: response.status, answer: (await response.json()) as unknown }));

it('lets nobody in whose handler it could not ask, and the log says once what is missing', async () => {
  await app.listen(0, '127.0.0.1');
  const refused = (code: string) => ({ status: 503, answer: { code, description: 'The server is not ready.' } });
  await expect(request('/live/cam.flv', 'POST')).resolves.toEqual(refused('NetStream.Publish.Denied'));
  await expect(request('/live/cam.flv')).resolves.toEqual(refused('NetStream.Play.Failed'));
  await expect(request('/live/cam.m3u8')).resolves.toEqual(refused('NetStream.Play.Failed'));
  await expect(RtmpClient.connect(`rtmpt://127.0.0.1:${port()}/live/cam`)).rejects.toThrow('The server is not ready.');
  const lines = log.lines.filter(({ level }) => level === 'error').map(({ message }) => message);
  expect(lines).toEqual([expect.stringContaining('app.connectMicroservice({ strategy: app.get(RtmpServer) })')]);
});

it('lets in once it is connected, whether RTMP listens or not', async () => {
  app.connectMicroservice({ strategy: app.get(RtmpServer) });
  await app.listen(0, '127.0.0.1');
  await expect(request('/live/cam.flv', 'POST')).resolves.toMatchObject({ status: 200 });
});
