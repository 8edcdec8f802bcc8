import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CanActivate, type DynamicModule, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { FlvDemuxer } from '#lib/flv';
import {
  type ArchiveList,
  RtmpAdminModule,
  RtmpArchiveModule,
  type RtmpArchiveOptions,
  RtmpModule,
  type RtmpModuleOptions,
  RtmpServer,
  RtmpStreams,
} from '#src';
import { clip } from '#test/clips';
import { keyFrame } from '#test/live-media';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { runProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';
import { LogBook } from './start-app.js';

@Module({})
class TestModule {}

let app: NestFastifyApplication | undefined;
let directory: string;
let port: number;

async function start(
  options: Partial<RtmpArchiveOptions> = {},
  rtmp: RtmpModuleOptions = {},
  more: Partial<DynamicModule> = {},
) {
  const recording = { directory, ...rtmp.recording };
  const module: DynamicModule = {
    module: TestModule,
    ...more,
    imports: [
      RtmpModule.forRoot({ listeners: [{ port: 0 }], ...rtmp, recording, isGlobal: true }),
      RtmpArchiveModule.forRoot({ guard: false, ...options }),
      ...(more.imports ?? []),
    ],
  };
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  const logger = new LogBook();
  app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger, abortOnError: false });
  app.connectMicroservice({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
  await app.init();
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-archive-'));
  await mkdir(join(directory, 'live', 'north'), { recursive: true });
});

afterEach(async () => {
  await app?.close();
  app = undefined;
  await rm(directory, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** The path as it is: fetch() would resolve `..`. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers, method }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (bytes: Buffer) => parts.push(bytes));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
      );
      response.on('error', reject);
    });
    request.on('error', reject).end();
  });
}

const listed = async (query = '') => JSON.parse((await ask(`/api/recordings${query}`)).body.toString()) as ArchiveList;
const codeOf = ({ body }: Answer) => (JSON.parse(body.toString()) as { code: string }).code;

const OLD = 'live/cam-2026-01-02T03-04-05.678Z.flv';
const NEW = 'live/cam-2026-02-02T03-04-05.678Z.mp4';
const CONTENT = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 0xff));

async function files(): Promise<void> {
  await writeFile(join(directory, OLD), CONTENT);
  await writeFile(join(directory, NEW), 'mp4');
  await writeFile(join(directory, 'live/north/Süd 1.flv'), 'text');
  await writeFile(join(directory, 'live/notes.txt'), 'not for everybody');
  await writeFile(join(directory, '..', 'secret.flv'), 'secret');
}

describe('GET /api/recordings', () => {
  it('lists what is there, the newest first, and nothing but recordings', async () => {
    await files();
    await start();
    const { recordings, total, bytes } = await listed('?app=live&name=cam');
    expect([total, bytes]).toEqual([2, 1003]);
    expect(recordings.map(({ id, type }) => [id, type])).toEqual([
      [NEW, 'video/mp4'],
      [OLD, 'video/x-flv'],
    ]);
    expect(recordings[1]).toMatchObject({
      app: 'live',
      name: 'cam',
      startedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      bytes: 1000,
      isComplete: true,
      path: `/api/recordings/${OLD}`,
    });
    const all = await listed();
    expect(all.recordings.map(({ id }) => id).sort()).toEqual([OLD, NEW, 'live/north/Süd 1.flv'].sort());
  });

  it('lists so many at most, and says how many there are', async () => {
    await files();
    await start({ maxListed: 1 });
    expect(await listed('?app=live&name=cam')).toMatchObject({ recordings: [{ id: NEW }], total: 2 });
  });

  it('finds what is asked for among all there are, not among the newest', async () => {
    await files();
    await start({ maxListed: 1 });
    expect(await listed('?search=VE/NORTH/s%C3%BC')).toMatchObject({
      recordings: [{ id: 'live/north/Süd 1.flv' }],
      total: 1,
      bytes: 4,
    });
    expect(await listed('?search=nowhere')).toEqual({ recordings: [], total: 0, bytes: 0 });
    expect(await listed('?search=')).toMatchObject({ total: 3 });
  });

  it('shows what is being written', async () => {
    await start({}, { recording: { record: true, flushInterval: 20 } });
    const publisher = await RawRtmpClient.publishing(app!.get(RtmpServer).addresses[0]!.port!, 'cam');
    publisher.send(9, 1, 0, keyFrame(1).payload);
    const [recording] = await until('the recording has bytes', async () => {
      const { recordings } = await listed();
      return recordings.length > 0 && recordings[0]!.bytes > 0 && recordings;
    });
    expect(recording).toMatchObject({ app: 'live', name: 'cam', isComplete: false });
    const answer = await ask(recording!.path);
    expect(answer.status).toBe(200);
    expect(answer.body.subarray(0, 3).toString()).toBe('FLV');
    expect(answer.headers).not.toHaveProperty('etag');
    await publisher.destroy();
  });
});

describe('GET /api/recordings/<id>', () => {
  beforeEach(async () => {
    await files();
    await start();
  });

  it('is the file', async () => {
    const { status, headers, body } = await ask(`/api/recordings/${OLD}`);
    expect(status).toBe(200);
    expect(body).toEqual(CONTENT);
    expect(headers).toMatchObject({
      'content-type': 'video/x-flv',
      'content-length': '1000',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
    });
    expect(headers).not.toHaveProperty('content-disposition');
  });

  it('is to be kept when that is asked for', async () => {
    const { headers, body } = await ask('/api/recordings/live/north/S%C3%BCd%201.flv?download');
    expect(headers['content-disposition']).toBe("attachment; filename*=UTF-8''S%C3%BCd%201.flv");
    expect(body.toString()).toBe('text');
  });

  it('without its body answers HEAD', async () => {
    const { status, headers, body } = await ask(`/api/recordings/${OLD}`, {}, 'HEAD');
    expect([status, headers['content-length'], body.length]).toEqual([200, '1000', 0]);
  });

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=990-', 990, 1000],
    ['bytes=-5', 995, 1000],
    ['bytes=-5000', 0, 1000],
    ['bytes=998-5000', 998, 1000],
  ])('in part: %s', async (range, from, to) => {
    const { status, headers, body } = await ask(`/api/recordings/${OLD}`, { range });
    expect(status).toBe(206);
    expect(headers['content-range']).toBe(`bytes ${from}-${to - 1}/1000`);
    expect(body).toEqual(CONTENT.subarray(from, to));
  });

  it.each(['bytes=0-1,5-6', 'bytes=9-1', 'lines=1-2', 'bytes=-', 'bytes=x'])('is the whole for %s', async (range) => {
    const { status, body } = await ask(`/api/recordings/${OLD}`, { range });
    expect([status, body.length]).toEqual([200, 1000]);
  });

  it.each(['bytes=1000-', 'bytes=5000-6000', 'bytes=-0'])('has no part %s', async (range) => {
    const { status, headers } = await ask(`/api/recordings/${OLD}`, { range });
    expect([status, headers['content-range']]).toEqual([416, 'bytes */1000']);
  });

  it('is not sent again to whoever has it, and in part only of what it still is', async () => {
    const etag = (await ask(`/api/recordings/${OLD}`)).headers['etag'] as string;
    expect((await ask(`/api/recordings/${OLD}`, { 'if-none-match': etag })).status).toBe(304);
    expect((await ask(`/api/recordings/${OLD}`, { range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await ask(`/api/recordings/${OLD}`, { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
  });

  it.each([
    'live/none.flv',
    'live/notes.txt',
    'live',
    '',
    '../secret.flv',
    '%2e%2e/secret.flv',
    'live/%2e%2e/%2e%2e/secret.flv',
    'live%2f..%2f..%2fsecret.flv',
    '..%5csecret.flv',
    '%00.flv',
  ])('is not found: %s', async (path) => {
    const { status, body } = await ask(`/api/recordings/${path}`);
    if (path !== '') expect(status).toBe(404);
    expect(body.toString()).not.toContain('secret\n');
    expect(body.toString()).not.toBe('secret');
  });

  it('is not found at an address that is not well formed', async () => {
    expect((await ask('/api/recordings/%zz.flv')).status).toBeGreaterThanOrEqual(400);
  });
});

describe('who may', () => {
  it('is for the AdminGuard to say, which has to be there', async () => {
    await files();
    await expect(start({ guard: undefined })).rejects.toThrow(/RtmpArchiveModule.*guard|guard.*RtmpAdminModule/su);
    app = undefined;
    await start({ guard: undefined }, {}, { imports: [RtmpAdminModule.forRoot({ token: 'a-long-admin-token' })] });
    for (const path of ['/api/recordings', `/api/recordings/${OLD}`, '/api/streams/live/cam/thumbnail.jpg']) {
      expect((await ask(path)).status).toBe(401);
    }
    const headers = { authorization: 'Bearer a-long-admin-token' };
    expect((await ask(`/api/recordings/${OLD}`, headers)).status).toBe(200);
    const features = JSON.parse((await ask('/api/server', headers)).body.toString()) as { features: object };
    expect(features.features).toMatchObject({ recordings: true, thumbnails: true });
  });

  it('may be for a guard of the application to say', async () => {
    @Injectable()
    class Nobody implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    @Module({ providers: [Nobody] })
    class GuardModule {}
    await files();
    await start({ guard: Nobody }, {}, { imports: [GuardModule] });
    expect((await ask('/api/recordings')).status).toBe(403);
  });
});

describe('GET /api/streams/<app>/<name>/thumbnail.jpg', () => {
  async function publish(clip = 'test/fixtures/published.flv'): Promise<RawRtmpClient> {
    const publisher = await RawRtmpClient.publishing(app!.get(RtmpServer).addresses[0]!.port!, 'cam');
    const demuxer = new FlvDemuxer();
    demuxer.push(readFileSync(clip));
    for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
      if (unit.type === 'tag' && unit.tagType !== 18) publisher.send(unit.tagType, 1, unit.timestamp, unit.payload);
    }
    const { stream } = await until('it is live', () => app!.get(RtmpStreams).get('live/cam'));
    await until('a key frame came', () => stream.gopCache.size > 0);
    return publisher;
  }

  it('is the newest key frame, made once in a while', async () => {
    await start({ thumbnailWidth: 100 });
    const publisher = await publish();
    const [first, second] = await Promise.all([1, 2].map(() => ask('/api/streams/live/cam/thumbnail.jpg')));
    expect([first!.status, first!.headers['content-type']]).toEqual([200, 'image/jpeg']);
    expect(first!.body.subarray(0, 3)).toEqual(Buffer.of(0xff, 0xd8, 0xff));
    expect(second!.body).toEqual(first!.body);
    const third = await ask('/api/streams/live/cam/thumbnail.jpg?again');
    expect(third.headers['last-modified']).toBe(first!.headers['last-modified']);
    await publisher.destroy();
  });

  it('is as wide as pictures are shown', async () => {
    await start({ thumbnailWidth: 2000 });
    // The clip has 320x240 pixels.
    const clipped = join(directory, 'oblong.flv');
    const oblong = words`-bsf:v h264_metadata=sample_aspect_ratio=16/11 ${clipped}`;
    await runProgram('ffmpeg', words`-v error -i ${await clip('H.264 alone')} -c copy ${oblong}`);
    const publisher = await publish(clipped);
    const { body } = await ask('/api/streams/live/cam/thumbnail.jpg');
    // Start of frame, ITU-T T.81 §B.2.2: height and width.
    const frame = body.indexOf(Buffer.of(0xff, 0xc0));
    expect([body.readUInt16BE(frame + 7), body.readUInt16BE(frame + 5)]).toEqual([465, 240]);
    await publisher.destroy();
  });

  it.each([
    [501, 'ARCHIVE_ERR_NO_FFMPEG', { ffmpeg: false as const }],
    [501, 'ARCHIVE_ERR_NO_FFMPEG', { ffmpeg: '/nowhere/ffmpeg' }],
    [503, 'ARCHIVE_ERR_THUMBNAIL', { ffmpeg: '/bin/false' }],
    [503, 'ARCHIVE_ERR_THUMBNAIL', { ffmpeg: '/usr/bin/yes' }],
  ])('is %i %s when there is no way to make it', async (status, code, options) => {
    await start({ thumbnailTimeout: 500, ...options });
    const publisher = await publish();
    const answer = await ask('/api/streams/live/cam/thumbnail.jpg');
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    await publisher.destroy();
  });

  it('is 404 when nothing is live', async () => {
    await start();
    for (const name of ['cam', 'a/b/c/d/e', 'a%2Fb%2Fc']) {
      const answer = await ask(`/api/streams/live/${name}/thumbnail.jpg`);
      expect([answer.status, codeOf(answer)]).toEqual([404, 'ARCHIVE_ERR_NOT_LIVE']);
    }
  });
});

describe('the options', () => {
  it.each([
    [{ maxListed: 0 }, 'maxListed'],
    [{ ffmpeg: '' }, 'ffmpeg'],
    [{ nonsense: 1 }, 'nonsense'],
    [{ guard: 'AdminGuard' }, 'guard'],
  ])('are checked: %j', async (options, name) => {
    await expect(start(options as never)).rejects.toThrow(name);
    app = undefined;
  });
});
