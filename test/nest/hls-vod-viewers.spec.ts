import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type AdminSnapshot,
  FileHlsStorage,
  HLS_STORAGE,
  RtmpAdminModule,
  type RtmpConnectEvent,
  RtmpContext,
  RtmpController,
  type RtmpDisconnectEvent,
  RtmpEvent,
  RtmpHls,
  RtmpHlsModule,
  type RtmpHlsOptions,
  type RtmpHlsVod,
  RtmpHlsVods,
  type RtmpModuleOptions,
  RtmpSessions,
  StreamRegistry,
} from '#src';
import { enterHls, fetchHls } from '#test/hls-player';
import { until } from '#test/until';
import { HandStream } from './hand-stream.js';
import { HttpApp } from './http-app.js';

// Who watches recordings as HLS: counted, listed and sent away as those who watch what is live.

jest.setTimeout(30_000);

const MINUTE = 60_000;

const told: string[] = [];
/** How far the clock is ahead that says who is silent. */
let ahead: number;

@RtmpController()
class Doorman {
  @RtmpEvent('connect')
  connected(@Payload() { command }: RtmpConnectEvent, @Ctx() { session }: RtmpContext): void {
    told.push(`connect ${command.app} ${session.id}`);
  }

  @RtmpEvent('disconnect')
  disconnected(@Payload() { reason }: RtmpDisconnectEvent, @Ctx() { session }: RtmpContext): void {
    told.push(`disconnect ${reason} ${session.id}`);
  }
}

let directory: string;
const running: HttpApp[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-viewers-'));
  told.length = 0;
  ahead = 0;
  const now = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + ahead);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(running.splice(0).map(({ app }) => app.close()));
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
});

/** A server with recordings of these names, four seconds each. */
async function start(names: readonly string[], hls: Partial<RtmpHlsOptions> = {}, options: RtmpModuleOptions = {}) {
  const storage = { provide: HLS_STORAGE, useValue: new FileHlsStorage({ directory }) };
  const test = await HttpApp.start({
    options,
    imports: [
      RtmpHlsModule.forRoot(
        { record: true, segmentDuration: 1000, viewerTimeout: MINUTE, ...hls },
        { providers: [storage] },
      ),
      RtmpAdminModule.forRoot(),
    ],
    controllers: [Doorman],
  });
  running.push(test);
  const { app, httpPort } = test;
  const vods = app.get(RtmpHlsVods);
  const base = `http://127.0.0.1:${httpPort}`;
  const recordings: RtmpHlsVod[] = [];
  for (const name of names) {
    const source = new HandStream(app.get(StreamRegistry), name);
    await until('it is packaged', () => app.get(RtmpHls).get(`live/${name}`) !== undefined);
    source.publish(4);
    source.end();
    const isThere = async (): Promise<boolean> => {
      for await (const vod of vods.list({ app: 'live', name })) recordings.push(vod);
      return recordings.some((vod) => vod.name === name);
    };
    while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    app,
    base,
    vods,
    recordings,
    sessions: app.get(RtmpSessions),
    /** The address of the media playlist that somebody gets who comes to watch. */
    enter: async ({ path }: RtmpHlsVod) => (await enterHls(`${base}${path}`)).playlists[0]!,
    snapshot: async () => JSON.parse((await fetchHls(`${base}/api/streams`)).bytes.toString()) as AdminSnapshot,
    metrics: async () => (await fetchHls(`${base}/metrics`)).bytes.toString(),
  };
}

const statusOf = async (url: string | URL): Promise<number> => (await fetchHls(url)).status;
const counts = (vods: RtmpHlsVods) => vods.watched().map(({ name, viewers }) => `${name} ${viewers.length}`);

describe('viewers of a recording', () => {
  it('are listed, counted and told of while they ask, and again when they go on after a pause', async () => {
    const { vods, recordings, sessions, enter, snapshot, metrics } = await start(['one', 'two']);
    const [one, two] = recordings as [RtmpHlsVod, RtmpHlsVod];
    expect(vods.watched()).toEqual([]);
    const first = await enter(one);
    const others = [await enter(two), await enter(two)];
    expect(new Set([first, ...others].map(({ pathname }) => pathname)).size).toBe(3);
    const { viewers } = vods.watched()[0]!;
    expect(vods.watched()).toEqual([
      { id: one.id, path: one.path, app: 'live', name: 'one', viewers: [expect.anything()] },
      { id: two.id, path: two.path, app: 'live', name: 'two', viewers: [expect.anything(), expect.anything()] },
    ]);
    expect(viewers[0]).toMatchObject({ transport: 'hls', app: 'live', remoteAddress: '127.0.0.1' });
    expect(sessions.list()).toEqual(expect.arrayContaining([...viewers]));
    expect([sessions.size, told.filter((text) => text.startsWith('connect live ')).length]).toEqual([3, 3]);
    const { recordings: watched, connections } = await snapshot();
    expect(connections).toBe(3);
    expect(watched).toEqual([
      { id: one.id, app: 'live', name: 'one', path: one.path, viewers: { total: 1, byProtocol: { hls: 1 } } },
      { id: two.id, app: 'live', name: 'two', path: two.path, viewers: { total: 2, byProtocol: { hls: 2 } } },
    ]);
    expect(await metrics()).toContain(
      `\nrtmp_recording_viewers{app="live",name="two",recording="${two.id}",protocol="hls"} 2\n`,
    );

    // One goes on asking, the others have a pause.
    ahead += MINUTE / 2;
    expect(await statusOf(first)).toBe(200);
    ahead += MINUTE / 2;
    await until('the others are not counted', () => counts(vods).join() === 'one 1');
    expect(sessions.list()).toEqual(viewers);
    expect(told.filter((text) => text.startsWith('disconnect nothing asked for in 60000 ms '))).toHaveLength(2);
    expect(await statusOf(others[0]!)).toBe(200);
    expect(counts(vods)).toEqual(['one 1', 'two 1']);
    expect([sessions.size, told.filter((text) => text.startsWith('connect ')).length]).toEqual([2, 4]);
    ahead += MINUTE;
    await until('nobody watches', () => vods.watched().length === 0);
    expect([sessions.size, (await snapshot()).recordings]).toEqual([0, []]);
  });

  it('are sent away for good, and nobody else with them', async () => {
    const { vods, recordings, sessions, enter } = await start(['one']);
    const [bad, good] = [await enter(recordings[0]!), await enter(recordings[0]!)];
    const [session] = vods.watched()[0]!.viewers;
    expect(sessions.disconnect(session!.id, 'enough')).toBe(true);
    expect(counts(vods)).toEqual(['one 1']);
    expect([await statusOf(bad), await statusOf(good)]).toEqual([403, 200]);
    ahead += MINUTE;
    await until('nobody watches', () => vods.watched().length === 0);
    expect([await statusOf(bad), await statusOf(good)]).toEqual([403, 200]);
    expect(told.filter((text) => text.startsWith('disconnect enough'))).toEqual([`disconnect enough ${session!.id}`]);
    // The application may let it in again.
    expect(await statusOf(await enter(recordings[0]!))).toBe(200);
  });

  it('are no more than maxViewers at a time, nor than one address may have', async () => {
    for (const [hls, options] of [
      [{ maxViewers: 1 }, {}],
      [{}, { maxConnectionsPerAddress: 1 }],
    ] as const) {
      const { base, vods, recordings, enter } = await start([`n${running.length}`], hls, options);
      const vod = recordings[0]!;
      const first = await enter(vod);
      expect(await statusOf(`${base}${vod.path}`)).toBe(503);
      expect(await statusOf(first)).toBe(200);
      ahead += MINUTE;
      await until('there is room', () => vods.watched().length === 0);
      const second = await enter(vod);
      // It has to wait as those who come to watch do.
      expect(await statusOf(first)).toBe(503);
      expect(await statusOf(second)).toBe(200);
      ahead += MINUTE;
      await until('there is room', () => vods.watched().length === 0);
      expect(await statusOf(first)).toBe(200);
    }
  });

  it('are gone when the server closes', async () => {
    const { app, recordings, sessions, enter } = await start(['one']);
    await enter(recordings[0]!);
    running.length = 0;
    await app.close();
    expect(sessions.size).toBe(0);
  });

  it('are not told apart, nor counted, where they share addresses', async () => {
    const { vods, recordings, sessions, enter } = await start(['one'], { sessions: false });
    expect(await statusOf(await enter(recordings[0]!))).toBe(200);
    expect([vods.watched(), sessions.size]).toEqual([[], 0]);
  });
});

describe('vodTimeout', () => {
  it('is how long addresses are good, from when somebody was let in, however often it asks', async () => {
    const { vods, recordings, enter } = await start(['one'], { vodTimeout: MINUTE });
    const now = Date.now.bind(Date);
    let later = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + later);
    const first = await enter(recordings[0]!);
    const segment = new URL('main_0.m4s', first);
    for (later = 0; later <= 50_000; later += 10_000) {
      expect([later, await statusOf(first), await statusOf(segment)]).toEqual([later, 200, 200]);
    }
    const second = await enter(recordings[0]!);
    later = MINUTE + 1;
    expect([await statusOf(first), await statusOf(segment), await statusOf(second)]).toEqual([403, 403, 200]);
    // Who asks for the recording again is let in again.
    expect(await statusOf(await enter(recordings[0]!))).toBe(200);
    expect(counts(vods)).toEqual(['one 3']);
    later = 5 * MINUTE;
    expect(await statusOf(second)).toBe(403);
  });

  it('does not matter where addresses are shared', async () => {
    const { recordings, enter } = await start(['one'], { vodTimeout: 1000, sessions: false });
    const media = await enter(recordings[0]!);
    const now = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 86_400_000);
    expect(await statusOf(media)).toBe(200);
  });
});
