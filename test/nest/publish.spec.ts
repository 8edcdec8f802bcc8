import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { MediaFlags } from '#lib/flv';
import {
  type PublishCommand,
  type PublishReply,
  RtmpCommand,
  RtmpContext,
  RtmpEvent,
  type RtmpDisconnectEvent,
  type RtmpExtension,
  type RtmpPublication,
  type RtmpPublishEvent,
  RtmpSessions,
  RtmpStreams,
  type RtmpUnpublishEvent,
} from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { startMicroservice, type TestApp } from './start-app.js';

let test: TestApp;

afterEach(() => test.close());

/** Resolves when told to. */
class Gate {
  open!: () => void;
  readonly passed = new Promise<void>((resolve) => (this.open = resolve));
}

/** Keeps copies of what is published, from the first message on. */
class Keeping implements RtmpExtension {
  readonly publications: RtmpPublication[] = [];
  readonly messages: string[] = [];

  onPublish(publication: RtmpPublication): void {
    this.publications.push(publication);
    publication.stream.addSink({
      onMessage: ({ tagType, timestamp, payload, flags }) =>
        this.messages.push(
          `${tagType} ${timestamp} ${payload.length}:${payload[0]} ${flags & MediaFlags.KeyFrame ? 'key' : ''}`,
        ),
      onEnd: () => this.messages.push('end'),
    });
  }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !isSo(); i++) await delay(10);
  expect(isSo()).toBe(true);
}

describe('without handlers', () => {
  beforeEach(async () => (test = await startMicroservice({ options: { playback: { waitForPublisher: 0 } } })));

  it('refuses to play what is not live', async () => {
    const client = await RawRtmpClient.connected(test.port);
    const streamId = await client.createStream();
    client.command(streamId, 'play', 0, null, 'cam');
    expect(await client.status(streamId)).toEqual({
      level: 'error',
      code: 'NetStream.Play.StreamNotFound',
      description: 'live/cam is not live.',
    });
  });

  it.each([
    ['', 'The stream has no name: publish to rtmp://host/app/name.'],
    ['../../etc/passwd', "The stream path contains an empty part, '.' or '..'."],
    ['a\u0000b', 'The stream path contains characters that are not allowed.'],
    ['x'.repeat(300), 'The stream path has 305 bytes, at most 256 are allowed.'],
  ])('refuses to publish %j', async (name, description) => {
    const client = await RawRtmpClient.connected(test.port);
    expect(await client.publish(name)).toEqual({ level: 'error', code: 'NetStream.Publish.BadName', description });
    await client.closed;
  });

  it('refuses a name that is live, and takes it again when it is not', async () => {
    const first = await RawRtmpClient.publishing(test.port, 'cam');
    const second = await RawRtmpClient.connected(test.port);
    expect(await second.publish('cam')).toEqual({
      level: 'error',
      code: 'NetStream.Publish.BadName',
      description: 'live/cam is already being published.',
    });
    await second.closed;
    expect(first.isClosed).toBe(false);
    await first.destroy();
    await until(() => test.app.get(RtmpStreams).list().length === 0);
    await RawRtmpClient.publishing(test.port, 'cam');
  });

  it('lists streams and sessions, and ends them', async () => {
    const streams = test.app.get(RtmpStreams);
    const sessions = test.app.get(RtmpSessions);
    const client = await RawRtmpClient.publishing(test.port, 'cam?key=1');
    const publication = streams.get('live/cam')!;
    expect(streams.list()).toEqual([publication]);
    expect(publication.address).toMatchObject({ app: 'live', name: 'cam', query: { key: '1' } });
    expect(sessions.list()).toEqual([publication.session]);
    expect(publication.session.publications).toEqual([publication]);

    expect(streams.end('live/cam', 'Off air.')).toBe(true);
    expect(await client.status(1)).toMatchObject({
      level: 'error',
      code: 'NetStream.Publish.Denied',
      description: 'Off air.',
    });
    await client.closed;
    expect(publication.signal.aborted).toBe(true);
    expect(publication.endReason).toBe('ended');
    expect(streams.end('live/cam')).toBe(false);
    await until(() => sessions.size === 0);

    const other = await RawRtmpClient.publishing(test.port, 'other');
    expect(sessions.disconnect(sessions.list()[0]!.id, 'Good night.')).toBe(true);
    expect(await other.status(1)).toMatchObject({ description: 'Good night.' });
    await other.closed;
  });

  it('takes several publishes on one connection', async () => {
    const client = await RawRtmpClient.publishing(test.port, 'one');
    expect(await client.publish('two')).toMatchObject({ code: 'NetStream.Publish.Start' });
    // A refusal ends the connection only when nothing else is active on it.
    expect(await client.publish('one')).toMatchObject({ code: 'NetStream.Publish.BadName' });
    const streams = test.app.get(RtmpStreams);
    expect(streams.list().map(({ path }) => path)).toEqual(['live/one', 'live/two']);
    client.command(0, 'deleteStream', 0, null, 1);
    await until(() => streams.list().length === 1);
    expect(client.isClosed).toBe(false);
    await client.destroy();
    await until(() => streams.list().length === 0);
  });
});

describe('a decision that takes its time', () => {
  let gates: Map<string, Gate>;
  let signals: Map<string, AbortSignal>;

  @Controller()
  class Deciding {
    @RtmpCommand('publish')
    async publish(@Payload() { publishingName }: PublishCommand, @Ctx() context: RtmpContext): Promise<PublishReply> {
      const gate = new Gate();
      signals.set(publishingName, context.signal);
      gates.set(publishingName, gate);
      await gate.passed;
      const name = context.query['as'];
      return name === undefined ? {} : { name };
    }
  }

  async function start(options: Parameters<typeof startMicroservice>[0] = {}) {
    gates = new Map();
    signals = new Map();
    test = await startMicroservice({ controllers: [Deciding], ...options });
  }

  async function startPublish(name: string): Promise<{ client: RawRtmpClient; streamId: number }> {
    const client = await RawRtmpClient.connected(test.port);
    const streamId = await client.createStream();
    client.command(streamId, 'publish', 0, null, name, 'live');
    await until(() => gates.has(name));
    return { client, streamId };
  }

  it('is awaited before Publish.Start, and media in the meantime is delivered whole and in order', async () => {
    const keeping = new Keeping();
    await start();
    test.server.extend(keeping);
    const { client, streamId } = await startPublish('cam');
    client.data(streamId, '@setDataFrame', 'onMetaData', { width: 640 });
    client.video(streamId, 0, 0x17, 0, 0, 0, 0, 1);
    const pictures: string[] = [];
    for (let i = 0; i < 50; i++) {
      const payload = new Uint8Array(1000 + i);
      payload.set([i % 10 === 0 ? 0x17 : 0x27, 1]);
      client.send(9, streamId, i * 40, payload);
      pictures.push(`9 ${i * 40} ${1000 + i}:${payload[0]} ${i % 10 === 0 ? 'key' : ''}`);
    }
    await delay(50);
    expect(client.commands).toEqual([]);
    gates.get('cam')!.open();
    expect(await client.status(streamId)).toMatchObject({ code: 'NetStream.Publish.Start' });
    await until(() => keeping.messages.length === 52);
    expect(keeping.messages.slice(2)).toEqual(pictures);
    expect(keeping.messages[1]).toBe('9 0 6:23 ');
    await client.destroy();
    await until(() => keeping.messages.length === 53);
    expect(keeping.messages[52]).toBe('end');
  });

  it('holds a bounded number of bytes and then lets the publisher wait, losing nothing', async () => {
    const keeping = new Keeping();
    await start({ options: { maxHeldBytes: 64 * 1024 } });
    test.server.extend(keeping);
    const { client, streamId } = await startPublish('cam');
    client.setChunkSize(100_000);
    for (let i = 0; i < 200; i++) {
      const payload = new Uint8Array(100_000);
      payload[0] = 0x17;
      payload[1] = 1;
      client.send(9, streamId, i, payload);
    }
    await delay(100);
    const { bytesReceived } = test.app.get(RtmpSessions).list()[0]!;
    // What was read before the pause took effect; the other 19 MB are still on the way.
    expect(bytesReceived).toBeLessThan(4 * 1024 * 1024);
    gates.get('cam')!.open();
    await until(() => keeping.messages.length === 200);
  });

  it('that takes too long refuses the publish and aborts the signal', async () => {
    await start({ options: { handlerTimeout: 50 } });
    const { client, streamId } = await startPublish('cam');
    expect(await client.status(streamId)).toEqual({
      level: 'error',
      code: 'NetStream.Publish.Denied',
      description: 'The server did not decide in time.',
    });
    await client.closed;
    expect(signals.get('cam')!.aborted).toBe(true);
    expect((signals.get('cam')!.reason as Error).message).toBe('The handler took longer than 50 ms.');
    gates.get('cam')!.open();
    await delay(20);
    expect(test.app.get(RtmpStreams).list()).toEqual([]);
    expect(test.log.of('the handler of publish took too long')).toMatchObject([{ timeout: 50 }]);
  });

  it('is aborted when the publisher is gone, and void', async () => {
    await start();
    const { client } = await startPublish('cam');
    await client.destroy();
    await until(() => signals.get('cam')!.aborted);
    gates.get('cam')!.open();
    await delay(20);
    expect(test.app.get(RtmpStreams).list()).toEqual([]);
    // The name was never taken.
    const next = await startPublish('cam?again');
    gates.get('cam?again')!.open();
    expect(await next.client.status(next.streamId)).toMatchObject({ code: 'NetStream.Publish.Start' });
    expect(signals.get('cam?again')!.aborted).toBe(false);
  });

  it('gives a name to exactly one of several publishers that were all admitted', async () => {
    await start();
    const all = await Promise.all(Array.from({ length: 8 }, (_, index) => startPublish(`cam?${index}`)));
    for (const gate of [...gates.values()].toReversed()) gate.open();
    const statuses = await Promise.all(all.map(({ client, streamId }) => client.status(streamId)));
    const codes = statuses.map(({ code }) => code).sort();
    expect(codes).toEqual([...Array<string>(7).fill('NetStream.Publish.BadName'), 'NetStream.Publish.Start']);
    expect(test.app.get(RtmpStreams).list()).toHaveLength(1);
  });

  it('may choose the name', async () => {
    await start();
    const { client, streamId } = await startPublish('secret?as=cam');
    gates.get('secret?as=cam')!.open();
    expect(await client.status(streamId)).toMatchObject({ code: 'NetStream.Publish.Start' });
    expect(test.app.get(RtmpStreams).list()[0]).toMatchObject({ path: 'live/cam' });
    const other = await startPublish('secret?as=..');
    gates.get('secret?as=..')!.open();
    expect(await other.client.status(other.streamId)).toMatchObject({
      code: 'NetStream.Publish.Denied',
      description: 'Internal server error',
    });
    expect(test.log.of('Deciding.publish returned a stream name that is not possible')).toMatchObject([{ name: '..' }]);
  });
});

describe("takeover: 'replace'", () => {
  it('gives the name to the newcomer, tells the old publisher and closes it', async () => {
    const keeping = new Keeping();
    test = await startMicroservice({ options: { takeover: 'replace' } });
    test.server.extend(keeping);
    const first = await RawRtmpClient.publishing(test.port, 'cam');
    const second = await RawRtmpClient.publishing(test.port, 'cam');
    expect(await first.status(1)).toEqual({
      level: 'error',
      code: 'NetStream.Publish.BadName',
      description: 'live/cam is now published by somebody else.',
    });
    await first.closed;
    expect(second.isClosed).toBe(false);
    expect(keeping.publications.map(({ endReason }) => endReason)).toEqual(['replaced', undefined]);
    const [live] = test.app.get(RtmpStreams).list();
    expect(live).toBe(keeping.publications[1]);
  });

  it('works on one connection too', async () => {
    test = await startMicroservice({ options: { takeover: 'replace' } });
    const client = await RawRtmpClient.publishing(test.port, 'cam');
    expect(await client.publish('cam')).toMatchObject({ code: 'NetStream.Publish.Start' });
    expect(await client.status(1)).toMatchObject({ code: 'NetStream.Publish.BadName' });
    expect(test.app.get(RtmpStreams).list()).toHaveLength(1);
    expect(client.isClosed).toBe(false);
  });
});

describe("takeover: 'same-identity'", () => {
  const from = (address: string) => connect({ port: test.port, host: '127.0.0.1', localAddress: address });

  it('gives the name to who comes from the same address', async () => {
    test = await startMicroservice({ options: { takeover: 'same-identity' } });
    const first = await RawRtmpClient.publishing(from('127.0.0.1'), 'cam');
    const stranger = await RawRtmpClient.connected(from('127.0.0.2'));
    expect(await stranger.publish('cam')).toMatchObject({ code: 'NetStream.Publish.BadName' });
    await stranger.closed;
    expect(first.isClosed).toBe(false);
    const again = await RawRtmpClient.publishing(from('127.0.0.1'), 'cam');
    expect(await first.status(1)).toMatchObject({ code: 'NetStream.Publish.BadName' });
    await first.closed;
    await again.destroy();
  });

  it('or to whom the handler says it is, wherever it comes from', async () => {
    @Controller()
    class Knowing {
      @RtmpCommand('publish')
      publish(@Ctx() { query }: RtmpContext): PublishReply {
        return query['user'] === undefined ? {} : { identity: query['user'] };
      }
    }
    test = await startMicroservice({ controllers: [Knowing], options: { takeover: 'same-identity' } });
    const first = await RawRtmpClient.publishing(from('127.0.0.1'), 'cam?user=ann');
    // The same address is nothing against that, and an address is no name.
    for (const name of ['cam?user=bob', 'cam', 'cam?user=127.0.0.1', 'cam?user=']) {
      const other = await RawRtmpClient.connected(from('127.0.0.1'));
      expect((await other.publish(name)).level).toBe('error');
      await other.closed;
    }
    expect(first.isClosed).toBe(false);
    const again = await RawRtmpClient.publishing(from('127.0.0.2'), 'cam?user=ann');
    expect(await first.status(1)).toMatchObject({ code: 'NetStream.Publish.BadName' });
    await again.destroy();
  });
});

it('a publisher that is heard of no more holds its name for publisherTimeout, one that answers pings for as long as it likes', async () => {
  const reasons: string[] = [];
  @Controller()
  class Watching {
    @RtmpEvent('unpublish')
    unpublished(@Payload() { publication, reason }: RtmpUnpublishEvent): void {
      reasons.push(`${publication.path} ${reason}`);
    }
  }
  const session = { publisherTimeout: 500, idleTimeout: 60_000 };
  test = await startMicroservice({ controllers: [Watching], options: { session } });
  const silent = await RawRtmpClient.publishing(test.port, 'silent');
  const pings = () => silent.messages.filter(({ typeId, payload }) => typeId === 4 && payload[1] === 6);
  let answered = 0;
  const answering = setInterval(() => {
    for (const { payload } of pings().slice(answered))
      silent.send(4, 0, 0, Buffer.from([0, 7, ...payload.slice(2)]), 2);
    answered = pings().length;
  }, 20);
  const vanished = await RawRtmpClient.publishing(test.port, 'cam');
  vanished.stopReading();
  const refused = await RawRtmpClient.connected(test.port);
  expect(await refused.publish('cam')).toMatchObject({ code: 'NetStream.Publish.BadName' });
  await until(() => reasons.length > 0);
  expect(reasons).toEqual(['live/cam disconnected']);
  const next = await RawRtmpClient.publishing(test.port, 'cam');
  await silent.until(() => answered >= 3, 'pings');
  expect(test.app.get(RtmpStreams).get('live/silent')).toBeDefined();
  clearInterval(answering);
  await Promise.all([silent, vanished, next].map((client) => client.destroy()));
});

describe('events', () => {
  it('tell of connections and publishes; an error in one handler does not keep the others from running', async () => {
    const seen: string[] = [];
    @Controller()
    class Watching {
      @RtmpEvent('connect')
      connected(@Ctx() { app, session }: RtmpContext): void {
        seen.push(`connect ${app} ${session.id.length > 0}`);
      }
      @RtmpEvent('publish')
      failing(): never {
        throw new Error('broken');
      }
      @RtmpEvent('publish')
      published(@Payload() { publication }: RtmpPublishEvent, @Ctx() { stream }: RtmpContext): void {
        seen.push(`publish ${publication.path} ${stream!.path}`);
      }
      @RtmpEvent('unpublish')
      async unpublished(@Payload() { publication, reason }: RtmpUnpublishEvent): Promise<void> {
        await delay(5);
        seen.push(`unpublish ${publication.path} ${reason} ${publication.signal.aborted}`);
      }
      @RtmpEvent('disconnect')
      disconnected(@Payload() { reason, bytesReceived }: RtmpDisconnectEvent): void {
        seen.push(`disconnect ${reason} ${bytesReceived > 0}`);
      }
    }
    test = await startMicroservice({ controllers: [Watching] });
    const client = await RawRtmpClient.publishing(test.port, 'cam');
    client.command(0, 'FCUnpublish', 0, null, 'cam');
    client.command(0, 'deleteStream', 0, null, 1);
    await client.status(1);
    await client.publish('other');
    await client.destroy();
    await until(() => seen.length === 6);
    expect(seen.slice(0, 2)).toEqual(['connect live true', 'publish live/cam live/cam']);
    expect(seen.slice(2).sort()).toEqual([
      'disconnect closed by the peer true',
      'publish live/other live/other',
      'unpublish live/cam unpublished true',
      'unpublish live/other disconnected true',
    ]);
    expect(test.log.of("Watching.failing failed on 'publish'")).toMatchObject([
      { error: 'Error: broken', session: expect.any(String) },
      {},
    ]);
  });
});

describe('an extension', () => {
  it('that fails does not end the publish; one that ends it does', async () => {
    test = await startMicroservice();
    test.server.extend({
      onPublish: (publication) => {
        if (publication.stream.name === 'no') publication.end('Not this one.');
        throw new Error('broken');
      },
    });
    const client = await RawRtmpClient.publishing(test.port, 'yes');
    expect(test.log.of('an extension failed at the start of a publish')).toMatchObject([{ stream: 'live/yes' }]);
    expect(await client.publish('no')).toMatchObject({ level: 'error', description: 'Not this one.' });
    expect(test.app.get(RtmpStreams).list()).toHaveLength(1);
  });

  it('may let the publisher wait', async () => {
    const keeping = new Keeping();
    test = await startMicroservice();
    test.server.extend(keeping);
    const client = await RawRtmpClient.publishing(test.port, 'cam');
    const release = keeping.publications[0]!.hold();
    client.audio(1, 0, 0xaf, 1, 1);
    await delay(50);
    expect(keeping.messages).toEqual([]);
    release();
    await until(() => keeping.messages.length === 1);
    const again = keeping.publications[0]!.hold();
    test.app.get(RtmpStreams).end('live/cam');
    again();
    await client.closed;
  });
});
