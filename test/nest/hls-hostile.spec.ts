import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  RtmpHls,
  RtmpHlsModule,
  type RtmpHlsOptions,
  RtmpModule,
  type RtmpModuleOptions,
  RtmpServer,
  RtmpSessions,
} from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { LogBook } from './start-app.js';

/** The sequence header of x264, 160 × 100. */
const AVC_CONFIG = Buffer.from(
  '17000000000142c00cffe100176742c00cda05067e7c0440000003004000000c83c50aa801000468ce0fc8',
  'hex',
);

let app: NestFastifyApplication;
let publisher: RawRtmpClient | undefined;

async function start(hls: Partial<RtmpHlsOptions> = {}, rtmp: RtmpModuleOptions = {}): Promise<void> {
  @Module({
    imports: [
      RtmpModule.forRoot({ listeners: [{ port: 0 }], ...rtmp, isGlobal: true }),
      RtmpHlsModule.forRoot({ container: 'ts', ...hls }),
    ],
  })
  class TestModule {}

  const settings = { logger: new LogBook(), abortOnError: false };
  app = await NestFactory.create<NestFastifyApplication>(
    TestModule,
    new FastifyAdapter({ forceCloseConnections: true }),
    settings,
  );
  app.connectMicroservice({ strategy: app.get(RtmpServer) });
  await app.init();
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
}

afterEach(async () => {
  await publisher?.destroy();
  publisher = undefined;
  await app.close();
});

const get = (path: string, signal?: AbortSignal): Promise<Response> =>
  fetch(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}${path}`, { signal: signal ?? null });

/** Publishes ten seconds of pictures, a key frame every two. */
async function publish(name: string): Promise<void> {
  publisher = await RawRtmpClient.publishing(app.get(RtmpServer).addresses[0]!.port!, name);
  publisher.send(9, 1, 0, AVC_CONFIG);
  for (let time = 0; time <= 10_000; time += 500) {
    const isKey = time % 2000 === 0;
    publisher.video(1, time, isKey ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0, 2, isKey ? 0x65 : 0x41, 0x88);
  }
}

/** The address of the first file that a playlist names. */
async function firstOf(path: string): Promise<string> {
  const playlist = await get(path);
  const text = await playlist.text();
  expect([playlist.status, text]).toEqual([200, expect.stringContaining('#EXTM3U')]);
  const line = text.split('\n').find((one) => one !== '' && !one.startsWith('#'))!;
  return path.replace(/[^/]*$/u, '') + line;
}

describe('what caches on the way may keep', () => {
  it.each([
    [true, 'private'],
    [false, 'public'],
  ])('with sessions %s it is %s', async (sessions, scope) => {
    await start({ sessions, start: 'always' });
    await publish('cam');
    const playlist = await firstOf('/live/cam.m3u8?key=secret');
    const segment = await firstOf(playlist);
    for (const path of [playlist, segment]) {
      expect((await get(path)).headers.get('cache-control')).toMatch(new RegExp(`^${scope}, max-age=`, 'u'));
    }
  });
});

describe('queries', () => {
  it('of viewers stand behind every URI, and are no longer than playlists bear', async () => {
    await start({ start: 'always' });
    await publish('cam');
    const long = `ticket=${'x'.repeat(2041)}`;
    expect((await get(`/live/cam.m3u8?${long}y`)).status).toBe(414);
    const path = await firstOf(`/live/cam.m3u8?${long}`);
    expect(path.endsWith(`?${long}`)).toBe(true);
    expect((await get(path)).status).toBe(200);
    const refused = await get(`${path}y`);
    expect([refused.status, await refused.json()]).toEqual([
      414,
      { code: 'NetConnection.Call.BadRequest', description: expect.stringContaining('2048') as string },
    ]);
  });
});

describe('viewers', () => {
  it('of one address are no more than its connections may be', async () => {
    await start({ start: 'always' }, { maxConnectionsPerAddress: 3 });
    await publish('cam');
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await get('/live/cam.m3u8')).status);
    expect(statuses).toEqual([200, 200, 200, 503, 503]);
    app
      .get(RtmpSessions)
      .list()
      .find(({ transport }) => transport === 'hls')!
      .disconnect('enough');
    expect((await get('/live/cam.m3u8')).status).toBe(200);
  });

  it('who only come leave their places to others, the first of them first; those who watch do not', async () => {
    await start({ start: 'always', maxViewers: 2 });
    await publish('cam');
    const enter = () => firstOf('/live/cam.m3u8');
    const statusOf = async (path: string) => (await get(path)).status;
    const [first, second, third] = [await enter(), await enter(), await enter()];
    expect([await statusOf(first), await statusOf(second)]).toEqual([403, 200]);
    const fourth = await enter();
    expect([await statusOf(third), await statusOf(second), await statusOf(fourth)]).toEqual([403, 200, 200]);
    expect(await statusOf('/live/cam.m3u8')).toBe(503);
    const sessions = app.get(RtmpSessions).list();
    expect(sessions.filter(({ transport }) => transport === 'hls')).toHaveLength(2);
    expect(app.get(RtmpHls).get('live/cam')!.viewers).toHaveLength(2);
  });

  it('who wait for a stream that does not come are counted too, for as long as they wait', async () => {
    await start({}, { maxConnectionsPerAddress: 2, playback: { waitForPublisher: 60_000 } });
    const gone = new AbortController();
    const waiting = ['a', 'b'].map((name) => get(`/live/${name}.m3u8`, gone.signal).catch(() => undefined));
    const askAgain = async (): Promise<number> => {
      const impatient = AbortSignal.timeout(200);
      return get('/live/c.m3u8', impatient).then(
        ({ status }) => status,
        () => 0,
      );
    };
    await until('there is no room', async () => (await askAgain()) === 503);
    gone.abort();
    await Promise.all(waiting);
    await until('there is room', async () => (await askAgain()) === 0);
    expect(app.get(RtmpHls).list()).toEqual([]);
  });

  it('who share their addresses are counted only while they are let in', async () => {
    await start({ sessions: false, start: 'always' }, { maxConnectionsPerAddress: 2 });
    await publish('cam');
    for (let i = 0; i < 4; i++) expect((await get('/live/cam.m3u8')).status).toBe(200);
  });
});

describe('a publisher of whose media nothing can be made', () => {
  it.each([
    ['before it ends', 1],
    ['at all', 0],
  ])('that says nothing of its codec %s does no harm', async (_what, frames) => {
    await start({ start: 'always', publisherGrace: 0 });
    publisher = await RawRtmpClient.publishing(app.get(RtmpServer).addresses[0]!.port!, 'silent');
    for (let i = 0; i < frames; i++) publisher.audio(1, i * 20, 0xaf, 1, 0xc0, 0xff, 0xee);
    await until('it is packaged', () => app.get(RtmpHls).get('live/silent') !== undefined);
    const viewer = get('/live/silent.m3u8');
    await until('somebody waits', () => app.get(RtmpHls).get('live/silent')!.waiting === 1);
    await publisher.destroy();
    expect((await viewer).status).toBe(503);
    await publish('cam');
    expect((await get('/live/cam.m3u8')).status).toBe(200);
  });
});
