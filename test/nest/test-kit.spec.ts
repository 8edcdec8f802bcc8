import type { INestMicroservice } from '@nestjs/common';
import { Ctx, type MicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  MemoryRecordingStorage,
  RECORDING_STORAGE,
  RtmpCommand,
  type RtmpContext,
  RtmpController,
  RtmpModule,
  type RtmpModuleOptions,
  RtmpServer,
  RtmpStatusException,
  RtmpStreams,
} from '#src';
import {
  VirtualEncoder,
  type VirtualEncoderOptions,
  VirtualPlayer,
  type VirtualPlayerFigures,
} from '../../src/test-kit/index.js';
import { tagsOf } from '#test/flv-tags';
import { until } from '#test/until';

@RtmpController('live')
class Keys {
  @RtmpCommand('publish')
  publish(@Ctx() { query }: RtmpContext): void {
    if (query.key !== 'secret') throw new RtmpStatusException('NetStream.Publish.Denied', 'Whose key is that?');
  }

  @RtmpCommand('play')
  play(@Ctx() { stream }: RtmpContext): void {
    if (stream?.name === 'private') throw new RtmpStatusException('NetStream.Play.Failed', 'Not this one.');
  }
}

let app: INestMicroservice;
let url: string;

async function start(options: RtmpModuleOptions = {}): Promise<void> {
  const rtmp = RtmpModule.forRoot({
    listeners: [{ host: '127.0.0.1', port: 0 }],
    recording: { record: true },
    storage: MemoryRecordingStorage,
    latency: 'realtime',
    ...options,
  });
  const module = await Test.createTestingModule({ imports: [rtmp], controllers: [Keys] }).compile();
  const strategy = module.get(RtmpServer);
  app = module.createNestMicroservice<MicroserviceOptions>({ strategy, logger: false });
  await app.listen();
  url = `${strategy.addresses[0]!.url}/live`;
}

afterEach(() => app.close());

const publish = (name: string, options?: VirtualEncoderOptions) =>
  VirtualEncoder.publish(`${url}/${name}?key=secret`, options);

const live = () =>
  app
    .get(RtmpStreams)
    .list()
    .map(({ path }) => path);

function recording(): Uint8Array {
  const { recordings } = app.get<MemoryRecordingStorage>(RECORDING_STORAGE, { strict: false });
  expect(recordings.size).toBe(1);
  return [...recordings.values()][0]!;
}

describe('an encoder', () => {
  it('is played, and is over with its end', async () => {
    await start();
    const encoder = await publish('cam');
    encoder.start();
    const player = await VirtualPlayer.play(`${url}/cam`);
    const figures = await player.until(({ pictures, sounds }) => pictures > 5 && sounds > 5);
    expect(figures).toMatchObject({ beganWithKeyFrame: true, keyFrames: 1 });
    expect(figures.metadata).toMatchObject({ width: 320, height: 180, framerate: 30 });
    expect(figures.duration).toBeGreaterThan(100);
    await encoder.end();
    expect(await player.ended).toBeUndefined();
    expect(live()).toEqual([]);
  });

  it('is told why it may not publish', async () => {
    await start();
    await expect(VirtualEncoder.publish(`${url}/cam`)).rejects.toMatchObject({
      code: 'RTMP_CLIENT_ERR_REFUSED',
      status: { code: 'NetStream.Publish.Denied', description: 'Whose key is that?' },
    });
    const first = await publish('cam');
    await expect(publish('cam')).rejects.toMatchObject({ status: { code: 'NetStream.Publish.BadName' } });
    await first.end();
  });

  it('sends as much as it is told to, in the order of its times', async () => {
    await start();
    const encoder = await publish('cam', { fps: 25, gop: 50, startTimestamp: 5000 });
    await encoder.send(10_000);
    expect(encoder.sent).toBe(10_000);
    expect(encoder.timestamp).toBe(15_000);
    await encoder.end();
    await app.close();
    const tags = tagsOf(recording());
    const pictures = tags.filter(({ tagType, payload }) => tagType === 9 && payload[1] === 1);
    expect(pictures.map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: 250 }, (_, index) => index * 40));
    expect(pictures.filter(({ payload }) => payload[0] === 0x17)).toHaveLength(5);
    expect(tags.filter(({ tagType }) => tagType === 8)).toHaveLength(1 + Math.ceil((10_000 * 48) / 1024));
    const times = tags.map(({ timestamp }) => timestamp);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('stalls, goes on, and sends its headers again', async () => {
    await start();
    const encoder = await publish('cam');
    const player = await VirtualPlayer.play(`${url}/cam`);
    encoder.start();
    await player.until(({ pictures }) => pictures > 2);
    encoder.stall();
    await encoder.sendHeaders();
    const { sent } = encoder;
    await encoder.send(0);
    const { pictures } = player.figures;
    expect(encoder.sent).toBe(sent);
    encoder.start();
    await player.until((figures) => figures.pictures > pictures + 2);
    await encoder.end();
  });

  it('has a clock that jumps', async () => {
    await start();
    const encoder = await publish('cam', { audio: false, fps: 10, startTimestamp: 2 ** 32 - 250 });
    await encoder.send(500);
    encoder.jump(-100);
    expect(encoder.timestamp).toBe(2 ** 32 + 150);
    await encoder.end();
    await app.close();
    const pictures = tagsOf(recording()).filter(({ tagType, payload }) => tagType === 9 && payload[1] === 1);
    expect(pictures.map(({ timestamp }) => timestamp)).toEqual([0, 100, 200, 300, 400]);
  });

  it('has the defaults of options that are undefined', async () => {
    await start();
    const options = { video: undefined, fps: undefined, client: undefined } as unknown as VirtualEncoderOptions;
    const encoder = await publish('cam', options);
    await encoder.send(1000);
    const player = await VirtualPlayer.play(`${url}/cam`);
    await player.until(({ pictures }) => pictures === 30);
    await player.close();
    await encoder.end();
  });

  it('that is cut off is gone without a word', async () => {
    await start({ playback: { publisherGrace: 60_000 } });
    const encoder = await publish('cam');
    await encoder.send(1000);
    encoder.cut();
    await until('the server notices', () => live().length === 0);
    await (await publish('cam')).end();
  });

  it('ends by itself when the server ends the publish', async () => {
    await start();
    const encoder = await publish('cam');
    encoder.start();
    app.get(RtmpStreams).end('live/cam', 'Enough.');
    expect(await encoder.publication.closed).toMatchObject({ status: { description: 'Enough.' } });
    await expect(encoder.send(100)).rejects.toThrow('Enough.');
    encoder.start();
    encoder.cut();
  });

  it.each<[VirtualEncoderOptions, string]>([
    [{ width: 33 }, 'VirtualEncoder option width: 33 is not possible; write an even number.'],
    [{ height: 30 }, 'VirtualEncoder option height: 30 is not possible; write a whole number from 32 to 8192'],
    [{ fps: 0 }, 'VirtualEncoder option fps: 0'],
    [{ gop: 1.5 }, 'VirtualEncoder option gop: 1.5'],
    [{ bitrate: 5 } as never, 'VirtualEncoder option bitrate: 5 is not possible; there is no such option'],
    [{ video: false, audio: false }, 'VirtualEncoder option video: false is not possible; leave audio or video on.'],
  ])('%j is refused', async (options, message) => {
    await start();
    await expect(publish('cam', options)).rejects.toThrow(message);
  });
});

describe('a player', () => {
  it('is told why it may not play', async () => {
    await start();
    await expect(VirtualPlayer.play(`${url}/private`)).rejects.toMatchObject({
      status: { description: 'Not this one.' },
    });
  });

  it('says what there is when that is not enough', async () => {
    await start();
    const encoder = await publish('cam');
    await encoder.send(1000);
    const player = await VirtualPlayer.play(`${url}/cam`);
    await player.until(({ pictures }) => pictures === 30);
    await expect(player.until(({ pictures }) => pictures > 30, 50)).rejects.toThrow(/^50 ms: .*"pictures":30/u);
    const waiting = expect(player.until(({ pictures }) => pictures > 30)).rejects.toThrow(/^the stream is over: /u);
    await player.close();
    await waiting;
    expect(await player.ended).toBeUndefined();
    await encoder.end();
  });

  it('hands on what a condition throws, and plays on', async () => {
    await start();
    const encoder = await publish('cam');
    const player = await VirtualPlayer.play(`${url}/cam`);
    const failing = (after: number) => (figures: VirtualPlayerFigures) => {
      if (figures.pictures >= after) throw new Error(`of ${after}`);
      return false;
    };
    await expect(player.until(failing(0))).rejects.toThrow('of 0');
    const waiting = expect(player.until(failing(10))).rejects.toThrow('of 10');
    await encoder.send(1000);
    await waiting;
    await player.until(({ pictures }) => pictures === 30);
    await encoder.end();
    expect(await player.ended).toBeUndefined();
    await player.close();
  });
});
