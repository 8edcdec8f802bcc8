import { mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Ctx } from '@nestjs/microservices';
import { decodeAmf0 } from '#lib/amf';
import { FlvMuxer, tagLength } from '#lib/flv';
import {
  type PlayReply,
  type RecordingStorage,
  RtmpCommand,
  RtmpContext,
  RtmpController,
  type RtmpModuleOptions,
  RtmpStatusException,
  RtmpStreams,
} from '#src';
import { audio, audioConfig, keyFrame, type LiveMessage, picture, token, videoConfig } from '#test/live-media';
import { RawPlayer } from '#test/raw-player';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { startMicroservice, type TestApp, type TestAppOptions } from './start-app.js';

let test: TestApp;
let directory: string;
let clients: RawRtmpClient[];

beforeEach(async () => {
  clients = [];
  directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-vod-'));
  await mkdir(join(directory, 'live'));
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.destroy()));
  await test.close();
  await rm(directory, { recursive: true, force: true });
});

async function start(options: RtmpModuleOptions = {}, more: TestAppOptions = {}): Promise<void> {
  const { playback, recording } = options;
  test = await startMicroservice({
    options: { ...options, playback: { recordings: true, ...playback }, recording: { directory, ...recording } },
    ...more,
  });
}

async function connected(): Promise<RawRtmpClient> {
  const client = await RawRtmpClient.connected(test.port);
  clients.push(client);
  return client;
}

const play = async (name: string, ...args: Array<number | boolean>) => RawPlayer.on(await connected(), name, ...args);

/** A message with its time. */
type Timed = readonly [number, LiveMessage];

/** Seconds of one key frame and three pictures, audio between them: K0 A0 P1 A1 P2 A2 P3 A3 K4 … */
function film(seconds: number, length?: number): Timed[] {
  const messages: Timed[] = [
    [0, videoConfig(1)],
    [0, audioConfig(1)],
  ];
  for (let i = 0; i < seconds * 4; i++) {
    messages.push([i * 250, (i % 4 === 0 ? keyFrame : picture)(i, length)], [i * 250 + 10, audio(i)]);
  }
  return messages;
}

function flv(messages: readonly Timed[], isFinished = true): Uint8Array {
  const muxer = new FlvMuxer({ keyframeIndexSlots: 64 });
  muxer.setMetadata({ number: 7 });
  const parts = [muxer.header()];
  for (const [time, { typeId, payload }] of messages) {
    const bytes = new Uint8Array(tagLength(payload.length));
    muxer.writeTag(bytes, 0, typeId, time, payload);
    parts.push(bytes);
  }
  const file = Buffer.concat(parts);
  if (isFinished) for (const { position, bytes } of muxer.finish().patches) file.set(bytes, position);
  return file;
}

/** As tokens with times. */
const listed = (messages: readonly Timed[]) =>
  messages.map(([time, { typeId, payload }]) => `${token(typeId, payload)}@${time}`);

const recorded = (name: string, messages: readonly Timed[]) => writeFile(join(directory, 'live', name), flv(messages));

const HEAD = ['M7@0', 'V1@0', 'C1@0'];

describe('a recording played by name', () => {
  it('leaves out what the NetStream left out before', async () => {
    await recorded('show.flv', film(1));
    await start();
    const client = await connected();
    const player = new RawPlayer(client, await client.createStream());
    player.command('receiveVideo', false);
    player.play('show');
    await player.client.until(() => player.all.includes('NetStream.Play.Stop'), 'Play.Stop');
    expect(player.media).toEqual(['M7', 'C1', 'A0', 'A1', 'A2', 'A3']);
  });

  it('is announced as recorded, sent whole, and said to be complete', async () => {
    await recorded('show.flv', film(2));
    await start();
    const player = await play('show');
    await player.has(3 + 16);
    expect(player.timed).toEqual([...HEAD, ...listed(film(2)).slice(2)]);
    await player.client.until(() => player.all.includes('NetStream.Play.Stop'), 'Play.Stop');
    expect(player.all.slice(0, 5)).toEqual([
      'StreamIsRecorded',
      'StreamBegin',
      'NetStream.Play.Reset',
      'NetStream.Play.Start',
      'access',
    ]);
    expect(player.all.slice(-3)).toEqual(['NetStream.Play.Complete', 'StreamEof', 'NetStream.Play.Stop']);
    const [, complete] = decodeAmf0(player.client.messages.findLast(({ typeId }) => typeId === 18)!.payload);
    expect(complete).toMatchObject({ level: 'status', duration: 2.01, bytes: expect.any(Number) });
    expect(player.client.isClosed).toBe(false);
  });

  it.each(['show', 'show.flv', 'flv:show', 'flv:show.flv', 'mp4:show.mp4', 'show?key=x'])(
    'is found as %j',
    async (name) => {
      await recorded('show.flv', film(1));
      await start();
      await (await play(name)).has(3 + 8);
    },
  );

  it('has metadata without what is about the file only', async () => {
    await recorded('show.flv', film(1));
    await start();
    const player = await play('show');
    await player.has(1);
    const [name, metadata] = decodeAmf0(
      player.client.messages.find(({ typeId, payload }) => typeId === 18 && payload[2] === 10)!.payload,
    );
    expect(name).toBe('onMetaData');
    expect(metadata).toMatchObject({ number: 7, duration: 1.01, hasVideo: true });
    expect(metadata).not.toHaveProperty('keyframes');
    expect(metadata).not.toHaveProperty('filesize');
  });

  it.each([
    [-2, 'show', 'K0'],
    [0, 'show', 'K0'],
    [1000, 'show', 'K4'],
    [1999, 'show', 'K4'],
    [60_000, 'show', 'K8'],
    [0, 'cam', 'K100'],
    [500, 'cam', 'K100'],
  ])('with start %i of %s begins at %s', async (position, name, first) => {
    await recorded('show.flv', film(3));
    await recorded('cam-2026-01-02T03-04-05.678Z.flv', [[0, keyFrame(99)]]);
    await recorded('cam-2026-01-02T03-04-06.000Z.flv', [
      [0, keyFrame(100)],
      [10, picture(101)],
    ]);
    await recorded('cam-2-2026-02-02T03-04-06.000Z.flv', [[0, keyFrame(98)]]);
    await start();
    const player = await play(name, position);
    await player.client.until(() => player.media.some((one) => one.startsWith('K')), 'a key frame');
    expect(player.media.find((one) => one.startsWith('K'))).toBe(first);
  });

  it('counts its time from the start that was asked for, and from the beginning after a seek', async () => {
    await recorded('show.flv', film(5));
    await start();
    const player = await play('show', 2500);
    await player.has(5);
    expect(player.timed.slice(0, 5)).toEqual(['M7@0', 'V1@0', 'C1@0', 'K8@0', 'A8@10']);
    await player.client.until(() => player.all.includes('NetStream.Play.Stop'), 'the end');
    // A player has seconds to play when it has been sent everything.
    player.command('seek', 1000);
    await player.client.until(() => player.media.includes('K4'), 'K4');
    expect(player.timed).toContain('K4@1000');
  });

  it('for some time ends when that is over, wherever it began', async () => {
    await recorded('show.flv', film(5));
    await start();
    const player = await play('show', 1500, 1000);
    await player.starts();
    await player.is('NetStream.Play.Stop');
    expect(player.media.filter((one) => one.startsWith('K'))).toEqual(['K4', 'K8']);
    expect(player.media.at(-1)).toBe('A9');
  });

  it('for no time at all is nothing when there is no picture', async () => {
    const sound = Array.from({ length: 2000 }, (_, index): Timed => [index * 20, audio(index)]);
    await recorded('sound.flv', [[0, audioConfig(1)], ...sound]);
    await start();
    const player = await play('sound', 0, 0);
    await player.client.until(() => player.all.includes('NetStream.Play.Stop'), 'Play.Stop');
    expect(player.all.slice(-3)).toEqual(['NetStream.Play.Complete', 'StreamEof', 'NetStream.Play.Stop']);
    expect(player.media.filter((one) => one.startsWith('A'))).toEqual([]);
  });

  it('for no time at all is one picture', async () => {
    await recorded('show.flv', film(5));
    await start();
    const player = await play('show', 2100, 0);
    await player.starts();
    await player.is('NetStream.Play.Stop');
    expect(player.media).toEqual(['M7', 'V1', 'C1', 'K8']);
  });

  it('is not sent faster than in real time, but for what the player keeps', async () => {
    await recorded('show.flv', film(120));
    await start();
    const player = await RawPlayer.on(await connected(), 'show');
    player.setBufferLength(2000);
    await player.has(3 + 2 * 8);
    await delay(300);
    expect(player.media.length).toBeLessThan(3 + 12 * 8);
    player.setBufferLength(36_000_000); // as rtmpdump does
    await player.has(3 + 120 * 8);
  });

  it.each([
    ['is off', { recordings: false }, 'show', []],
    ['is not asked for', {}, 'show', [-1]],
    ['does not exist', {}, 'nothing', []],
    ['is elsewhere', {}, '../secret', []],
    ['is no FLV', {}, 'text', []],
    ['is empty', {}, 'empty', []],
  ])('is not found when it %s', async (_what, playback, name, args) => {
    await recorded('show.flv', film(1));
    await writeFile(join(directory, 'secret.flv'), flv(film(1)));
    await writeFile(join(directory, 'live', 'text.flv'), 'This is not an FLV file, whatever its name says.');
    await writeFile(join(directory, 'live', 'empty.flv'), '');
    await start({ playback: { waitForPublisher: 0, ...playback } });
    const player = await play(name, ...args);
    expect(await player.is('NetStream.Play.StreamNotFound')).toMatchObject({ level: 'error' });
  });

  it('does not come before what is live', async () => {
    await recorded('cam.flv', film(1));
    await start();
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    clients.push(publisher);
    publisher.send(9, 1, 0, keyFrame(77).payload);
    const live = await play('cam');
    await live.gets('K77');
    const old = await play('cam', 0);
    await old.has(4);
    expect(old.media[3]).toBe('K0');
  });
});

describe('seek', () => {
  async function playing(): Promise<RawPlayer> {
    await recorded('show.flv', film(100));
    await start();
    const player = await play('show');
    await player.starts();
    await player.has(20);
    return player;
  }

  it.each([
    [50_700, 200],
    [0, 0],
    [1e9, 396],
  ])('to %i ms goes on at key frame %i, headers first', async (time, number) => {
    const player = await playing();
    player.command('seek', time);
    await player.is('NetStream.Seek.Notify');
    await player.is('NetStream.Play.Start');
    await player.client.until(() => player.timed.slice(8).includes(`K${number}@${number * 250}`), `K${number}`);
    const at = player.timed.lastIndexOf(`K${number}@${number * 250}`);
    expect(player.timed.slice(at - 3, at)).toEqual(['M7@0', `V1@${number * 250}`, `C1@${number * 250}`]);
    const before = player.all.lastIndexOf('StreamBegin');
    expect(player.all.slice(before - 2, before + 1)).toEqual(['StreamEof', 'StreamIsRecorded', 'StreamBegin']);
    // Nothing of the old place comes behind the answer.
    expect(player.all.slice(before + 1, before + 5)).toEqual(['M7', 'V1', 'C1', `K${number}`]);
  });

  it('is done as often as asked, the last one counts', async () => {
    const player = await playing();
    for (const time of [10_000, 20_000, 30_000, 40_000]) player.command('seek', time);
    await player.client.until(() => player.media.includes('K160'), 'K160');
    const at = player.media.indexOf('K160');
    await player.has(at + 20);
    expect(player.media.slice(at, at + 6)).toEqual(['K160', 'A160', 'P161', 'A161', 'P162', 'A162']);
  });

  it('while paused takes effect when play goes on', async () => {
    const player = await playing();
    player.command('pause', true, 0);
    await player.is('NetStream.Pause.Notify');
    player.command('seek', 60_000);
    await player.is('NetStream.Seek.Notify');
    const before = player.media.length;
    await delay(100);
    expect(player.media).toHaveLength(before);
    player.command('pause', false, 0);
    await player.has(before + 4);
    expect(player.media.slice(before, before + 4)).toEqual(['M7', 'V1', 'C1', 'K240']);
  });

  it('is refused when nothing plays', async () => {
    await start();
    const client = await connected();
    const streamId = await client.createStream();
    client.command(streamId, 'seek', 0, null, 1000);
    expect(await client.status(streamId)).toMatchObject({ level: 'error', code: 'NetStream.Seek.Failed' });
  });
});

describe('pause', () => {
  it('stops the media, and what follows goes on where it stopped', async () => {
    await recorded('show.flv', film(60));
    await start();
    const player = await play('show');
    await player.starts();
    await player.has(20);
    player.command('pause', true, 0);
    await player.is('NetStream.Pause.Notify');
    const count = player.media.length;
    await delay(400);
    expect(player.media).toHaveLength(count);
    player.setBufferLength(60_000);
    player.command('pause', false, 0);
    await player.is('NetStream.Unpause.Notify');
    await player.has(3 + 60 * 8);
    expect(player.timed).toEqual([...HEAD, ...listed(film(60)).slice(2)]);
  });
});

describe('receiveAudio and receiveVideo', () => {
  it('leave out a kind until it is wanted again, pictures from a key frame on', async () => {
    await recorded('show.flv', film(100));
    await start();
    const player = await play('show');
    player.setBufferLength(10_000);
    player.command('receiveVideo', false);
    await player.starts();
    await player.has(60);
    expect(player.media.slice(40).every((one) => one.startsWith('A'))).toBe(true);
    player.setBufferLength(60_000);
    player.command('receiveVideo', true);
    await player.is('NetStream.Seek.Notify');
    await player.is('NetStream.Play.Start');
    await player.has(200);
    const again = player.media.indexOf('M7', 3);
    expect(player.media.slice(again).find((one) => /[KP]/u.test(one))).toMatch(/^K/u);
  });
});

describe('play on a NetStream that plays', () => {
  it('plays the other recording instead', async () => {
    await recorded('one.flv', film(100));
    await recorded('two.flv', [
      [0, keyFrame(500)],
      [40, picture(501)],
    ]);
    await start();
    const player = await play('one');
    await player.starts();
    await player.has(10);
    player.play('two', -2, -1, true);
    await player.starts();
    await player.is('NetStream.Play.Stop');
    const begin = player.all.lastIndexOf('StreamBegin');
    expect(player.all.slice(begin)).toEqual([
      'StreamBegin',
      'access',
      'M7',
      'K500',
      'P501',
      'NetStream.Play.Complete',
      'StreamEof',
    ]);
  });
});

describe('who may play', () => {
  it('is for the play handler to decide, and which recording', async () => {
    @RtmpController('live')
    class PlayController {
      @RtmpCommand('play')
      play(@Ctx() { stream, query }: RtmpContext): PlayReply | undefined {
        if (query.key === undefined) throw new RtmpStatusException('NetStream.Play.Failed', 'No key.');
        if (query.key === 'live') return { recording: false };
        if (query.key === 'newest') return { recording: true };
        return query.key === 'other' ? { recording: `live/${stream!.name}-other.flv` } : undefined;
      }
    }
    await recorded('show.flv', [
      [0, keyFrame(1)],
      [10, keyFrame(2)],
    ]);
    await recorded('show-other.flv', [
      [0, keyFrame(3)],
      [10, keyFrame(4)],
    ]);
    await recorded('show-2026-01-02T03-04-05.678Z.flv', [
      [0, keyFrame(5)],
      [10, keyFrame(6)],
    ]);
    await start({ playback: { recordings: false, waitForPublisher: 0 } }, { controllers: [PlayController] });
    expect(await (await play('show')).is('NetStream.Play.Failed')).toMatchObject({ description: 'No key.' });
    await (await play('show?key=live')).is('NetStream.Play.StreamNotFound');
    await (await play('show?key=default')).is('NetStream.Play.StreamNotFound');
    await (await play('show?key=other')).gets('M7 K3 K4');
    await (await play('show?key=newest')).gets('M7 K5 K6');
    await (await play('gone?key=other')).is('NetStream.Play.StreamNotFound');
  });
});

describe('a recording that changes while it is played', () => {
  it('is played to its end when it is deleted', async () => {
    await recorded('show.flv', film(60, 3000));
    await start();
    const player = await play('show');
    player.setBufferLength(500);
    await player.has(5);
    await unlink(join(directory, 'live', 'show.flv'));
    player.setBufferLength(60_000);
    await player.has(3 + 60 * 8);
    await (await play('show', 0)).is('NetStream.Play.Reset'); // waits for something live
  });

  it('is followed while it is being written, to its end', async () => {
    await start({ recording: { record: true, flushInterval: 50 } });
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    clients.push(publisher);
    const messages = film(4);
    const send = (from: number, to: number) => {
      for (const [time, { typeId, payload }] of messages.slice(from, to)) publisher.send(typeId, 1, time, payload);
    };
    send(0, 18);
    const streams = test.app.get(RtmpStreams);
    for (let i = 0; i < 100 && (streams.get('live/cam')?.stream.counters.audioMessages ?? 0) < 9; i++) await delay(10);
    await delay(150);
    const player = await play('cam', 0);
    await player.has(2 + 16);
    player.command('seek', 1100);
    await player.client.until(() => player.media.lastIndexOf('K4') > 18, 'K4 again');
    const again = player.media.lastIndexOf('K4');
    send(18, messages.length);
    await player.has(again + 24);
    publisher.command(0, 'deleteStream', 0, null, 1);
    await player.client.until(() => player.all.includes('NetStream.Play.Stop'), 'Play.Stop');
    expect(player.timed.slice(again)).toEqual(listed(messages).slice(10));
  });

  it('that cannot be read any more ends with Play.Failed, and a line in the log', async () => {
    const whole = flv(film(60, 3000));
    const storage = {
      create: () => Promise.reject(new Error()),
      async *list() {},
      open: async (id: string) => ({
        recording: {
          id,
          location: id,
          app: 'live',
          name: 'x',
          startedAt: 0,
          bytes: whole.length,
          modifiedAt: 0,
          isComplete: true,
        },
        read: async (position: number, length: number) => {
          if (position > 200_000) throw new Error('the disk is gone');
          return whole.slice(position, position + length);
        },
        stat: () => Promise.reject(new Error()),
        close: async () => {},
      }),
    };
    await start({ storage: storage as unknown as RecordingStorage } as RtmpModuleOptions);
    const player = await play('show');
    player.setBufferLength(60_000);
    await player.starts();
    expect(await player.is('NetStream.Play.Failed')).toMatchObject({ level: 'error' });
    expect(test.log.of('a recording cannot be played')[0]).toMatchObject({ error: 'the disk is gone' });
  });
});

describe('players that do not read', () => {
  it('cost what waits for each, not the recording', async () => {
    await recorded('show.flv', film(60, 50_000)); // 12 MB
    await start();
    const before = process.memoryUsage().arrayBuffers;
    const players = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const player = await play('show');
        player.client.stopReading();
        player.setBufferLength(3_600_000);
        return player;
      }),
    );
    await delay(1000);
    // 240 MB are to be sent; the kernel takes some megabytes of them, and some wait for the garbage collector.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 1024 * 1024);
    const [player] = players;
    player!.client.resumeReading();
    await player!.starts();
    await player!.is('NetStream.Play.Stop');
    expect(player!.timed).toEqual([...HEAD, ...listed(film(60, 50_000)).slice(2)]);
  }, 30_000);
});
