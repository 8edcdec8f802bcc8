import { Controller, Injectable } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type PublishReply,
  type RelayFailedEvent,
  type RelayStateEvent,
  RtmpCommand,
  RtmpContext,
  RtmpEvent,
  type RtmpMediaMessage,
  type RtmpModuleOptions,
  RtmpRelays,
  type RtmpRelayState,
  RtmpStreams,
  RtmpVideo,
} from '#src';
import {
  audio,
  audioConfig,
  keyFrame,
  type LiveMessage,
  metadata,
  picture,
  token,
  videoConfig,
} from '#test/live-media';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { ScriptedServer } from '#test/scripted-server';
import { until } from '#test/until';
import { HttpApp } from './http-app.js';
import { startMicroservice, type TestApp, type TestAppOptions } from './start-app.js';

/** Waits of a test are short. */
const FAST = { firstRetry: 20, maxRetry: 40, refusedRetry: 60 };

let test: TestApp;
let servers: ScriptedServer[];
let publishers: RawRtmpClient[];

beforeEach(() => {
  servers = [];
  publishers = [];
});

afterEach(async () => {
  await Promise.all(publishers.map((client) => client.destroy()));
  await test.close();
  await Promise.all(servers.map((server) => server.close()));
});

async function server(...args: Parameters<typeof ScriptedServer.start>): Promise<ScriptedServer> {
  const started = await ScriptedServer.start(...args);
  servers.push(started);
  return started;
}

async function start(relay: RtmpModuleOptions['relay'], options: RtmpModuleOptions = {}, more: TestAppOptions = {}) {
  test = await startMicroservice({
    options: { relay: { ...FAST, ...relay }, latency: 'realtime', ...options },
    ...more,
  });
}

async function publish(name = 'cam', app = 'live'): Promise<(...messages: LiveMessage[]) => void> {
  const client = await RawRtmpClient.publishing(test.port, name, app);
  publishers.push(client);
  let time = 0;
  return (...messages) => {
    for (const { typeId, payload } of messages) client.send(typeId, 1, (time += 10), payload);
  };
}

const relays = (): RtmpRelays => test.app.get(RtmpRelays);

async function reaches(state: RtmpRelayState, which = 0): Promise<void> {
  const instead = (): string => JSON.stringify(relays().list());
  await until(`relay ${which} is ${state}`, () => relays().list()[which]?.state === state, { timeout: 5000, instead });
}

describe('a push of the options', () => {
  it('sends metadata, headers and the newest key frame, then everything', async () => {
    const destination = await server();
    await start({
      push: [{ app: 'live', url: `rtmp://127.0.0.1:${destination.port}/in/\${app}-\${name}?key=secret` }],
    });
    const send = await publish('cam');
    send(metadata(1), videoConfig(1), audioConfig(1), keyFrame(1), picture(2));
    const peer = await destination.peer(0);
    await peer.gets('M1 V1 C1 K1 P2');
    send(keyFrame(3), audio(4));
    await peer.gets('M1 V1 C1 K1 P2 K3 A4');
    expect(peer.commands.map((command) => command.name)).toEqual([
      'connect',
      'releaseStream',
      'FCPublish',
      'createStream',
      'publish',
    ]);
    expect(peer.commands[0]).toMatchObject({ app: 'in', tcUrl: `rtmp://127.0.0.1:${destination.port}/in` });
    expect(peer.commands[4]).toMatchObject({ publishingName: 'live-cam?key=secret', publishingType: 'live' });
  });

  it('announces metadata as encoders do', async () => {
    const destination = await server();
    const raw: string[] = [];
    await start({ push: [{ url: `rtmp://127.0.0.1:${destination.port}/in` }] });
    const send = await publish();
    const peer = await destination.peer(0);
    peer.socket.on('data', (bytes: Buffer) => raw.push(bytes.toString('latin1')));
    send(metadata(1), keyFrame(1));
    await peer.gets('M1 K1');
    expect(raw.join('')).toContain('\x02\x00\x0d@setDataFrame\x02\x00\x0aonMetaData');
  });

  it('gives the name of the stream to an address without one', async () => {
    const destination = await server();
    await start({ push: [{ url: `rtmp://127.0.0.1:${destination.port}/in/` }] });
    await publish('a/b');
    const peer = await destination.peer(0);
    await until('it publishes', () => peer.commands.length === 5);
    expect(peer.commands[4]).toMatchObject({ publishingName: 'a/b' });
  });

  it('goes through an HTTP tunnel, and ends there with the publish', async () => {
    const { app, httpPort } = await HttpApp.start({
      options: { latency: 'realtime' },
      controllers: [Destination],
      providers: [Arrived],
    });
    try {
      await start({ push: [{ url: `rtmpt://127.0.0.1:${httpPort}/in/\${name}?key=secret` }] });
      const send = await publish('cam');
      send(metadata(1), videoConfig(1), keyFrame(1), picture(2));
      const arrived = app.get(Arrived);
      const instead = (): string => JSON.stringify([arrived.media, relays().list()]);
      await until('all of it arrives', () => arrived.media.length === 3, { timeout: 5000, instead });
      expect(arrived.media).toEqual(['V1', 'K1', 'P2']);
      expect(app.get(RtmpStreams).get('in/cam')!.session.transport).toBe('rtmpt');
      expect(relays().list()).toMatchObject([{ state: 'live', url: `rtmpt://127.0.0.1:${httpPort}/in/…` }]);
      await publishers[0]!.destroy();
      await until('it ends', () => app.get(RtmpStreams).list().length === 0);
    } finally {
      await app.close();
    }
  });

  it('takes no other apps and names', async () => {
    const destination = await server();
    await start({ push: [{ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${destination.port}/in/x` }] });
    await publish('other');
    await publish('cam', 'elsewhere');
    await publish('cam');
    await reaches('live');
    expect(relays().list()).toMatchObject([{ app: 'live', name: 'cam', rule: relays().rules()[0]!.id }]);
    expect(destination.peers).toHaveLength(1);
  });

  it('ends politely with the publish', async () => {
    const destination = await server();
    await start({ push: [{ url: `rtmp://127.0.0.1:${destination.port}/in/x` }] });
    const send = await publish();
    send(keyFrame(1));
    const peer = await destination.peer(0);
    await peer.gets('K1');
    await publishers[0]!.destroy();
    await until('it says goodbye', () => peer.isClosed);
    expect(peer.commands.slice(5).map((command) => command.name)).toEqual(['FCUnpublish', 'deleteStream']);
    expect(relays().list()).toEqual([]);
  });
});

describe('a destination that fails', () => {
  it('is connected to again, and goes on at a key frame', async () => {
    const destination = await server();
    await start({ push: [{ url: `rtmp://127.0.0.1:${destination.port}/in/x` }] });
    const send = await publish();
    send(videoConfig(1), keyFrame(1), picture(2));
    const first = await destination.peer(0);
    await first.gets('V1 K1 P2');
    first.socket.destroy();
    const second = await destination.peer(1);
    await second.gets('V1 K1 P2');
    send(picture(3), keyFrame(4));
    await second.gets('V1 K1 P2 P3 K4');
    expect(relays().list()).toMatchObject([{ state: 'live', connections: 2, failures: 1, problem: undefined }]);
  });

  it('that is not there is tried again', async () => {
    const away = await server();
    const { port } = away;
    await away.close();
    await start({ push: [{ url: `rtmp://127.0.0.1:${port}/in/x` }] });
    await publish();
    await until('it failed twice', () => (relays().list()[0]?.failures ?? 0) >= 2);
    expect(relays().list()).toMatchObject([{ problem: { code: 'RTMP_CLIENT_ERR_UNREACHABLE' }, connections: 0 }]);
    const back = await server(undefined, port);
    await back.peer(0);
    await reaches('live');
  });

  it('that refuses is asked again after refusedRetry, and its key is in no answer, log or event', async () => {
    const description = 'The key top-secret is wrong.';
    const destination = await server((command, { session }) => {
      if (command.name !== 'publish') session.accept(command);
      else session.reject(command, { level: 'error', code: 'NetStream.Publish.Denied', description });
    });
    const push = [{ url: `rtmp://127.0.0.1:${destination.port}/in/top-secret?token=also-secret` }];
    await start({ push, refusedRetry: 1000 }, {}, { controllers: [Listener], providers: [Heard] });
    await publish();
    await reaches('refused');
    const [relay] = relays().list();
    // From half of it on, and longer than any other wait.
    expect(relay!.retryAt! - relay!.since).toBeGreaterThan(FAST.maxRetry);
    expect(relay).toMatchObject({
      url: `rtmp://127.0.0.1:${destination.port}/in/…`,
      problem: { code: 'RTMP_CLIENT_ERR_REFUSED', status: 'NetStream.Publish.Denied' },
    });
    await destination.peer(1);
    const { events } = test.app.get(Heard);
    expect(events.map(([name]) => name).slice(0, 3)).toEqual(['connecting', 'failed', 'connecting']);
    expect(events[0]![2]).toBe('live/cam');
    expect(JSON.stringify([relays().list(), relays().rules(), events, test.log.lines])).not.toMatch(/secret/u);
  });

  it('may have the name of a lost connection still: that is no refusal', async () => {
    let publishes = 0;
    const destination = await server((command, { session }) => {
      const isTaken = command.name === 'publish' && ++publishes === 2;
      const description = 'It is still published.';
      if (isTaken) session.reject(command, { level: 'error', code: 'NetStream.Publish.BadName', description });
      else session.accept(command);
    });
    await start({ refusedRetry: 60_000, push: [{ url: `rtmp://127.0.0.1:${destination.port}/in/x` }] });
    await publish();
    await reaches('live');
    (await destination.peer(0)).socket.destroy();
    await destination.peer(2);
    await reaches('live');
    expect(relays().list()).toMatchObject([{ connections: 2, failures: 2 }]);
  });

  it('and stalls is cut off and connected to again, while the others get everything', async () => {
    const [good, bad] = [await server(), await server()];
    const url = (port: number): string => `rtmp://127.0.0.1:${port}/in/x`;
    await start({
      push: [{ url: url(bad.port) }, { url: url(good.port) }],
      slowDestination: { maxQueuedBytes: 100_000, maxLagBytes: 200_000, maxBlockedTime: 200 },
    });
    const send = await publish();
    const stalled = await bad.peer(0);
    await until('it publishes', () => stalled.commands.length === 5);
    stalled.socket.pause();
    const expected: string[] = [];
    const isBack = (): boolean => bad.peers.length > 1;
    for (let i = 0; i < 400 && !isBack(); i++) {
      send(keyFrame(i, 60_000), picture(i, 10));
      expected.push(`K${i}`, `P${i}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(isBack()).toBe(true);
    const peer = await good.peer(0);
    await peer.gets(expected.join(' '));
    const [slow, quick] = relays().list();
    expect(slow).toMatchObject({ failures: 1 });
    expect(quick).toMatchObject({ failures: 0, skips: 0, state: 'live' });
    expect(test.log.of('relay failed')[0]).toMatchObject({ code: 'RELAY_ERR_TOO_SLOW' });
    // It goes on at a key frame.
    const again = await bad.peer(1);
    await until('something comes', () => again.media.length > 0);
    expect(again.media[0]).toMatch(/^K/u);
  });
});

describe('a destination that asks to connect elsewhere', () => {
  it('is obeyed at once, from a key frame on', async () => {
    const [first, second] = [await server(), await server()];
    await start({ push: [{ url: `rtmp://127.0.0.1:${first.port}/in/x` }], firstRetry: 500 });
    const send = await publish();
    send(keyFrame(1));
    const peer = await first.peer(0);
    await peer.gets('K1');
    await new Promise((resolve) => setTimeout(resolve, 600));
    peer.session.requestReconnect({ description: 'go', tcUrl: `rtmp://127.0.0.1:${second.port}/other` });
    peer.flush();
    const next = await second.peer(0);
    await next.gets('K1');
    expect(next.commands.find((command) => command.name === 'publish')).toMatchObject({ publishingName: 'x' });
    expect(relays().list()).toMatchObject([{ failures: 0, connections: 2 }]);
  });

  it('at another host is obeyed when that is named, and else gets the stream again itself', async () => {
    const [first, second] = [await server(), await server()];
    const push = [{ url: `rtmp://127.0.0.1:${first.port}/in/x` }];
    const elsewhere = `rtmp://localhost:${second.port}/in`;
    await start({ push });
    const send = await publish();
    send(keyFrame(1));
    await (await first.peer(0)).gets('K1');
    first.peers[0]!.session.requestReconnect({ description: 'go', tcUrl: elsewhere });
    first.peers[0]!.flush();
    await (await first.peer(1)).gets('K1');
    expect(second.peers).toEqual([]);
    expect(test.log.of('relay failed')).toMatchObject([
      { code: 'RELAY_ERR_ELSEWHERE', error: expect.stringContaining('/in/… to localhost;') as string },
    ]);
    await test.close();
    await start({ push, redirectHosts: ['localhost'], firstRetry: 1 });
    (await publish())(keyFrame(2));
    await (await first.peer(2)).gets('K2');
    first.peers[2]!.session.requestReconnect({ description: 'go', tcUrl: elsewhere });
    first.peers[2]!.flush();
    await (await second.peer(0)).gets('K2');
  });

  it('in its answer to connect neither', async () => {
    const second = await server();
    const first = await server((command, { session }) => {
      const redirect = `rtmp://localhost:${second.port}/in`;
      session.reject(command, { level: 'error', code: 'x', description: 'moved', ex: { code: 302, redirect } });
    });
    await start({ push: [{ url: `rtmp://127.0.0.1:${first.port}/in/x` }] });
    await publish();
    await until('it failed', () => test.log.of('relay failed').length > 0);
    expect(test.log.of('relay failed')[0]).toMatchObject({ code: 'RELAY_ERR_ELSEWHERE' });
    expect(second.peers).toEqual([]);
  });

  it('in its answer to connect leads to none of our own listeners', async () => {
    const first = await server((command, { session }) => {
      const redirect = `rtmp://127.0.0.1:${test.port}/live`;
      session.reject(command, { level: 'error', code: 'x', description: 'moved', ex: { code: 302, redirect } });
    });
    await start({ push: [{ url: `rtmp://127.0.0.1:${first.port}/in/x` }] });
    await publish();
    await until('it failed', () => test.log.of('relay failed').length > 0);
    expect(test.log.of('relay failed')[0]).toMatchObject({ code: 'RELAY_ERR_LOOP' });
  });

  it('as soon as it has been connected to waits', async () => {
    const destination = await server((command, { session }) => {
      session.accept(command);
      if (command.name === 'publish') session.requestReconnect({ description: 'again' });
    });
    await start({ push: [{ url: `rtmp://127.0.0.1:${destination.port}/in/x` }] });
    await publish();
    await destination.peer(2);
    expect(test.log.of('relay failed')[0]).toMatchObject({ code: 'RELAY_ERR_RECONNECT' });
  });
});

describe('a publisher that comes back in time', () => {
  it('goes on in the same publish at the destination', async () => {
    const destination = await server();
    const playback = { publisherGrace: 5000 };
    await start({ push: [{ url: `rtmp://127.0.0.1:${destination.port}/in/x` }] }, { playback });
    const send = await publish();
    send(videoConfig(1), keyFrame(1), picture(2));
    const peer = await destination.peer(0);
    await peer.gets('V1 K1 P2');
    await publishers[0]!.destroy();
    await until('it is gone', () => test.app.get(RtmpStreams).list().length === 0);
    const again = await publish();
    again(videoConfig(1), keyFrame(3), picture(4));
    await peer.gets('V1 K1 P2 V1 K3 P4');
    expect(destination.peers).toHaveLength(1);
    expect(relays().list()).toMatchObject([{ state: 'live', connections: 1, failures: 0 }]);
  });
});

describe('pushes of a publish handler', () => {
  it('are for that publish alone', async () => {
    const destination = await server();
    Sender.relay = [`rtmp://127.0.0.1:${destination.port}/in/x`, { url: `rtmp://127.0.0.1:${destination.port}/in/y` }];
    await start({}, {}, { controllers: [Sender] });
    await publish();
    await until('both publish', () => destination.peers.filter(({ commands }) => commands.length === 5).length === 2);
    const names = destination.peers.map(
      ({ commands }) => (commands[4] as never as { publishingName: string }).publishingName,
    );
    expect(names.sort()).toEqual(['x', 'y']);
    expect(
      relays()
        .list()
        .map(({ rule }) => rule),
    ).toEqual([undefined, undefined]);
  });

  it('with an address that is none refuse the publish, and the address is not logged', async () => {
    Sender.relay = 'rtmp://host/${key}/top-secret';
    await start({}, {}, { controllers: [Sender] });
    await expect(publish()).rejects.toThrow(/Internal server error/u);
    expect(JSON.stringify(test.log.lines)).not.toMatch(/top-secret/u);
    expect(test.log.lines.some(({ message }) => message.includes('there are ${app} and ${name}'))).toBe(true);
  });
});

describe('pushes at run time', () => {
  it('begin with what is live, and with what comes', async () => {
    const destination = await server();
    await start({});
    await publish('one');
    const id = relays().addPush({ app: 'live', url: `rtmp://127.0.0.1:${destination.port}/in/\${name}` });
    await reaches('live', 0);
    await publish('two');
    await reaches('live', 1);
    expect(relays().rules()).toMatchObject([
      { id, isTemporary: true, url: expect.stringMatching(/\/in\/…$/u) as string },
    ]);
    expect(relays().remove(id)).toBe(true);
    await until('they are gone', () => relays().list().length === 0);
    expect(relays().rules()).toEqual([]);
    expect(relays().remove(id)).toBe(false);
  });

  it('of one publish end with it', async () => {
    const destination = await server();
    await start({});
    await publish();
    const id = relays().push(test.app.get(RtmpStreams).get('live/cam')!, `rtmp://127.0.0.1:${destination.port}/in/x`);
    await reaches('live');
    expect(relays().get(id)).toMatchObject({ direction: 'push', rule: undefined });
    expect(relays().remove(id)).toBe(true);
    await until('it is gone', () => relays().get(id) === undefined);
  });

  it('with an option of the client that is none say so', async () => {
    await start({});
    const push = { url: 'rtmp://host/app', client: { flashVer: 5 as never } };
    expect(() => relays().addPush(push)).toThrow(/^RtmpModule option push\.client\.flashVer: 5 is not possible/u);
  });

  it('with an address that is none say what to write', async () => {
    await start({});
    expect(() => relays().addPush({ url: 'http://host/x.flv' })).toThrow(/push\.url.*HTTP can be pulled only/u);
    expect(() => relays().addPush({ url: 'rtmp://${name}/app/x' })).toThrow(/only stand in the path/u);
    expect(() => relays().addPush({ url: 'nonsense-secret' })).toThrow(/^(?!.*secret).*rtmp:\/\/host/u);
  });
});

describe('circles', () => {
  it('an address of our own is refused', async () => {
    await start({});
    await publish();
    const publication = test.app.get(RtmpStreams).get('live/cam')!;
    relays().push(publication, `rtmp://localhost:${test.port}/live/copy`);
    await reaches('refused');
    expect(relays().list()).toMatchObject([{ problem: { code: 'RELAY_ERR_LOOP' } }]);
  });

  it('a stream that comes back over another server is refused', async () => {
    const other = await startMicroservice({ options: { relay: FAST } });
    try {
      await start({ push: [{ app: 'live', url: `rtmp://127.0.0.1:${other.port}/live` }] });
      other.app.get(RtmpRelays).addPush({ app: 'live', url: `rtmp://127.0.0.1:${test.port}/back` });
      await publish();
      const back = other.app.get(RtmpRelays);
      await until('it is refused', () => back.list()[0]?.state === 'refused', {
        instead: () => JSON.stringify(back.list()),
      });
      expect(back.list()).toMatchObject([
        {
          problem: {
            message: expect.stringContaining('go in a circle') as string,
            status: 'NetConnection.Connect.Rejected',
          },
        },
      ]);
    } finally {
      await other.close();
    }
  });
});

it('shutting down ends relays politely', async () => {
  const destination = await server();
  await start({ push: [{ url: `rtmp://127.0.0.1:${destination.port}/in/x` }] });
  await publish();
  await reaches('live');
  const peer = await destination.peer(0);
  await test.close();
  expect(peer.commands.slice(5).map((command) => command.name)).toEqual(['FCUnpublish', 'deleteStream']);
});

@Injectable()
class Arrived {
  readonly media: string[] = [];
}

@Controller()
class Destination {
  constructor(private readonly arrived: Arrived) {}

  @RtmpVideo()
  take(@Payload() { payload }: RtmpMediaMessage): void {
    this.arrived.media.push(token(9, payload));
  }
}

@Controller()
class Sender {
  static relay: PublishReply['relay'];

  @RtmpCommand('publish')
  publish(): PublishReply {
    return { relay: Sender.relay! };
  }
}

@Injectable()
class Heard {
  readonly events: Array<[string, RelayStateEvent | RelayFailedEvent, string | undefined]> = [];
}

@Controller()
class Listener {
  constructor(private readonly heard: Heard) {}

  @RtmpEvent('relay.connecting')
  connecting(@Payload() event: RelayStateEvent, @Ctx() context: RtmpContext): void {
    this.heard.events.push(['connecting', event, context.stream?.path]);
  }

  @RtmpEvent('relay.failed')
  failed(@Payload() event: RelayFailedEvent, @Ctx() context: RtmpContext): void {
    this.heard.events.push(['failed', event, context.stream?.path]);
  }
}
