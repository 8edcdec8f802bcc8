import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Injectable } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type RtmpContext,
  RtmpEvent,
  type RtmpModuleOptions,
  type RtmpPublishEvent,
  RtmpRelays,
  RtmpStreams,
  type RtmpUnpublishEvent,
  RtmpVideo,
} from '#src';
import { CertificateMaker } from '#test/certificates';
import { flv } from '#test/flv-bytes';
import { audio, keyFrame, type LiveMessage, metadata, picture, token, videoConfig } from '#test/live-media';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { HttpApp, HttpCall } from './http-app.js';
import { startMicroservice, type TestApp, type TestAppOptions } from './start-app.js';

/** Waits of a test are short. */
const FAST = { firstRetry: 20, maxRetry: 40, refusedRetry: 60, demandTimeout: 100 };

let test: TestApp;
let others: TestApp[];
let clients: RawRtmpClient[];
let http: HttpServer | undefined;

beforeEach(() => {
  others = [];
  clients = [];
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.destroy()));
  await test.close();
  await Promise.all(others.map((other) => other.close()));
  http?.closeAllConnections();
  http?.close();
  http = undefined;
});

async function start(relay: RtmpModuleOptions['relay'], more: TestAppOptions = {}): Promise<void> {
  test = await server(relay, more);
}

function server(relay: RtmpModuleOptions['relay'], { options, ...more }: TestAppOptions = {}): Promise<TestApp> {
  return startMicroservice({ options: { relay: { ...FAST, ...relay }, latency: 'realtime', ...options }, ...more });
}

async function other(relay: RtmpModuleOptions['relay'] = {}, more: TestAppOptions = {}): Promise<TestApp> {
  const started = await server(relay, more);
  others.push(started);
  return started;
}

async function publish(port: number, name = 'cam'): Promise<(...messages: LiveMessage[]) => void> {
  const client = await RawRtmpClient.publishing(port, name);
  clients.push(client);
  let time = 0;
  return (...messages) => {
    for (const { typeId, payload } of messages) client.send(typeId, 1, (time += 10), payload);
  };
}

/** A player, and what it has got. */
async function play(
  to: number | Socket,
  name = 'cam',
): Promise<{ client: RawRtmpClient; gets: (tokens: string) => Promise<void> }> {
  const client = await RawRtmpClient.connected(to);
  clients.push(client);
  const streamId = await client.createStream();
  client.command(streamId, 'play', 0, null, name);
  const media = (): string[] =>
    client.messages
      .filter(({ typeId, streamId: id }) => id === streamId && (typeId === 8 || typeId === 9 || typeId === 18))
      .map(({ typeId, payload }) => token(typeId, payload))
      .filter((one) => one !== 'Tundefined'); // |RtmpSampleAccess
  const gets = async (tokens: string): Promise<void> => {
    await until(`${tokens} come`, () => media().length >= tokens.split(' ').length, {
      timeout: 5000,
      instead: () => `${media().join(' ')} ${JSON.stringify(relays().list())}`,
    });
    expect(media().join(' ')).toBe(tokens);
  };
  return { client, gets };
}

const relays = (app: TestApp = test): RtmpRelays => app.app.get(RtmpRelays);
const streams = (app: TestApp = test): RtmpStreams => app.app.get(RtmpStreams);

describe('a pull on demand', () => {
  it('begins with the first viewer, and ends some time after the last', async () => {
    const origin = await other();
    await start({ pull: [{ app: 'live', url: `rtmp://127.0.0.1:${origin.port}/live/\${name}?key=secret` }] });
    const send = await publish(origin.port);
    send(metadata(1), videoConfig(1), keyFrame(1), picture(2));
    expect(relays().list()).toEqual([]);
    const first = await play(test.port);
    await first.gets('M1 V1 K1 P2');
    const second = await play(test.port);
    send(picture(3));
    await first.gets('M1 V1 K1 P2 P3');
    await second.gets('M1 V1 K1 P2 P3');
    // One connection for both.
    const [publication] = streams().list();
    expect(publication).toMatchObject({ path: 'live/cam', isPulled: true });
    expect(publication!.session).toMatchObject({
      transport: 'pull',
      remoteAddress: '127.0.0.1',
      tcUrl: `rtmp://127.0.0.1:${origin.port}/live/…`,
    });
    expect(relays().list()).toMatchObject([
      { direction: 'pull', state: 'live', connections: 1, app: 'live', name: 'cam' },
    ]);
    expect(relays().list()[0]!.bytes).toBeGreaterThan(0);
    await first.client.destroy();
    await second.client.destroy();
    await until('it ends', () => relays().list().length === 0 && streams().list().length === 0);
  });

  it('waits for the publisher of the other server', async () => {
    const origin = await other();
    await start({ pull: [{ app: 'live', url: `rtmp://127.0.0.1:${origin.port}/\${app}/\${name}` }] });
    const player = await play(test.port);
    await until('it asks', () => relays().list()[0]?.state === 'connecting');
    const send = await publish(origin.port);
    send(videoConfig(1), keyFrame(1));
    await player.gets('V1 K1');
  });

  it('serves players that a server would refuse at once, and takes no other app', async () => {
    const origin = await other();
    const options = { playback: { waitForPublisher: 0 } };
    await start({ pull: [{ app: 'live', url: `rtmp://127.0.0.1:${origin.port}/live/\${name}` }] }, { options });
    const send = await publish(origin.port);
    send(keyFrame(1));
    const player = await play(test.port);
    await player.gets('K1');
    const stranger = await RawRtmpClient.connected(test.port, 'elsewhere');
    clients.push(stranger);
    const id = await stranger.createStream();
    stranger.command(id, 'play', 0, null, 'cam');
    expect(await stranger.status(id)).toMatchObject({ code: 'NetStream.Play.StreamNotFound' });
  });

  it('is given up when the one who waits goes', async () => {
    const origin = await other();
    await start({ pull: [{ app: 'live', url: `rtmp://127.0.0.1:${origin.port}/live/\${name}` }] });
    const player = await play(test.port);
    await until('it asks', () => relays().list().length === 1);
    await player.client.destroy();
    await until('it is given up', () => relays().list().length === 0);
    expect(streams().list()).toEqual([]);
  });

  it('goes on when the other server was away, within the wait of its players', async () => {
    const origin = await server({});
    const { port } = origin;
    await origin.close();
    await start({ pull: [{ app: 'live', url: `rtmp://127.0.0.1:${port}/live/\${name}` }] });
    const player = await play(test.port);
    await until('it failed', () => (relays().list()[0]?.failures ?? 0) > 1);
    await other({}, { options: { listeners: [{ port }] } });
    const send = await publish(port);
    send(keyFrame(1));
    await player.gets('K1');
  });

  it('is bounded in number', async () => {
    const origin = await other();
    await start({ maxOnDemand: 1, pull: [{ app: 'live', url: `rtmp://127.0.0.1:${origin.port}/live/\${name}` }] });
    await play(test.port, 'one');
    await play(test.port, 'two');
    await until('it asks', () => relays().list().length > 0);
    expect(
      relays()
        .list()
        .map(({ name }) => name),
    ).toEqual(['one']);
  });

  it('of names that nobody has does not fill the log', async () => {
    const origin = await other({}, { options: { playback: { waitForPublisher: 0 } } });
    await start({ pull: [{ app: 'live', url: `rtmp://127.0.0.1:${origin.port}/live/\${name}` }] });
    const client = await RawRtmpClient.connected(test.port);
    clients.push(client);
    for (let i = 0; i < 7; i++) {
      const streams = await Promise.all(Array.from({ length: 5 }, () => client.createStream()));
      for (const [index, id] of streams.entries()) client.command(id, 'play', 0, null, `nobody${i}-${index}`);
      await until(
        'all have failed',
        () =>
          relays()
            .list()
            .filter(({ failures }) => failures > 0).length === 5,
      );
      for (const id of streams) client.command(0, 'deleteStream', 0, null, id);
      await until('all have stopped', () => relays().list().length === 0);
    }
    const lines = test.log.of('relay failed').length;
    expect(lines).toBeGreaterThanOrEqual(20);
    expect(lines).toBeLessThan(35);
    expect(test.log.lines.filter(({ level, message }) => level === 'log' && message === 'relay stopped')).toEqual([]);
  });

  it('is not kept from others by an address that asks for names nobody has', async () => {
    const origin = await other();
    await start({ maxOnDemand: 2, pull: [{ app: 'live', url: `rtmp://127.0.0.1:${origin.port}/live/\${name}` }] });
    (await publish(origin.port))(videoConfig(1), keyFrame(1));
    for (const name of ['one', 'two']) await play(test.port, name);
    await until('both are asked for', () => relays().list().length === 2);
    const player = await play(connect({ port: test.port, host: '127.0.0.1', localAddress: '127.0.0.2' }), 'cam');
    await player.gets('V1 K1');
    const names = () => relays().list().map(({ name }) => name); // prettier-ignore
    await until('the first gave way', () => names().length === 2);
    expect(names()).toEqual(['two', 'cam']);
  });
});

describe('a pull that always runs', () => {
  it('begins with the server, and comes back when the source does', async () => {
    const origin = await other();
    await start({ pull: [{ app: 'live', name: 'here', url: `rtmp://127.0.0.1:${origin.port}/live/cam` }] });
    const player = await play(test.port, 'here');
    const send = await publish(origin.port);
    send(videoConfig(1), keyFrame(1));
    await player.gets('V1 K1');
    await clients.find(({ isClosed }, index) => !isClosed && index === 1)!.destroy();
    await until('it is over', () => streams().list().length === 0);
    const again = await publish(origin.port);
    again(videoConfig(2), keyFrame(2));
    await until('it is back', () => streams().list().length === 1);
    expect(relays().list()).toMatchObject([{ state: 'live', connections: 2, failures: 0 }]);
  });

  it('leaves a source that sends nothing', async () => {
    const origin = await other();
    await start({
      sourceTimeout: 100,
      pull: [{ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${origin.port}/live/cam` }],
    });
    const send = await publish(origin.port);
    send(keyFrame(1));
    await until('it is live', () => streams().list().length === 1);
    await until('it failed', () => test.log.of('relay failed').length > 0);
    expect(test.log.of('relay failed')[0]).toMatchObject({ code: 'RELAY_ERR_SILENT' });
  });

  it('goes second to somebody who publishes the name here', async () => {
    const origin = await other();
    await start(
      { pull: [{ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${origin.port}/live/cam` }] },
      {
        options: { takeover: 'replace' },
      },
    );
    const send = await publish(origin.port);
    send(keyFrame(1));
    await until('it is live', () => relays().list()[0]?.state === 'live');
    await publish(test.port);
    await until('it waits', () => relays().list()[0]?.state === 'waiting');
    expect(streams().get('live/cam')!.isPulled).toBe(false);
    await clients[1]!.destroy();
    send(keyFrame(2));
    await until('it is live again', () => relays().list()[0]?.state === 'live');
  });

  it('does not take the name from somebody who came while the source was waited for', async () => {
    const origin = await other();
    const pull = [{ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${origin.port}/live/cam` }];
    await start({ pull }, { options: { takeover: 'replace' } });
    await until('it asks', () => relays().list()[0]?.state === 'connecting');
    await publish(test.port);
    await until('somebody publishes', () => streams().get('live/cam') !== undefined);
    const send = await publish(origin.port);
    send(keyFrame(1));
    await until('it waits', () => relays().list()[0]?.state === 'waiting');
    expect(relays().list()[0]!.problem).toMatchObject({ code: 'RELAY_ERR_NOT_TAKEN' });
    expect(streams().get('live/cam')!.isPulled).toBe(false);
  });

  it('waits while the return of somebody who published the name here is waited for', async () => {
    const origin = await other();
    await start({}, { options: { playback: { publisherGrace: 300 } } });
    const send = await publish(test.port);
    send(videoConfig(1), keyFrame(1));
    const player = await play(test.port);
    await player.gets('V1 K1');
    relays().addPull({ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${origin.port}/live/cam` });
    await until('it waits', () => relays().list()[0]?.state === 'waiting');
    const sendThere = await publish(origin.port);
    sendThere(keyFrame(2));
    await clients[0]!.destroy();
    await until('its publish is over', () => streams().list().length === 0);
    const again = await publish(test.port);
    again(videoConfig(3), keyFrame(3));
    await player.gets('V1 K1 V3 K3');
    expect(relays().list()).toMatchObject([{ state: 'waiting', connections: 0 }]);
    await clients.at(-1)!.destroy();
    await until('it is pulled when nobody has come back', () => relays().list()[0]!.state === 'live');
  });

  it('can be added and removed', async () => {
    const origin = await other();
    await start({});
    const send = await publish(origin.port);
    send(keyFrame(1));
    const id = relays().addPull({ app: 'live', name: 'copy', url: `rtmp://127.0.0.1:${origin.port}/live/cam` });
    await until('it is live', () => streams().get('live/copy') !== undefined);
    expect(relays().rules()).toMatchObject([{ id, direction: 'pull', isTemporary: true }]);
    expect(relays().remove(id)).toBe(true);
    await until('it is gone', () => streams().list().length === 0 && relays().list().length === 0);
  });
});

describe('a pulled stream', () => {
  it('has events, media handlers and sinks as a publish', async () => {
    const origin = await other();
    await start(
      { pull: [{ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${origin.port}/live/cam` }] },
      { controllers: [Watcher], providers: [Seen] },
    );
    const seen = test.app.get(Seen);
    const send = await publish(origin.port);
    send(videoConfig(1), keyFrame(1), picture(2), audio(3));
    await until('all comes', () => seen.video.length === 3, { instead: () => JSON.stringify([seen, relays().list()]) });
    expect(seen.events).toEqual(['publish live/cam true']);
    await clients[0]!.destroy();
    await until('it ends', () => seen.events.length === 2);
    expect(seen.events[1]).toBe('unpublish live/cam unpublished');
  });

  it('has media handlers for as long as it goes on, past handlerTimeout', async () => {
    const origin = await other();
    await start(
      { pull: [{ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${origin.port}/live/cam` }] },
      { controllers: [Watcher], providers: [Seen], options: { handlerTimeout: 100 } },
    );
    const { video } = test.app.get(Seen);
    const send = await publish(origin.port);
    send(videoConfig(1), keyFrame(1));
    await until('it begins', () => video.length === 2);
    await delay(200);
    send(picture(2));
    await until('it goes on', () => video.length === 3);
  });

  it('that is ended here is asked for again', async () => {
    const origin = await other();
    await start({ pull: [{ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${origin.port}/live/cam` }] });
    const send = await publish(origin.port);
    send(keyFrame(1));
    await until('it is live', () => streams().list().length === 1);
    streams().list()[0]!.end();
    await until('it is live again', () => relays().list()[0]?.connections === 2);
    expect(test.log.of('relay failed')[0]).toMatchObject({ code: 'RELAY_ERR_NOT_TAKEN' });
  });
});

describe('HEAD of what can be pulled', () => {
  const LONG = 600_000;
  let edge: HttpApp | undefined;

  afterEach(() => edge?.app.close());

  /** What it says, which comes long before `LONG`. */
  async function askEdge(name: string): Promise<number> {
    const signal = AbortSignal.timeout(15_000);
    return (await fetch(`http://127.0.0.1:${edge!.httpPort}/live/${name}.flv`, { method: 'HEAD', signal })).status;
  }

  async function startEdge(url: string, options: RtmpModuleOptions['relay'] = {}): Promise<void> {
    const relay = { ...FAST, pull: [{ app: 'live', url }], connectTimeout: LONG, demandTimeout: LONG, ...options };
    edge = await HttpApp.start({ options: { relay, playback: { waitForPublisher: LONG } } });
  }

  it('says 200 when the source has it, and 404 when it has not', async () => {
    await start({}, { options: { playback: { waitForPublisher: 0 } } });
    await startEdge(`rtmp://127.0.0.1:${test.port}/live/\${name}`);
    expect(await askEdge('cam')).toBe(404);
    (await publish(test.port))(videoConfig(1), keyFrame(1));
    const edgeRelays = edge!.app.get(RtmpRelays);
    await until('it is pulled', () => edgeRelays.list()[0]?.state === 'live');
    expect(await askEdge('cam')).toBe(200);
  });

  it('is answered by what the source said last, when it is not asked again for a while', async () => {
    let asked = 0;
    await start({});
    http = createServer((_request, response) => response.writeHead(++asked % 2 === 0 ? 403 : 404).end());
    http.listen(0, '127.0.0.1');
    await new Promise((resolve) => http!.once('listening', resolve));
    const { port } = http.address() as AddressInfo;
    await startEdge(`http://127.0.0.1:${port}/\${name}.flv`, { firstRetry: LONG, maxRetry: LONG, refusedRetry: LONG });
    for (const name of ['missing', 'forbidden', 'missing', 'forbidden']) expect(await askEdge(name)).toBe(404);
    expect(asked).toBe(2);
    // Nobody may be pulled any more, so nobody is waited for.
    await edge!.app.close();
    await startEdge(`http://127.0.0.1:${port}/\${name}.flv`, { firstRetry: LONG, maxRetry: LONG, maxOnDemand: 1 });
    const waiting = new HttpCall(edge!.httpPort, '/live/one.flv');
    await until('it is asked', () => asked === 3);
    expect(await askEdge('two')).toBe(404);
    expect(asked).toBe(3);
    waiting.request.destroy();
  });

  it('waits for a source that says nothing for relay.connectTimeout, however long players wait for publishers', async () => {
    await start({});
    http = createServer(() => {});
    http.listen(0, '127.0.0.1');
    await new Promise((resolve) => http!.once('listening', resolve));
    const { port } = http.address() as AddressInfo;
    await startEdge(`http://127.0.0.1:${port}/\${name}.flv`, { connectTimeout: 300 });
    expect(await askEdge('cam')).toBe(404);
  });

  it('is no reason to give up for those who watch', async () => {
    await start({}, { options: { playback: { waitForPublisher: 0 } } });
    await startEdge(`rtmp://127.0.0.1:${test.port}/live/\${name}`);
    const waiting = new HttpCall(edge!.httpPort, '/live/cam.flv');
    const edgeRelays = edge!.app.get(RtmpRelays);
    await until('it has failed twice', () => (edgeRelays.list()[0]?.failures ?? 0) >= 2);
    expect(await askEdge('cam')).toBe(404);
    (await publish(test.port))(videoConfig(1), keyFrame(1));
    await waiting.gets('V1 K1');
    waiting.request.destroy();
  });
});

describe('FLV over HTTP', () => {
  async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
    http = createServer(answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => http!.once('listening', resolve));
    return (http.address() as AddressInfo).port;
  }

  it('is pulled as well, over redirects', async () => {
    const requests: IncomingMessage[] = [];
    const port = await serve((request, response) => {
      requests.push(request);
      if (request.url?.startsWith('/live/') === true) {
        response.writeHead(302, { Location: '/elsewhere.flv' }).end();
        return;
      }
      response.writeHead(200, { 'Content-Type': 'video/x-flv' });
      response.write(flv(videoConfig(1), keyFrame(1)));
    });
    await start({ pull: [{ app: 'live', url: `http://user:pass@127.0.0.1:${port}/\${app}/\${name}.flv?key=secret` }] });
    const player = await play(test.port, 'a b/c');
    await player.gets('V1 K1');
    expect(requests.map(({ url }) => url)).toEqual(['/live/a%20b/c.flv?key=secret', '/elsewhere.flv']);
    expect(requests[0]!.headers).toMatchObject({
      via: expect.stringMatching(/^1\.1 nest-rtmp-[0-9a-f]{16}$/u) as string,
      authorization: `Basic ${Buffer.from('user:pass').toString('base64')}`,
    });
    expect(relays().list()).toMatchObject([{ url: `http://127.0.0.1:${port}/live/a%20b/…` }]);
  });

  it('is not pulled from a host that the source sends us to', async () => {
    const port = await serve((request, response) => {
      if (request.url?.startsWith('/elsewhere') === true) response.writeHead(200).end(flv(keyFrame(1)));
      else response.writeHead(302, { Location: `http://localhost:${port}/elsewhere.flv` }).end();
    });
    const pull = [{ app: 'live', name: 'cam', url: `http://127.0.0.1:${port}/live/cam.flv` }];
    await start({ pull });
    await until('it failed', () => test.log.of('relay failed').length > 0);
    expect(test.log.of('relay failed')[0]).toMatchObject({ code: 'RELAY_ERR_ELSEWHERE' });
    expect(streams().list()).toEqual([]);
    await test.close();
    await start({ pull, redirectHosts: ['*'] });
    await until('it came', () => test.log.of('relay live').length > 0);
  });

  it('is pulled over https, from an address of IPv6 that its certificate is for', async () => {
    const made = new CertificateMaker();
    const certificate = made.read(made.selfSigned('origin', 'origin.example'));
    made.dispose();
    const secure = createTlsServer(certificate, (_request, response) => void response.write(flv(keyFrame(1))));
    http = secure.listen(0, '::1');
    await new Promise((resolve) => secure.once('listening', resolve));
    const url = `https://[::1]:${(secure.address() as AddressInfo).port}/live/cam.flv`;
    await start({ pull: [{ app: 'live', name: 'cam', url, client: { tls: { ca: certificate.cert } } }] });
    await until('it is live', () => streams().list().length === 1, { instead: () => JSON.stringify(relays().list()) });
    expect(streams().list()[0]!.session).toMatchObject({ isSecure: true, remoteAddress: '::1' });
    relays().addPull({ app: 'live', name: 'stranger', url });
    await until('it failed', () => test.log.of('relay failed').length > 0);
    expect(test.log.of('relay failed')[0]).toMatchObject({ code: 'RELAY_ERR_SOURCE', stream: 'live/stranger' });
  });

  it('over https is not pulled from where the source sends us without TLS', async () => {
    const made = new CertificateMaker();
    const certificate = made.read(made.selfSigned('origin', 'origin.example'));
    made.dispose();
    const plain = await serve((_request, response) => void response.write(flv(keyFrame(1))));
    const moved = { Location: `http://127.0.0.1:${plain}/live/cam.flv` };
    const secure = createTlsServer(certificate, (_request, response) => response.writeHead(302, moved).end());
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/live/cam.flv`;
    await start({ pull: [{ app: 'live', name: 'cam', url, client: { tls: { ca: certificate.cert } } }] });
    await until('it failed', () => test.log.of('relay failed').length > 0);
    secure.close();
    expect(test.log.of('relay failed')[0]).toMatchObject({
      code: 'RELAY_ERR_SOURCE',
      error: expect.stringContaining('redirected to where we do not go') as string,
    });
  });

  it.each([
    [404, 'backing-off'],
    [403, 'refused'],
  ])('that answers %i is %s', async (status, state) => {
    const port = await serve((_request, response) => response.writeHead(status).end());
    await start({
      maxRetry: 60_000,
      firstRetry: 60_000,
      pull: [{ app: 'live', name: 'cam', url: `http://127.0.0.1:${port}/live/cam.flv` }],
    });
    await until('it failed', () => relays().list()[0]?.state === state);
    expect(relays().list()[0]!.problem).toMatchObject({ code: 'RELAY_ERR_SOURCE' });
    expect(relays().list()[0]!.problem!.message).toContain(String(status));
  });

  it('with a password that is not percent-encoded is refused by who adds it', async () => {
    await start({});
    const url = 'http://me:100%25%@127.0.0.1/live/cam.flv';
    const add = () => relays().addPull({ app: 'live', name: 'cam', url });
    expect(add).toThrow(/^(?!.*100).*user or password are not percent-encoded/u);
  });

  it('that is none says so', async () => {
    const port = await serve((_request, response) => response.end('<html>nothing of the kind</html>'));
    await start({ pull: [{ app: 'live', name: 'cam', url: `http://127.0.0.1:${port}/live/cam.flv` }] });
    await until('it failed', () => test.log.of('relay failed').length > 0);
    expect(test.log.of('relay failed')[0]!['code']).toMatch(/^FLV_ERR_/u);
  });
});

describe('circles', () => {
  it('of servers that ask each other end with a player that is told', async () => {
    const a = await other();
    const b = await other({ pull: [{ app: 'live', url: `rtmp://127.0.0.1:${a.port}/live/\${name}` }] });
    await start({});
    relays(a).addPull({ app: 'live', url: `rtmp://127.0.0.1:${b.port}/live/\${name}` });
    await play(a.port);
    await until('b asks a, and is refused', () => relays(b).list()[0]?.state === 'refused', {
      instead: () => JSON.stringify([relays(a).list(), relays(b).list()]),
    });
    expect(relays(b).list()[0]!.problem).toMatchObject({ status: 'NetConnection.Connect.Rejected' });
  });

  it('over three servers are noticed, and over three that form none a stream passes', async () => {
    const origin = await other();
    const middle = await other({ pull: [{ app: 'live', url: `rtmp://127.0.0.1:${origin.port}/live/\${name}` }] });
    await start({ pull: [{ app: 'live', url: `rtmp://127.0.0.1:${middle.port}/live/\${name}` }] });
    const send = await publish(origin.port);
    send(videoConfig(1), keyFrame(1));
    const player = await play(test.port);
    await player.gets('V1 K1');
    relays(origin).addPull({ app: 'live', url: `rtmp://127.0.0.1:${test.port}/live/\${name}` });
    await play(test.port, 'nobody');
    await until('the origin asks, and is refused', () => relays(origin).list()[0]?.state === 'refused');
    send(picture(2));
    await player.gets('V1 K1 P2');
  });

  it('of two servers that always take a stream from each other do not keep it going without its publisher', async () => {
    const options = { playback: { publisherGrace: 500 } };
    const one = await other({}, { options });
    await start({ pull: [{ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${one.port}/live/cam` }] }, { options });
    const send = await publish(one.port);
    send(videoConfig(1), keyFrame(1));
    await until('it is here', () => relays().list()[0]?.state === 'live');
    relays(one).addPull({ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${test.port}/live/cam` });
    await until('the other waits', () => relays(one).list()[0]?.state === 'waiting');
    await clients[0]!.destroy();
    await until('it is over', () => streams().list().length === 0);
    expect(relays(one).list()).toMatchObject([{ bytes: 0, connections: 0 }]);
  });

  it('of one server are refused by its address', async () => {
    await start({});
    relays().addPull({ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${test.port}/live/other` });
    await until('it is refused', () => relays().list()[0]?.state === 'refused');
    expect(relays().list()[0]!.problem).toMatchObject({ code: 'RELAY_ERR_LOOP' });
  });

  it('of one server are refused by its address of IPv6, in an address of HTTP', async () => {
    await start({}, { options: { listeners: [{ host: '::1', port: 0 }] } });
    relays().addPull({ app: 'live', name: 'cam', url: `http://[::1]:${test.port}/live/other.flv` });
    await until('it is refused', () => relays().list()[0]?.state === 'refused');
    expect(relays().list()[0]!.problem).toMatchObject({ code: 'RELAY_ERR_LOOP' });
  });
});

it('a server that closes leaves its sources', async () => {
  const origin = await other();
  await start({ pull: [{ app: 'live', name: 'cam', url: `rtmp://127.0.0.1:${origin.port}/live/cam` }] });
  const send = await publish(origin.port);
  send(keyFrame(1));
  await until('it is live', () => relays().list()[0]?.state === 'live');
  await test.close();
  expect(relays().list()).toEqual([]);
  expect(streams().list()).toEqual([]);
});

@Injectable()
class Seen {
  readonly events: string[] = [];
  readonly video: number[] = [];
}

@Controller()
class Watcher {
  constructor(private readonly seen: Seen) {}

  @RtmpEvent('publish')
  published(@Payload() { publication }: RtmpPublishEvent): void {
    this.seen.events.push(`publish ${publication.path} ${publication.isPulled}`);
  }

  @RtmpEvent('unpublish')
  unpublished(@Payload() { publication, reason }: RtmpUnpublishEvent): void {
    this.seen.events.push(`unpublish ${publication.path} ${reason}`);
  }

  @RtmpVideo()
  video(@Payload() message: { timestamp: number }, @Ctx() _context: RtmpContext): void {
    this.seen.video.push(message.timestamp);
  }
}
