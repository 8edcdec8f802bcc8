import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RtmpClient, RtmpClientConnector, RtmpModule, RtmpStreams } from '#src';
import { publishedMessages } from '#test/published-messages';
import { until } from '#test/until';
import { startMicroservice, type TestApp } from './start-app.js';

@Injectable()
class Upstream {
  constructor(@Inject('UPSTREAM') readonly connector: RtmpClientConnector) {}
}

let server: TestApp;

beforeEach(async () => {
  server = await startMicroservice();
});
afterEach(() => server.close());

describe('RtmpClient and Enhanced RTMP', () => {
  it('hears that the server takes everything, unless it keeps quiet itself', async () => {
    const url = `rtmp://127.0.0.1:${server.port}/live`;
    const client = await RtmpClient.connect(url);
    expect(client.capabilities).toMatchObject({ fourCcList: ['*'], capsEx: 15 });
    const plain = await RtmpClient.connect(url, { enhanced: false });
    expect(plain.capabilities).toBeUndefined();
    await Promise.all([client.close(), plain.close()]);
  });

  it.each(['hevc_opus', 'av1_opus', 'multi'] as const)('passes on what FFmpeg 8.1 publishes (%s)', async (name) => {
    const client = await RtmpClient.connect(`rtmp://127.0.0.1:${server.port}/live`);
    const playback = await client.play(name);
    const publication = await client.publish(name);
    const sent = publishedMessages(name);
    for (const { messageTypeId, timestamp, payload } of sent) {
      await publication.writeTag(messageTypeId, timestamp, payload);
    }
    await publication.end();
    const played = [];
    for await (const message of playback) played.push(message);
    await client.close();
    const coded = (payload: Uint8Array) => Buffer.from(payload).toString('base64');
    const isMedia = ({ kind }: { kind: string }) => kind !== 'data';
    const payloads = sent.filter(({ messageTypeId }) => messageTypeId < 10).map(({ payload }) => coded(payload));
    expect(played.filter(isMedia).map(({ payload }) => coded(payload))).toEqual(payloads);
    expect(new Set(played.map(({ trackId }) => trackId)).size).toBe(name === 'multi' ? 2 : 1);
  });

  it('is asked to connect again by a server that is about to leave', async () => {
    const client = await RtmpClient.connect(`rtmp://127.0.0.1:${server.port}/live/cam`);
    const asked = new Promise((resolve) => client.on('reconnect', ({ host, app, name }) => resolve([host, app, name])));
    await server.close();
    expect(await asked).toEqual(['127.0.0.1', 'live', 'cam']);
    await client.close();
  });
});

describe('RtmpModule.registerClient()', () => {
  it('provides connections that are closed with the application', async () => {
    const url = `rtmp://127.0.0.1:${server.port}/live`;
    @Module({ imports: [RtmpModule.registerClient('UPSTREAM', { url })], providers: [Upstream] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    const { connector } = app.get(Upstream);
    const client = await connector.get();
    expect(await connector.get()).toBe(client);
    const publication = await (await connector.open()).publish('cam');
    expect(server.app.get(RtmpStreams).get('live/cam')).toBeDefined();
    expect(connector.clients).toHaveLength(2);

    await app.close();
    expect(client.isClosed).toBe(true);
    expect(await publication.closed).toMatchObject({ code: 'RTMP_CLIENT_ERR_CLOSED' });
    await until('the publish is over', () => server.app.get(RtmpStreams).get('live/cam') === undefined);
    await expect(connector.open()).rejects.toThrow('The application is closing.');
  });

  it('connects anew when the shared connection is gone, also when it failed', async () => {
    const { port } = server;
    const connector = new RtmpClientConnector({ url: `rtmp://127.0.0.1:${port}/live` });
    const first = await connector.get();
    first.destroy();
    await first.closed;
    const second = await connector.get();
    expect(second).not.toBe(first);
    await connector.onModuleDestroy();
    const nobody = new RtmpClientConnector({ url: 'rtmp://127.0.0.1:1/live' });
    await expect(nobody.get()).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_UNREACHABLE' });
    await expect(nobody.get()).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_UNREACHABLE' });
  });

  it('takes its address from what is injected, and a wrong one is noticed at start', async () => {
    const register = (url: string) =>
      RtmpModule.registerClientAsync('UPSTREAM', {
        imports: [{ module: class Settings {}, providers: [{ provide: 'URL', useValue: url }], exports: ['URL'] }],
        inject: ['URL'],
        useFactory: (found: string) => ({ url: found }),
      });
    const start = (url: string) =>
      NestFactory.createApplicationContext(
        { module: class AppModule {}, imports: [register(url)] },
        { logger: false, abortOnError: false },
      );
    const app = await start(`rtmp://127.0.0.1:${server.port}/live`);
    const client = await app.get<RtmpClientConnector>('UPSTREAM', { strict: false }).get();
    expect(client.url.app).toBe('live');
    await app.close();
    await expect(start('http://127.0.0.1/live')).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_URL' });
  });
});
