import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RtmpClientConnector, RtmpModule, RtmpStreams } from '#src';
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
