import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Injectable } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type PlayCommand,
  RtmpCommand,
  RtmpContext,
  type RtmpModuleExtras,
  type RtmpModuleOptions,
  RtmpPlayback,
  RtmpStatusException,
  RtmpStreams,
  type SlowSubscriber,
  type SlowSubscriberDecision,
  type SlowSubscriberPolicy,
  StreamRegistry,
} from '#src';
import {
  audio,
  audioConfig,
  keyFrame,
  type LiveMessage,
  metadata,
  picture,
  text,
  token,
  videoConfig,
} from '#test/live-media';
import { RawPlayer } from '#test/raw-player';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { startMicroservice, type TestApp, type TestAppOptions } from './start-app.js';

let test: TestApp;
let clients: RawRtmpClient[];

beforeEach(() => (clients = []));

afterEach(async () => {
  await Promise.all(clients.map((client) => client.destroy()));
  await test.close();
});

async function start(options: RtmpModuleOptions & RtmpModuleExtras = {}, more: TestAppOptions = {}): Promise<void> {
  test = await startMicroservice({ options, ...more });
}

function kept(client: RawRtmpClient): RawRtmpClient {
  clients.push(client);
  return client;
}

/** A publisher whose messages have numbers, one every 10 ms. */
class Publisher {
  #time = 0;

  constructor(
    readonly client: RawRtmpClient,
    readonly streamId = 1,
  ) {}

  static async of(name: string): Promise<Publisher> {
    return new Publisher(kept(await RawRtmpClient.publishing(test.port, name)));
  }

  /** Goes on at another time. */
  at(time: number): this {
    this.#time = time;
    return this;
  }

  send(...messages: LiveMessage[]): void {
    for (const { typeId, payload } of messages) {
      this.client.send(typeId, this.streamId, (this.#time += 10), payload);
    }
  }

  /** Says goodbye as encoders do. */
  unpublish(): void {
    this.client.command(0, 'FCUnpublish', 0, null, 'cam');
    this.client.command(0, 'deleteStream', 0, null, this.streamId);
  }
}

/** Connects and asks to play. */
async function played(name: string, ...args: number[]): Promise<RawPlayer> {
  return RawPlayer.on(kept(await RawRtmpClient.connected(test.port)), name, ...args);
}

const HEADERS = [metadata(1), videoConfig(1), audioConfig(1)];

/** A publisher that has sent the headers and a group. */
async function publishing(name = 'cam'): Promise<Publisher> {
  const publisher = await Publisher.of(name);
  publisher.send(...HEADERS, keyFrame(0), audio(1), picture(2));
  await sent(name, 6);
  return publisher;
}

/** Waits until the server has taken so many messages. */
async function sent(name: string, count: number): Promise<void> {
  const { counters } = test.app.get(StreamRegistry).get(`live/${name}`)!;
  await until(() => counters.audioMessages + counters.videoMessages + counters.dataMessages >= count);
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !isSo(); i++) await delay(5);
  expect(isSo()).toBe(true);
}

const BEGIN = 'M1 V1 C1 K0 A1 P2';

describe('play', () => {
  it('is answered in the order that players like, and media follows from a key frame', async () => {
    await start();
    const publisher = await publishing();
    const player = await played('cam');
    await player.gets(BEGIN);
    expect(player.all).toEqual([
      'StreamBegin',
      'NetStream.Play.Reset',
      'NetStream.Play.Start',
      'access',
      ...BEGIN.split(' '),
    ]);
    publisher.send(text(3), picture(4), keyFrame(5), audio(6));
    await player.gets('T3 P4 K5 A6');
    const times = player.client.messages
      .filter(({ typeId }) => typeId === 8 || typeId === 9)
      .map(({ timestamp }) => timestamp);
    expect(times).toEqual([40, 40, 40, 50, 60, 80, 90, 100]);
  });

  it('without reset is answered without Play.Reset', async () => {
    await start();
    await publishing();
    const player = await played('cam', -2, -1, 0);
    await player.gets(BEGIN);
    expect(player.all.slice(0, 3)).toEqual(['StreamBegin', 'NetStream.Play.Start', 'access']);
  });

  it('gives a player that joins later the newest group, and then everything', async () => {
    await start();
    const publisher = await publishing();
    publisher.send(keyFrame(3), picture(4));
    await sent('cam', 8);
    const first = await played('cam');
    await first.gets('M1 V1 C1 K3 P4');
    publisher.send(picture(5));
    await first.gets('P5');
    const second = await played('cam');
    await second.gets('M1 V1 C1 K3 P4 P5');
    publisher.send(audio(6));
    await Promise.all([first.gets('A6'), second.gets('A6')]);
  });

  it.each([0, -2, -1, -2000, -1000, 5000])('takes %i as its start', async (position) => {
    await start();
    await publishing();
    await (await played('cam', position)).gets(BEGIN);
  });

  it('ends after the duration it asked for, and the NetStream can play again', async () => {
    await start();
    const publisher = await publishing();
    const player = await played('cam', -1000, 100);
    await player.gets(BEGIN);
    publisher.send(...Array.from({ length: 20 }, (_, index) => picture(index + 3)));
    await player.starts();
    await player.is('NetStream.Play.Stop');
    // From 40 to 140 ms of the stream.
    expect(player.media.at(-1)).toMatch(/^P1[01]$/u);
    expect(player.all.at(-1)).toBe('StreamEof');
    const before = player.media.length;
    player.play('cam');
    await player.starts();
    await player.client.until(() => player.media.length > before, 'media');
    expect(player.media.slice(before, before + 4)).toEqual(['M1', 'V1', 'C1', 'K0']);
    expect(player.client.isClosed).toBe(false);
  });

  it('of audio alone begins with the next message', async () => {
    await start();
    const publisher = await Publisher.of('radio');
    publisher.send(audioConfig(1), audio(0));
    await sent('radio', 2);
    const player = await played('radio');
    await player.gets('C1');
    publisher.send(audio(1), audio(2));
    await player.gets('A1 A2');
  });

  it.each([
    ['', expect.stringContaining('The stream has no name')],
    ['a/../b', "The stream path contains an empty part, '.' or '..'."],
  ])('of the name %j is refused', async (name, description) => {
    await start();
    const player = await played(name);
    expect(await player.is('NetStream.Play.StreamNotFound')).toMatchObject({ level: 'error', description });
    await player.client.closed;
  });

  it('a second time on one NetStream plays that instead', async () => {
    await start();
    const publisher = await publishing();
    const other = await Publisher.of('other');
    const player = await played('cam');
    await player.gets(BEGIN);
    await player.starts();
    player.play('other');
    await player.starts();
    publisher.send(picture(3));
    other.send(videoConfig(9), keyFrame(10), picture(11));
    await player.gets('V9 K10 P11');
  });

  it('a second time that is refused leaves the first as it is', async () => {
    await start();
    const publisher = await publishing();
    const player = await played('cam');
    await player.gets(BEGIN);
    await player.starts();
    player.play('..');
    await player.is('NetStream.Play.StreamNotFound');
    publisher.send(picture(3));
    await player.gets('P3');
  });

  it.each([
    ['seek', [5000], 'NetStream.Seek.Failed'],
    ['play2', [], 'NetStream.Play.Failed'],
  ] as const)('%s is refused, and play goes on', async (name, args, code) => {
    await start();
    const publisher = await publishing();
    const player = await played('cam');
    await player.starts();
    player.command(name, ...args);
    expect(await player.is(code)).toMatchObject({ level: 'error' });
    publisher.send(picture(3));
    await player.gets(`${BEGIN} P3`);
  });
});

it('players on any message stream are served by one feed', async () => {
  await start();
  const publisher = await publishing();
  const client = kept(await RawRtmpClient.connected(test.port));
  const players = [1, 2, 77, 0x81020304].map((streamId) => new RawPlayer(client, streamId));
  for (const player of players) player.play('cam');
  await Promise.all(players.map((player) => player.gets(BEGIN)));
  publisher.send(picture(3, 100_000), keyFrame(4));
  await Promise.all(players.map((player) => player.gets('P3 K4')));
  const { stream } = test.app.get(RtmpStreams).get('live/cam')!;
  expect(stream.feeds.map(({ subscriberCount }) => subscriberCount)).toEqual([4]);
});

describe('a player that comes before its publisher', () => {
  it('waits, and begins with the first message', async () => {
    await start();
    const player = await played('cam');
    await player.starts();
    const publisher = await Publisher.of('cam');
    publisher.send(...HEADERS, keyFrame(0), picture(1));
    await player.gets('M1 V1 C1 K0 P1');
  });

  it('is told after a time that there is none, and disconnected', async () => {
    await start({ playback: { waitForPublisher: 50 } });
    const player = await played('cam');
    await player.starts();
    expect(await player.is('NetStream.Play.StreamNotFound')).toMatchObject({
      level: 'error',
      description: 'live/cam is not live.',
    });
    await player.client.closed;
  });

  it('is told at once when it need not wait', async () => {
    await start({ playback: { waitForPublisher: 0 } });
    const player = await played('cam');
    await player.is('NetStream.Play.StreamNotFound');
    await player.client.closed;
    expect(player.all).toEqual([]);
  });

  it('is not disconnected when it publishes, or plays something else', async () => {
    await start({ playback: { waitForPublisher: 100 } });
    const publisher = await publishing('mine');
    const waiting = await RawPlayer.on(publisher.client, 'cam');
    await waiting.starts();
    await waiting.is('NetStream.Play.StreamNotFound');
    const player = await played('mine');
    const alsoWaiting = await RawPlayer.on(player.client, 'cam');
    await alsoWaiting.starts();
    await alsoWaiting.is('NetStream.Play.StreamNotFound');
    publisher.send(picture(3));
    await player.gets(`${BEGIN} P3`);
    expect([publisher.client.isClosed, player.client.isClosed]).toEqual([false, false]);
  });

  it('may pause, choose and stop while it waits', async () => {
    await start();
    const [paused, listening, gone, closed] = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const player = await played('cam');
        await player.starts();
        return player;
      }),
    );
    paused!.command('pause', true, 0);
    await paused!.is('NetStream.Pause.Notify');
    listening!.command('receiveVideo', false);
    gone!.command('closeStream');
    await gone!.client.createStream(); // a reply says that the others have been taken
    await listening!.client.createStream();
    await closed!.client.destroy();
    const publisher = await publishing();
    await listening!.gets('M1 C1 A1');
    publisher.send(picture(3));
    paused!.command('pause', false, 0);
    await paused!.gets('M1 V1 C1 K0 A1 P2 P3');
    expect([gone!.media, closed!.media]).toEqual([[], []]);
  });
});

describe('the end of the stream', () => {
  it('is told to its players, who may wait for the next', async () => {
    await start();
    const publisher = await publishing();
    const player = await played('cam');
    await player.gets(BEGIN);
    await player.starts();
    publisher.send(picture(3));
    publisher.unpublish();
    await player.ends();
    await player.gets('P3');
    expect(player.all.slice(-2)).toEqual(['P3', 'StreamEof']);
    player.play('cam');
    await player.starts();
    await publishing();
    await player.gets(BEGIN);
  });

  it('comes with the publisher’s connection', async () => {
    await start();
    const publisher = await publishing();
    const player = await played('cam');
    await player.starts();
    await publisher.client.destroy();
    await player.ends();
  });

  it('is told to those who have paused or want nothing', async () => {
    await start();
    const publisher = await publishing();
    const [paused, idle] = [await played('cam'), await played('cam')];
    await Promise.all([paused.starts(), idle.starts()]);
    paused.command('pause', true, 0);
    await paused.is('NetStream.Pause.Notify');
    idle.command('receiveAudio', false);
    idle.command('receiveVideo', false);
    await idle.client.createStream();
    publisher.unpublish();
    await Promise.all([paused.ends(), idle.ends()]);
    paused.play('cam');
    await paused.starts();
    await publishing();
    await paused.gets(`${BEGIN} ${BEGIN}`);
  });

  it('comes with the server, to every player', async () => {
    await start();
    await publishing();
    const player = await played('cam');
    const waiting = await played('other');
    await Promise.all([player.starts(), waiting.starts()]);
    await test.server.close();
    await Promise.all([player.client.closed, waiting.client.closed]);
    await player.ends();
  });
});

describe('pause', () => {
  let publisher: Publisher;
  let player: RawPlayer;

  beforeEach(async () => {
    await start();
    publisher = await publishing();
    player = await played('cam');
    await player.gets(BEGIN);
    await player.starts();
    player.command('pause', true, 100);
    await player.is('NetStream.Pause.Notify');
  });

  async function resume(): Promise<void> {
    player.command('pause', false, 100);
    await player.is('NetStream.Unpause.Notify');
  }

  it('goes on where it stopped when there has been no key frame since', async () => {
    publisher.send(picture(3), audio(4));
    await sent('cam', 8);
    await resume();
    publisher.send(picture(5));
    await player.gets('P3 A4 P5');
  });

  it('goes on at the newest key frame otherwise, headers first', async () => {
    publisher.send(picture(3), keyFrame(4), picture(5), keyFrame(6), audio(7));
    await sent('cam', 11);
    await resume();
    publisher.send(picture(8));
    await player.gets('M1 V1 C1 K6 A7 P8');
  });

  it('twice, and its end twice, is answered and changes nothing', async () => {
    player.command('pauseRaw', true, 100);
    await player.is('NetStream.Pause.Notify');
    await resume();
    await resume();
    publisher.send(picture(3));
    await player.gets('P3');
  });
});

describe('receiveAudio and receiveVideo', () => {
  let publisher: Publisher;
  let player: RawPlayer;

  beforeEach(async () => {
    await start();
    publisher = await publishing();
    player = await played('cam');
    await player.gets(BEGIN);
  });

  /** Says what it wants; a reply to another command says that it has been taken. */
  async function wants(what: 'receiveAudio' | 'receiveVideo', isWanted: boolean): Promise<void> {
    player.command(what, isWanted);
    await player.client.call('createStream', null);
  }

  it('leave out video, and bring it back from a key frame', async () => {
    await wants('receiveVideo', false);
    publisher.send(picture(3), audio(4), keyFrame(5), audio(6));
    await player.gets('A4 A6');
    await wants('receiveVideo', true);
    publisher.send(picture(7));
    await player.gets('M1 V1 C1 K5 A6 P7');
  });

  it('leave out audio', async () => {
    await wants('receiveAudio', false);
    publisher.send(audio(3), picture(4));
    await player.gets('P4');
    await wants('receiveAudio', true);
    publisher.send(audio(5), picture(6));
    await player.gets('C1 A5 P6');
    expect(player.client.commands.map(({ name }) => name)).not.toContain('_error');
  });

  it('leave out both', async () => {
    await wants('receiveAudio', false);
    await wants('receiveVideo', false);
    publisher.send(text(3), audio(4), picture(5));
    await sent('cam', 9);
    await wants('receiveAudio', true);
    await player.gets('M1 C1');
    publisher.send(audio(6), picture(7));
    await player.gets('A6');
  });

  it('that change nothing change nothing', async () => {
    await wants('receiveAudio', true);
    await wants('receiveVideo', true);
    publisher.send(picture(3));
    await player.gets('P3');
  });

  it('hold for what is played next, until the NetStream is deleted', async () => {
    const other = new RawPlayer(player.client, await player.client.createStream());
    other.command('receiveVideo', false);
    other.play('cam');
    await other.gets('M1 C1');
    publisher.send(picture(3), audio(4));
    await other.gets('A4');
    other.play('cam');
    await other.gets('M1 C1');
    other.command('closeStream');
    other.play('cam');
    await other.gets('M1 C1');
    player.client.command(0, 'deleteStream', 0, null, other.streamId);
    const next = new RawPlayer(player.client, await player.client.createStream());
    expect(next.streamId).toBe(other.streamId);
    const before = next.media.length;
    next.play('cam');
    await next.client.until(() => next.media.length > before + 3, 'media');
    expect(next.media.slice(before, before + 4)).toEqual(['M1', 'V1', 'C1', 'K0']);
  });

  it('do not make a play longer that asked for some time', async () => {
    const short = await played('cam', -1000, 200);
    await short.gets(BEGIN);
    await short.starts();
    for (let i = 0; i < 5; i++) {
      short.command('receiveAudio', i % 2 === 1);
      await short.client.call('createStream', null);
      publisher.send(picture(i), picture(i), picture(i));
      await sent('cam', 6 + (i + 1) * 3);
    }
    expect(short.all).not.toContain('NetStream.Play.Stop');
    publisher.send(...Array.from({ length: 10 }, (_, index) => picture(index)));
    await short.client.until(() => short.all.includes('NetStream.Play.Stop'), 'the end');
    // From 40 to 240 ms of the stream.
    expect(short.timed.at(-1)).toMatch(/@2[34]0$/u);
  });

  it('during a pause are kept for its end', async () => {
    player.command('pause', true, 0);
    await wants('receiveVideo', false);
    publisher.send(audio(3));
    await sent('cam', 7);
    player.command('pause', false, 0);
    await player.gets('M1 C1');
    publisher.send(picture(4), audio(5));
    await player.gets('A5');
  });
});

describe('several on one connection', () => {
  it('two plays, of one stream and of another, each in its own time', async () => {
    await start();
    const [cam, other] = [await publishing('cam'), await publishing('other')];
    const first = await played('cam');
    await first.gets(BEGIN);
    const second = await RawPlayer.on(first.client, 'other');
    const third = await RawPlayer.on(first.client, 'cam');
    await Promise.all([second.gets(BEGIN), third.gets(BEGIN)]);
    cam.send(picture(3));
    other.send(picture(33));
    await Promise.all([first.gets('P3'), second.gets('P33'), third.gets('P3')]);
    first.command('closeStream');
    await second.client.createStream();
    cam.send(picture(4));
    await third.gets('P4');
    other.unpublish();
    await second.starts();
    await second.ends();
    cam.send(picture(5));
    await third.gets('P5');
    expect(first.media.at(-1)).toBe('P3');
  });

  it('a publisher plays its own stream, and what it publishes may end', async () => {
    await start();
    const publisher = await publishing();
    const player = await RawPlayer.on(publisher.client, 'cam');
    await player.gets(BEGIN);
    publisher.send(keyFrame(3));
    await player.gets('K3');
    await player.starts();
    const waiting = await RawPlayer.on(publisher.client, 'later');
    await waiting.starts();
    test.app.get(RtmpStreams).end('live/cam');
    await player.ends();
    const later = await publishing('later');
    await waiting.gets(BEGIN);
    expect([publisher.client.isClosed, later.client.isClosed]).toEqual([false, false]);
  });
});

describe('leaving', () => {
  it.each<[string, (player: RawPlayer) => unknown]>([
    ['closeStream', (player: RawPlayer) => player.command('closeStream')],
    ['deleteStream', (player: RawPlayer) => player.client.command(0, 'deleteStream', 0, null, player.streamId)],
    ['the connection', (player: RawPlayer) => player.client.destroy()],
  ])('by %s ends the feed when nobody else is there', async (_name, leave) => {
    await start();
    const publisher = await publishing();
    const player = await played('cam');
    await player.gets(BEGIN);
    const { stream } = test.app.get(RtmpStreams).get('live/cam')!;
    expect([stream.feeds.length, stream.sinkCount]).toEqual([1, 1]);
    await leave(player);
    await until(() => stream.feeds.length === 0);
    expect(stream.sinkCount).toBe(0);
    publisher.send(picture(3));
    await sent('cam', 7);
    expect(player.media.join(' ')).toBe(BEGIN);
  });

  it('and coming back begins at a key frame again', async () => {
    await start();
    const publisher = await publishing();
    const player = await played('cam');
    await player.gets(BEGIN);
    await player.starts();
    player.command('closeStream');
    publisher.send(keyFrame(3));
    await sent('cam', 7);
    player.play('cam');
    await player.gets('M1 V1 C1 K3');
    publisher.send(picture(4));
    await player.gets('P4');
  });
});

describe('a play handler', () => {
  it('decides: what it throws is the refusal', async () => {
    @Controller()
    class Deciding {
      @RtmpCommand('play')
      async play(@Payload() { streamName }: PlayCommand, @Ctx() { stream, query }: RtmpContext): Promise<unknown> {
        await delay(5);
        if (query['ticket'] === 'good') return { recording: false, name: 'ignored' };
        if (stream!.name === 'broken') throw new Error('broken');
        if (stream!.name === 'returned') return { level: 'error', code: 'NetStream.Play.Failed', description: 'No.' };
        throw new RtmpStatusException('NetStream.Play.Failed', `Not ${streamName}.`);
      }
    }
    await start({}, { controllers: [Deciding] });
    await publishing();
    const refused = await played('cam?ticket=bad');
    expect(await refused.is('NetStream.Play.Failed')).toMatchObject({
      level: 'error',
      description: 'Not cam?ticket=bad.',
    });
    await refused.client.closed;
    expect(refused.all).toEqual([]);
    expect(await (await played('returned')).is('NetStream.Play.Failed')).toMatchObject({ description: 'No.' });
    expect((await (await played('broken')).client.status(1)).level).toBe('error');
    await (await played('cam?ticket=good')).gets(BEGIN);
  });

  it('that takes its time is awaited; what was published meanwhile is there', async () => {
    let decide!: () => void;
    const decided = new Promise<void>((resolve) => (decide = resolve));
    @Controller()
    class Slow {
      @RtmpCommand('play')
      play(): Promise<void> {
        return decided;
      }
    }
    await start({}, { controllers: [Slow] });
    const publisher = await publishing();
    const player = await played('cam');
    const gone = await played('cam');
    publisher.send(keyFrame(3));
    await sent('cam', 7);
    expect(player.all).toEqual([]);
    await gone.client.destroy();
    decide();
    await player.gets('M1 V1 C1 K3');
    const { stream } = test.app.get(RtmpStreams).get('live/cam')!;
    expect(stream.feeds[0]!.subscriberCount).toBe(1);
  });
});

it('media that waited behind a command of the publisher reaches the players without more of it', async () => {
  let decide!: () => void;
  const decided = new Promise<void>((resolve) => (decide = resolve));
  @Controller()
  class Asking {
    @RtmpCommand('ask')
    ask(): Promise<void> {
      return decided;
    }
  }
  await start({}, { controllers: [Asking] });
  const publisher = await publishing();
  const player = await played('cam');
  await player.gets(BEGIN);
  publisher.client.command(0, 'ask', 9, null);
  publisher.send(picture(3), picture(4));
  await delay(30);
  expect(player.media.join(' ')).toBe(BEGIN);
  decide();
  await player.gets('P3 P4');
});

describe('a player that does not read', () => {
  const SLOW = { maxQueuedBytes: 64 * 1024, maxLagBytes: 512 * 1024, maxBlockedTime: 30_000 };

  /** Groups of one key frame and 9 pictures of 50 kB each. */
  async function publishGroups(publisher: Publisher, from: number, count: number, reader: RawPlayer): Promise<void> {
    for (let number = from; number < from + count * 10; number += 10) {
      const pictures = Array.from({ length: 9 }, (_, index) => picture(number + index + 1, 50_000));
      publisher.send(keyFrame(number, 50_000), ...pictures);
      const last = `P${number + 9}`;
      await reader.client.until(() => reader.media.at(-1) === last, last);
    }
  }

  async function watching(): Promise<{ publisher: Publisher; reader: RawPlayer; slow: RawPlayer }> {
    const publisher = await Publisher.of('cam');
    publisher.client.setChunkSize(65_536);
    publisher.send(videoConfig(1), keyFrame(0));
    const [reader, slow] = [await played('cam'), await played('cam')];
    await Promise.all([reader.gets('V1 K0'), slow.gets('V1 K0')]);
    slow.client.stopReading();
    return { publisher, reader, slow };
  }

  it('skips to key frames and is counted; nobody else notices', async () => {
    await start({ playback: { slowSubscriber: SLOW } });
    const { publisher, reader, slow } = await watching();
    await publishGroups(publisher, 10, 60, reader); // 30 MB
    const numbers = reader.media.slice(2).map((one) => Number(one.slice(1)));
    expect(numbers).toEqual(Array.from({ length: 600 }, (_, index) => index + 10));

    const { stream } = test.app.get(RtmpStreams).get('live/cam')!;
    const subscribers = [...stream.feeds[0]!.subscribers];
    expect(subscribers.filter(({ isBlocked }) => isBlocked)).toHaveLength(1);
    slow.client.resumeReading();
    await slow.client.until(() => subscribers.every(({ isBlocked }) => !isBlocked), 'the slow player to catch up');
    await publishGroups(publisher, 1000, 1, reader);
    await slow.client.until(() => slow.media.at(-1) === 'P1009', 'P1009');
    const { skips, skippedBytes } = subscribers.find(({ counters }) => counters.skips > 0)!.counters;
    expect(skips).toBeGreaterThan(0);
    expect(skippedBytes).toBeGreaterThan(5_000_000);
    let last = 0;
    let jumps = 0;
    for (const one of slow.media.slice(2)) {
      if (one === 'V1') continue;
      const number = Number(one.slice(1));
      expect(number).toBeGreaterThan(last);
      if (number !== last + 1 && number !== 10 && number !== 1000) {
        jumps++;
        expect(one).toBe(`K${number}`);
      }
      last = number;
    }
    expect(jumps).toBe(skips);
  }, 20_000);

  it('is what a policy of the application makes of it', async () => {
    const asked: string[] = [];

    @Injectable()
    class Impatient implements SlowSubscriberPolicy {
      decide({ reason, kind, stream, lagBytes, queuedBytes }: SlowSubscriber): SlowSubscriberDecision {
        asked.push(`${reason} ${kind} ${stream.path} ${lagBytes > 500_000 && queuedBytes > 0}`);
        if (asked.length < 3) throw new Error('out of order'); // then it skips
        return 'close';
      }
    }

    const extras = { slowSubscriberPolicy: Impatient };
    await start({ ...extras, playback: { slowSubscriber: { ...SLOW, maxLagBytes: 500_000 } } });
    const { publisher, reader, slow } = await watching();
    await publishGroups(publisher, 10, 60, reader);
    slow.client.resumeReading();
    await slow.client.until(() => slow.client.isClosed || slow.media.at(-1) === 'P609', 'an end');
    expect(new Set(asked)).toEqual(new Set(['lag rtmp live/cam true']));
    expect(test.log.of('the slow subscriber policy failed, the default decides')).toContainEqual(
      expect.objectContaining({ error: 'Error: out of order' }),
    );
  }, 20_000);

  it('is closed after a while', async () => {
    await start({ playback: { slowSubscriber: { ...SLOW, maxBlockedTime: 100 } } });
    const { publisher, reader, slow } = await watching();
    await publishGroups(publisher, 10, 30, reader);
    await delay(120);
    await publishGroups(publisher, 1000, 1, reader);
    const { stream } = test.app.get(RtmpStreams).get('live/cam')!;
    expect(stream.feeds[0]!.subscriberCount).toBe(1);
    slow.client.resumeReading();
    await slow.client.closed;
    const isClosed = ({ reason }: Record<string, unknown>): boolean => reason === 'the player reads too slowly';
    await until(() => test.log.of('disconnected').some(isClosed));
  }, 20_000);
});

describe('publisherGrace', () => {
  const timesOf = (player: RawPlayer) =>
    player.client.messages
      .filter(({ typeId, payload }) => (typeId === 8 || typeId === 9) && payload[1] === 1)
      .map(({ typeId, payload, timestamp }) => `${token(typeId, payload)}@${timestamp}`);

  it('keeps the players of a publisher that is cut off; the next goes on for them', async () => {
    await start({ playback: { publisherGrace: 5000 } });
    const publisher = await publishing();
    const player = await played('cam');
    const paused = await played('cam');
    await Promise.all([player.gets(BEGIN), paused.gets(BEGIN)]);
    await Promise.all([player.starts(), paused.starts()]);
    paused.command('pause', true, 0);
    await paused.is('NetStream.Pause.Notify');
    await publisher.client.destroy();
    await until(() => test.app.get(RtmpStreams).list().length === 0);
    // Who comes in the meantime waits with them.
    const late = await played('cam');
    await late.gets('M1 V1 C1');

    const next = (await Publisher.of('cam')).at(70_000);
    next.send(metadata(2), videoConfig(2), audioConfig(1), picture(10), keyFrame(11), audio(12), picture(13));
    await player.gets('M2 V2 C1 K11 A12 P13');
    await late.gets('M2 V2 C1 K11 A12 P13');
    expect(timesOf(player)).toEqual(['K0@40', 'A1@50', 'P2@60', 'K11@110', 'A12@120', 'P13@130']);
    paused.command('pause', false, 0);
    await paused.gets('M2 V2 C1 K11 A12 P13');
    late.command('receiveAudio', false);
    await late.client.call('createStream', null);
    next.send(audio(14), picture(15));
    await late.gets('P15');
    expect(player.all).not.toContain('NetStream.Play.UnpublishNotify');

    next.unpublish();
    await Promise.all([player.ends(), late.starts().then(() => late.ends())]);
    expect(test.app.get(RtmpPlayback).find('live/cam')).toBeUndefined();
  });

  it('ends when nobody came back', async () => {
    await start({ playback: { publisherGrace: 50 } });
    const publisher = await publishing();
    const player = await played('cam');
    await player.starts();
    await publisher.client.destroy();
    await player.ends();
    expect(test.app.get(RtmpPlayback).find('live/cam')).toBeUndefined();
    player.play('cam');
    await player.starts();
    const next = await Publisher.of('cam');
    next.send(keyFrame(7));
    await player.client.until(() => player.media.at(-1) === 'K7', 'K7');
    expect(timesOf(player).at(-1)).toBe('K7@10');
  });

  it('does not keep the players of one that says goodbye', async () => {
    await start({ playback: { publisherGrace: 60_000 } });
    const publisher = await publishing();
    const player = await played('cam');
    await player.starts();
    publisher.unpublish();
    await player.ends();
  });

  it("hands players over when another publisher takes the name: takeover 'replace'", async () => {
    await start({ takeover: 'replace', playback: { publisherGrace: 1000 } });
    await publishing();
    const player = await played('cam');
    await player.gets(BEGIN);
    const next = await Publisher.of('cam');
    next.send(videoConfig(1), keyFrame(20));
    await player.gets('V1 K20');
    expect(timesOf(player).at(-1)).toBe('K20@100');
  });

  it('is as long as a player with a duration has to wait', async () => {
    await start({ playback: { publisherGrace: 5000 } });
    const publisher = await publishing();
    const player = await played('cam', -1, 100);
    await player.gets(BEGIN);
    await player.starts();
    await publisher.client.destroy();
    await until(() => test.app.get(RtmpStreams).list().length === 0);
    const next = await Publisher.of('cam');
    next.send(keyFrame(10), ...Array.from({ length: 10 }, (_, index) => picture(index + 11)));
    await player.is('NetStream.Play.Stop');
    expect(timesOf(player).at(-1)).toMatch(/@1[34]0$/u);
  });
});
