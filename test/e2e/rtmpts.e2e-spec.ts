import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { RtmpHttpModule, RtmpModule, RtmpServer, RtmptTunnels } from '#src';
import { CertificateMaker } from '#test/certificates';
import { clip } from '#test/clips';
import { recordingDifference } from '#test/packets';
import { publish } from '#test/publishing';
import { until } from '#test/until';
import { words } from '#test/words';

// FFmpeg through a tunnel over TLS, on a server that speaks HTTP/2 to those who can.

jest.setTimeout(60_000);

it('records what FFmpeg publishes over RTMPTS', async () => {
  const made = new CertificateMaker();
  const directory = mkdtempSync(join(tmpdir(), 'nest-rtmp-rtmpts-'));
  @Module({
    imports: [
      RtmpModule.forRoot({ listeners: [{ port: 0 }], recording: { record: true, directory }, isGlobal: true }),
      RtmpHttpModule.forRoot(),
    ],
  })
  class AppModule {}
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger: false });
  app.connectMicroservice({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  const server = createSecureServer({ ...made.read(made.selfSigned('tls', 'localhost')), allowHTTP1: true });
  app.get(RtmptTunnels).attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const source = await clip('H.264 with B-frames and AAC');
    const { port } = server.address() as AddressInfo;
    await publish(source, `rtmpts://127.0.0.1:${port}/live/tls`, { args: words`-rtmp_flush_interval 1` });
    const files = () => readdirSync(directory, { recursive: true, encoding: 'utf8' });
    const recording = await until('the recording', () => files().find((name) => name.endsWith('.flv')));
    expect(await recordingDifference(join(directory, recording), source)).toBeUndefined();
  } finally {
    await app.close();
    server.close();
    rmSync(directory, { recursive: true, force: true });
    made.dispose();
  }
});
