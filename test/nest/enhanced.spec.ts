import { setTimeout as sleep } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { ConnectCommand } from '#lib/rtmp';
import { RtmpCommand, RtmpStreams } from '#src';
import { type ReceivedMessage, RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startMicroservice, type TestApp } from './start-app.js';

/* Enhanced RTMP v2 through the whole server: what clients announce, and who is sent what. */

const HEVC_CONFIG = [0x90, 0x68, 0x76, 0x63, 0x31, 1, 2, 3];
const HEVC_KEY = [0x93, 0x68, 0x76, 0x63, 0x31, 0x26];
const OPUS_CONFIG = [0x90, 0x4f, 0x70, 0x75, 0x73, 1];
const OPUS = [0x91, 0x4f, 0x70, 0x75, 0x73, 0x78];
const AVC_CONFIG = [0x17, 0, 0, 0, 0, 1];
const AVC_KEY = [0x17, 1, 0, 0, 0, 0x65];
const TRACK_1_CONFIG = [0x96, 0x00, 0x61, 0x76, 0x63, 0x31, 1, 7];
const TRACK_1_KEY = [0x96, 0x03, 0x61, 0x76, 0x63, 0x31, 1, 0x65];

let test: TestApp | undefined;
afterEach(async () => {
  await test?.close();
  test = undefined;
});

/** A player that has asked for a stream and was told that it starts. */
async function play(port: number, name: string, announced: object): Promise<RawRtmpClient> {
  const player = await RawRtmpClient.connected(port, 'live', announced as never);
  player.command(await player.createStream(), 'play', 0, null, name);
  expect((await player.status(1)).code).toBe('NetStream.Play.Reset');
  expect((await player.status(1)).code).toBe('NetStream.Play.Start');
  return player;
}

const media = (player: RawRtmpClient) =>
  player.messages.filter(({ typeId }) => typeId === 8 || typeId === 9).map(({ payload }) => [...payload]);
const gets = (player: RawRtmpClient, ...payloads: number[][]) =>
  player.until(() => payloads.every((payload) => media(player).some((got) => got.join() === payload.join())), 'media');

function sendAll(publisher: RawRtmpClient, ...payloads: number[][]): void {
  for (const payload of payloads) publisher.video(1, 0, ...payload);
}

it('a connect handler sees what the client announced', async () => {
  const seen: unknown[] = [];
  @Controller()
  class Connects {
    @RtmpCommand('connect')
    connect(@Payload() { capabilities }: ConnectCommand): void {
      seen.push(capabilities);
    }
  }
  test = await startMicroservice({ controllers: [Connects] });
  await RawRtmpClient.connected(test.port, 'live', { fourCcList: ['hvc1'], capsEx: 3 } as never);
  await RawRtmpClient.connected(test.port);
  expect(seen).toMatchObject([{ fourCcList: ['hvc1'], capsEx: 3 }, undefined]);
});

describe('close()', () => {
  const reconnect = (player: RawRtmpClient) =>
    player.commands.filter(
      ({ values }) => (values[1] as { code?: string })?.code === 'NetConnection.Connect.ReconnectRequest',
    );

  it('asks those to connect again that can, before it ends their publish', async () => {
    test = await startMicroservice();
    const publisher = await RawRtmpClient.connected(test.port, 'live', { capsEx: 1 } as never);
    await publisher.publish('cam');
    const other = await RawRtmpClient.publishing(test.port, 'other');
    await test.server.close();
    await Promise.all([publisher.closed, other.closed]);
    expect(publisher.commands.map(({ streamId, values }) => [streamId, (values[1] as { code: string }).code])).toEqual([
      [0, 'NetConnection.Connect.ReconnectRequest'],
      [1, 'NetStream.Unpublish.Success'],
    ]);
    expect(reconnect(other)).toEqual([]);
  });
});

describe('session.requestReconnect()', () => {
  const sessionOf = (name: string) => test!.app.get(RtmpStreams).get(`live/${name}`)!.session;
  const able = async () => {
    const client = await RawRtmpClient.connected(test!.port, 'live', { capsEx: 1 } as never);
    await client.publish('cam');
    return client;
  };

  it('lets the next connection take over the name while the one before still publishes, and players go on', async () => {
    test = await startMicroservice();
    const before = await able();
    const player = await play(test.port, 'cam', {});
    sendAll(before, HEVC_CONFIG, HEVC_KEY);
    await gets(player, HEVC_CONFIG, HEVC_KEY);
    expect(sessionOf('cam').requestReconnect({ tcUrl: 'rtmp://x/live', description: 'Moving.' })).toBe(true);
    expect(await before.status(0)).toMatchObject({
      level: 'status',
      code: 'NetConnection.Connect.ReconnectRequest',
      tcUrl: 'rtmp://x/live',
      description: 'Moving.',
    });
    sendAll(before, HEVC_KEY);
    await gets(player, HEVC_CONFIG, HEVC_KEY, HEVC_KEY);

    const after = await able();
    expect(await before.status(1)).toMatchObject({ level: 'status', code: 'NetStream.Unpublish.Success' });
    await before.closed;
    sendAll(after, HEVC_CONFIG, HEVC_KEY);
    await until('the player goes on', () => media(player).length >= 4);
    expect(test.log.of('publish ended')).toMatchObject([{ reason: 'handed over' }]);
    // It was one window for one publish: the next is not asked.
    const third = await RawRtmpClient.connected(test.port);
    expect(await third.publish('cam')).toMatchObject({ code: 'NetStream.Publish.BadName' });
  });

  it('gives the name to nobody when the client cannot, or the window is over', async () => {
    test = await startMicroservice({ options: { reconnectWindow: 1 } });
    await RawRtmpClient.publishing(test.port, 'unable');
    expect(sessionOf('unable').requestReconnect()).toBe(false);
    await able();
    expect(sessionOf('cam').requestReconnect()).toBe(true);
    await sleep(20);
    for (const name of ['unable', 'cam']) {
      const other = await RawRtmpClient.connected(test.port);
      expect(await other.publish(name)).toMatchObject({ code: 'NetStream.Publish.BadName' });
    }
  });
});

describe("playback.enhanced 'always', the default", () => {
  it('plays everything to a player that announced nothing, as FFmpeg 8 and relays do', async () => {
    test = await startMicroservice();
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    sendAll(publisher, HEVC_CONFIG, HEVC_KEY, TRACK_1_CONFIG, TRACK_1_KEY);
    const player = await play(test.port, 'cam', {});
    await gets(player, HEVC_CONFIG, HEVC_KEY, TRACK_1_CONFIG, TRACK_1_KEY);
  });
});

describe("playback.enhanced 'announced'", () => {
  const start = () => startMicroservice({ options: { playback: { enhanced: 'announced' } } });

  async function refusal(player: RawRtmpClient): Promise<unknown> {
    const { level, code, description } = await player.status(1);
    await player.closed;
    expect(media(player)).toEqual([]);
    return [level, code, description];
  }
  const because = (what: string) => [
    'error',
    'NetStream.Play.NoSupportedTrackFound',
    `live/cam has ${what}, which this player did not announce.`,
  ];

  it.each([
    ['nothing', {}],
    ['another codec', { fourCcList: ['av01'] }],
    ['that it encodes', { videoFourCcInfoMap: { hvc1: 2 } }],
  ])('refuses HEVC to a player that announced %s', async (_name, announced) => {
    test = await start();
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    sendAll(publisher, HEVC_CONFIG, HEVC_KEY);
    expect(await refusal(await play(test.port, 'cam', announced))).toEqual(because('video in hvc1'));
  });

  it.each([
    ['fourCcList', { fourCcList: ['hvc1', 'Opus'] }],
    ['*', { fourCcList: ['*'] }],
    ['maps', { videoFourCcInfoMap: { hvc1: 1 }, audioFourCcInfoMap: { '*': 4 } }],
  ])('plays HEVC and Opus to a player that announced them: %s', async (_name, announced) => {
    test = await start();
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    sendAll(publisher, HEVC_CONFIG, HEVC_KEY);
    publisher.audio(1, 0, ...OPUS_CONFIG);
    publisher.audio(1, 0, ...OPUS);
    await gets(await play(test.port, 'cam', announced), HEVC_CONFIG, HEVC_KEY, OPUS_CONFIG, OPUS);
  });

  it('refuses a player that waited, as soon as there is media', async () => {
    test = await start();
    const player = await play(test.port, 'cam', {});
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    sendAll(publisher, HEVC_CONFIG, HEVC_KEY);
    expect(await refusal(player)).toEqual(because('video in hvc1'));
    await publisher.publish('more'); // nothing happened to the publisher
  });

  it('refuses sound that was not announced, even if it has no configuration', async () => {
    test = await start();
    const player = await play(test.port, 'cam', { fourCcList: ['hvc1'] });
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    publisher.audio(1, 0, ...OPUS);
    expect(await refusal(player)).toEqual(because('audio in Opus'));
  });

  it('ends a player when the stream changes to a codec that it did not announce', async () => {
    test = await start();
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    sendAll(publisher, AVC_CONFIG, AVC_KEY);
    const player = await play(test.port, 'cam', {});
    await gets(player, AVC_CONFIG, AVC_KEY);
    sendAll(publisher, HEVC_CONFIG, HEVC_KEY);
    expect((await player.status(1)).code).toBe('NetStream.Play.NoSupportedTrackFound');
    await player.closed;
    expect(media(player)).toEqual([AVC_CONFIG, AVC_KEY]);
  });

  it.each([
    ['leaves further tracks out', { fourCcList: ['*'] }, false],
    ['leaves further tracks out, for a player that announced nothing', {}, false],
    ['plays further tracks to a player that announced Multitrack', { fourCcList: ['*'], capsEx: 2 }, true],
  ])('%s', async (_name, announced, hasTrack1) => {
    test = await start();
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    sendAll(publisher, AVC_CONFIG, TRACK_1_CONFIG, AVC_KEY, TRACK_1_KEY);
    const player = await play(test.port, 'cam', announced);
    const last = [...AVC_KEY, 0xff];
    sendAll(publisher, last);
    await gets(player, AVC_CONFIG, AVC_KEY, last);
    const isTrack1 = ({ payload }: ReceivedMessage) => payload[0] === 0x96;
    expect(player.messages.filter(isTrack1)).toHaveLength(hasTrack1 ? 2 : 0);
  });

  it('refuses a first track in multitrack messages to a player that does not read them', async () => {
    test = await start();
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    sendAll(publisher, [0x96, 0x00, 0x61, 0x76, 0x63, 0x31, 0, 7]);
    const player = await play(test.port, 'cam', { fourCcList: ['*'] });
    expect(await refusal(player)).toEqual(because('video in multitrack messages'));
  });

  it('does not look at media the player does not want', async () => {
    test = await start();
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    sendAll(publisher, AVC_CONFIG, AVC_KEY);
    const player = await play(test.port, 'cam', {});
    await gets(player, AVC_KEY);
    player.command(1, 'receiveAudio', 0, null, false);
    await player.call('getStreamLength', null, 'cam');
    publisher.audio(1, 0, ...OPUS);
    const next = [...AVC_KEY, 0xfe];
    sendAll(publisher, next);
    await gets(player, next);
  });

  it('plays everything that is not Enhanced RTMP to everybody, Q18 HEVC of codec ID 12 too', async () => {
    test = await start();
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    const [config, key] = [
      [0x1c, 0, 0, 0, 0, 1],
      [0x1c, 1, 0, 0, 0, 0x26],
    ];
    sendAll(publisher, config!, key!);
    await gets(await play(test.port, 'cam', {}), config!, key!);
  });
});
