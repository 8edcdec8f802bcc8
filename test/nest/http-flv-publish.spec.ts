import { createServer, type RequestListener } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { type CanActivate, Injectable, UnauthorizedException, UseGuards } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WebSocket } from 'ws';
import {
  type PublishReply,
  RtmpCommand,
  RtmpContext,
  RtmpController,
  RtmpEvent,
  RtmpSessions,
  RtmpStatusException,
  RtmpStreams,
  type RtmpDisconnectEvent,
  type RtmpUnpublishEvent,
  StreamRegistry,
} from '#src';
import { flv, flvHeader, FlvReader, flvTag } from '#test/flv-bytes';
import { audio, audioConfig, keyFrame, metadata, picture, videoConfig } from '#test/live-media';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { HttpApp, type HttpAppOptions, HttpCall } from './http-app.js';

let test: HttpApp;
let calls: HttpCall[];

beforeEach(() => (calls = []));

afterEach(async () => {
  for (const call of calls) call.request.destroy();
  await test.app.close();
});

async function start(options: HttpAppOptions = {}): Promise<void> {
  test = await HttpApp.start(options);
}

/** A request whose body is still to come. */
function post(path: string, headers: Record<string, string> = {}): HttpCall {
  const call = new HttpCall(test.httpPort, path, 'POST', headers);
  calls.push(call);
  call.request.flushHeaders();
  return call;
}

function get(path: string): HttpCall {
  const call = new HttpCall(test.httpPort, path);
  calls.push(call);
  return call;
}

async function live(path: string) {
  return until(`${path} is live`, () => test.app.get(RtmpStreams).get(path));
}

async function gone(path: string): Promise<void> {
  await until(`${path} is gone`, () => test.app.get(RtmpStreams).get(path) === undefined);
}

const STREAM = [metadata(1), videoConfig(1), audioConfig(1), keyFrame(0), audio(1), picture(2)];
const BEGIN = 'M1 V1 C1 K0 A1 P2';

/** Writes down what events say. */
@RtmpController()
class Witness {
  static readonly seen: string[] = [];

  @RtmpEvent('connect')
  connect(@Ctx() { session }: RtmpContext): void {
    Witness.seen.push(`connect ${session.transport}`);
  }

  @RtmpEvent('publish')
  publish(@Ctx() { stream, session }: RtmpContext): void {
    Witness.seen.push(`publish ${stream!.path} ${session.transport}`);
  }

  @RtmpEvent('unpublish')
  unpublish(@Payload() { reason }: RtmpUnpublishEvent): void {
    Witness.seen.push(`unpublish ${reason}`);
  }

  @RtmpEvent('disconnect')
  disconnect(@Payload() { code, bytesReceived }: RtmpDisconnectEvent): void {
    Witness.seen.push(`disconnect ${code ?? 'ok'} ${bytesReceived}`);
  }
}

beforeEach(() => (Witness.seen.length = 0));

describe('POST of FLV', () => {
  it('is a publish like any other, however its bytes are cut', async () => {
    await start({ controllers: [Witness] });
    const bytes = flv(...STREAM);
    const publisher = post('/live/cam.flv');
    for (let at = 0; at < bytes.length; at += 7) publisher.request.write(bytes.subarray(at, at + 7));
    await live('live/cam');
    const player = get('/live/cam.flv');
    await player.gets(BEGIN);
    publisher.request.write(flvTag(picture(3), 70));
    await player.gets(`${BEGIN} P3`);
    const rtmp = await RawRtmpClient.connected(test.rtmpPort);
    rtmp.command(await rtmp.createStream(), 'play', 0, null, 'cam');
    await until('media over RTMP', () => rtmp.messages.filter(({ typeId }) => typeId === 9).length === 4);
    // Without the last PreviousTagSize, as some end.
    publisher.request.end(flvTag(picture(4), 80).subarray(0, -4));
    expect(await publisher.answers()).toEqual({
      status: 200,
      code: 'NetStream.Unpublish.Success',
      description: 'live/cam is now unpublished.',
    });
    await player.closes();
    expect(player.reader.tokens.at(-1)).toBe('P4');
    await rtmp.destroy();
    await until('all events', () => Witness.seen.filter((line) => line.startsWith('disconnect')).length >= 2);
    expect(Witness.seen.filter((line) => !line.startsWith('disconnect'))).toEqual([
      'connect http-flv',
      'publish live/cam http-flv',
      'connect http-flv',
      'connect rtmp',
      'unpublish unpublished',
    ]);
    const length = bytes.length + 2 * flvTag(picture(3)).length - 4;
    expect(Witness.seen).toContain(`disconnect ok ${length}`);
    expect(test.app.get(RtmpSessions).list()).toEqual([]);
  });

  it('whose publisher goes away within a tag ends', async () => {
    await start({ controllers: [Witness] });
    const publisher = post('/live/cam.flv');
    publisher.request.write(flv(...STREAM));
    publisher.request.write(flvTag(picture(3, 1000), 70).subarray(0, 500));
    await live('live/cam');
    publisher.request.destroy();
    await gone('live/cam');
    await until('no session', () => test.app.get(RtmpSessions).list().length === 0);
    expect(Witness.seen).toContain('unpublish disconnected');
  });

  it.each([
    ['something else', Buffer.from('{"a": 1, "b": 2}'), 'FLV_ERR_SIGNATURE'],
    ['an encrypted tag', Buffer.concat([flv(...STREAM), Buffer.from([0x29, 0, 0, 0])]), 'FLV_ERR_ENCRYPTED'],
    ['noise', Buffer.concat([flv(...STREAM), Buffer.alloc(2000, 0xff)]), 'FLV_ERR_TAG_HEADER'],
    ['a tag over the limit', Buffer.concat([flv(...STREAM), flvTag(picture(3), 0, 5000)]), 'FLV_ERR_TAG_TOO_LARGE'],
    ['nothing', Buffer.alloc(0), 'FLV_ERR_HEADER_LENGTH'],
    ['half a header', flvHeader().subarray(0, 5), 'FLV_ERR_HEADER_LENGTH'],
  ])('that is %s is answered with 400, and the name is free again', async (_what, body, code) => {
    await start({ controllers: [Witness], options: { session: { chunk: { maxMessageLength: 4096 } } } });
    const publisher = post('/live/cam.flv');
    publisher.request.end(Buffer.concat([body, Buffer.alloc(code === 'FLV_ERR_HEADER_LENGTH' ? 0 : 20)]));
    expect(await publisher.answers()).toMatchObject({ status: 400, code });
    expect(test.app.get(StreamRegistry).size).toBe(0);
    await until('the end', () => Witness.seen.some((line) => line.startsWith(`disconnect ${code}`)));
    // What does not even begin as FLV takes no name.
    const isStream = body.length > 20;
    expect(Witness.seen.includes('unpublish disconnected')).toBe(isStream);
  });

  it('that declares 16 MB costs what it sends', async () => {
    await start();
    const publisher = post('/live/cam.flv');
    publisher.request.write(flv(...STREAM));
    await live('live/cam');
    const before = process.memoryUsage().arrayBuffers;
    const others = Array.from({ length: 20 }, (_, index) => post(`/live/other-${index}.flv`));
    for (const { request } of others) {
      request.write(Buffer.concat([flvHeader(), flvTag(picture(1), 0, 0xffffff).subarray(0, -4)]));
    }
    for (let index = 0; index < others.length; index++) await live(`live/other-${index}`);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });

  it('of a name that is live is refused with 409, or takes its place', async () => {
    await start();
    const first = post('/live/cam.flv');
    first.request.write(flv(...STREAM));
    await live('live/cam');
    const second = post('/live/cam.flv');
    second.request.write(flv(...STREAM));
    expect(await second.answers()).toEqual({
      status: 409,
      code: 'NetStream.Publish.BadName',
      description: 'live/cam is already being published.',
    });
    const rtmp = await RawRtmpClient.connected(test.rtmpPort);
    expect((await rtmp.publish('cam')).code).toBe('NetStream.Publish.BadName');
    await rtmp.destroy();
    await test.app.close();

    await start({ options: { takeover: 'replace' } });
    const old = post('/live/cam.flv');
    old.request.write(flv(...STREAM));
    await live('live/cam');
    const next = await RawRtmpClient.publishing(test.rtmpPort, 'cam');
    expect(await old.answers()).toMatchObject({ status: 409 });
    const newest = post('/live/cam.flv');
    newest.request.write(flv(...STREAM));
    expect((await next.status(1)).code).toBe('NetStream.Publish.BadName');
    await next.destroy();
  });

  it('is held while somebody cannot keep up', async () => {
    await start();
    const publisher = post('/live/cam.flv');
    publisher.request.write(flv(...STREAM));
    const publication = await live('live/cam');
    await until('the beginning', () => publication.stream.counters.videoMessages === 3);
    const release = publication.hold();
    for (let index = 0; index < 100; index++) publisher.request.write(flvTag(picture(3, 100_000), 70));
    publisher.request.end();
    await delay(200);
    // What had been read, and no more.
    expect(publication.stream.counters.videoMessages).toBeLessThan(10);
    expect(publication.endReason).toBeUndefined();
    release();
    expect(await publisher.answers()).toMatchObject({ status: 200 });
    expect(publication.stream.counters.videoMessages).toBe(103);
  });

  it('outlives the time that the HTTP server gives to requests', async () => {
    const http = { requestTimeout: 200, headersTimeout: 200, connectionsCheckingInterval: 50 };
    await start({
      adapter: new FastifyAdapter({ serverFactory: (handler: RequestListener) => createServer(http, handler) }),
    });
    const publisher = post('/live/cam.flv');
    const other = post('/live/other');
    publisher.request.write(flv(...STREAM));
    other.request.write('a');
    await until('the end of another request', () => other.error !== undefined || other.isEnded);
    await delay(200);
    publisher.request.end(flvTag(picture(3), 70));
    expect(await publisher.answers()).toMatchObject({ status: 200 });
  });

  it('ends with all connections of its HTTP server', async () => {
    await start({ controllers: [Witness] });
    const publisher = post('/live/cam.flv');
    publisher.request.write(flv(...STREAM));
    await live('live/cam');
    const server = test.app.getHttpServer();
    server.closeIdleConnections();
    publisher.request.write(flvTag(picture(3), 70));
    await get('/live/cam.flv').gets(`${BEGIN} P3`);
    server.closeAllConnections();
    await publisher.closes();
    await gone('live/cam');
  });

  it('ends when the application says so, and when the server closes', async () => {
    await start({ controllers: [Witness] });
    const ended = post('/live/one.flv');
    const cut = post('/live/two.flv');
    const closed = post('/live/three.flv');
    for (const { request } of [ended, cut, closed]) request.write(flv(...STREAM));
    for (const name of ['one', 'two', 'three']) await live(`live/${name}`);
    test.app.get(RtmpStreams).end('live/one', 'Enough.');
    expect(await ended.answers()).toEqual({ status: 403, code: 'NetStream.Publish.Denied', description: 'Enough.' });
    test.app.get(RtmpStreams).get('live/two')!.session.disconnect('Go.');
    expect(await cut.answers()).toMatchObject({ status: 403, description: 'Go.' });
    const closing = test.app.close();
    expect(await closed.answers()).toMatchObject({ status: 503, description: 'The server is shutting down.' });
    await closing;
    expect(Witness.seen.filter((line) => line.startsWith('unpublish'))).toEqual([
      'unpublish ended',
      'unpublish ended',
      'unpublish shutdown',
    ]);
    await start();
  });

  it('of which nothing comes is given up', async () => {
    await start({ options: { session: { connectTimeout: 100, idleTimeout: 400 } } });
    const silent = post('/live/one.flv');
    expect(await silent.answers()).toMatchObject({ status: 408, description: 'No FLV came for 100 ms.' });
    const dead = post('/live/two.flv');
    dead.request.write(flv(...STREAM));
    expect(await dead.answers()).toMatchObject({ status: 408, code: 'NetConnection.Connect.IdleTimeOut' });
    await gone('live/two');
  });

  it('is no business of routes, and no route of the application its', async () => {
    await start({ http: { publish: false } });
    const call = post('/live/cam.flv', { 'content-type': 'application/json' });
    call.request.end('{}');
    await call.closes();
    expect(call.response!.statusCode).toBe(404);
  });
});

describe('who may publish', () => {
  @Injectable()
  class WithToken implements CanActivate {
    canActivate(): boolean {
      throw new UnauthorizedException('Who are you?');
    }
  }

  @RtmpController('live')
  class PublishController {
    @RtmpCommand('publish')
    publish(@Ctx() { query, session }: RtmpContext): PublishReply | false {
      if (query['key'] === 'none') return false;
      if (query['key'] === 'taken') throw new RtmpStatusException('NetStream.Publish.BadName', 'Not that one.');
      if (query['key'] === 'odd') throw new Error('out of order');
      if (query['key'] !== 'good') throw new RtmpStatusException('NetStream.Publish.Denied', session.flashVer);
      return { name: 'renamed' };
    }
  }

  @RtmpController('guarded')
  class GuardedController {
    @UseGuards(WithToken)
    @RtmpCommand('publish')
    publish(): void {}
  }

  it.each([
    ['/live/cam.flv?key=bad', 403, 'NetStream.Publish.Denied', 'sender/1'],
    ['/live/cam.flv?key=none', 403, 'NetStream.Publish.Denied', 'The publish was refused.'],
    ['/live/cam.flv?key=taken', 409, 'NetStream.Publish.BadName', 'Not that one.'],
    ['/live/cam.flv?key=odd', 500, 'NetStream.Publish.Denied', 'Internal server error'],
    ['/guarded/cam.flv', 401, 'NetStream.Publish.Denied', 'Who are you?'],
    ['/live/a/../b.flv', 400, 'NetStream.Publish.BadName', expect.stringContaining("'..'")],
  ])('%s is answered with %i', async (path, status, code, description) => {
    await start({ controllers: [PublishController, GuardedController], providers: [WithToken] });
    const publisher = post(path, { 'user-agent': 'sender/1' });
    publisher.request.write(flv(...STREAM));
    expect(await publisher.answers()).toEqual({ status, code, description });
    expect(test.app.get(StreamRegistry).size).toBe(0);
    await until('no connection', () => publisher.request.socket!.destroyed);
  });

  it('may under another name', async () => {
    await start({ controllers: [PublishController] });
    post('/live/cam.flv?key=good').request.write(flv(...STREAM));
    await live('live/renamed');
  });

  it('are no foreign pages', async () => {
    const publishOrigins = ['https://studio.example'];
    await start({ http: { publishOrigins } });
    const host = `127.0.0.1:${test.httpPort}`;
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:1`]) {
      const description = 'Pages of this origin may not publish.';
      expect(await post('/live/cam.flv', { origin }).answers()).toMatchObject({ status: 403, description });
    }
    const rebound = { origin: `http://evil.example:${test.httpPort}`, host: `evil.example:${test.httpPort}` };
    expect((await post('/live/cam.flv', rebound).answers()).status).toBe(403);
    for (const [index, origin] of ['https://studio.example', `http://${host}`].entries()) {
      const publisher = post(`/live/cam${index}.flv`, { origin });
      publisher.request.write(flv(...STREAM));
      await live(`live/cam${index}`);
    }
    const preflight = new HttpCall(test.httpPort, '/live/cam.flv', 'OPTIONS', {
      origin: 'https://studio.example',
      'access-control-request-method': 'POST',
    });
    await preflight.closes();
    expect(preflight.response!.headers['access-control-allow-origin']).toBe('https://studio.example');
  });
});

describe('a WebSocket that publishes', () => {
  function open(path: string, protocols: string[] = [], headers: Record<string, string> = {}) {
    const socket = new WebSocket(`ws://127.0.0.1:${test.httpPort}${path}`, protocols, { headers });
    socket.on('error', () => {});
    const closed = new Promise<[number, string]>((resolve) =>
      socket.on('close', (code, reason) => resolve([code, reason.toString()])),
    );
    const opened = new Promise((resolve) => socket.on('open', resolve));
    return { socket, opened, closed };
  }

  it.each([
    ['by its subprotocol', '/live/cam.flv', ['flv-publish']],
    ['by its URL', '/live/cam.flv?publish=1', []],
  ])('says so %s', async (_how, path, protocols) => {
    await start({ controllers: [Witness] });
    const { socket, opened, closed } = open(path, protocols);
    await opened;
    expect(socket.protocol).toBe(protocols[0] ?? '');
    const bytes = flv(...STREAM);
    for (let at = 0; at < bytes.length; at += 10) socket.send(bytes.subarray(at, at + 10));
    await live('live/cam');
    await get('/live/cam.flv').gets(BEGIN);
    socket.close(1000);
    expect((await closed)[0]).toBe(1000);
    await gone('live/cam');
    await until('the end', () => Witness.seen.includes('unpublish unpublished'));
    expect(Witness.seen).toContain('publish live/cam ws-flv');
  });

  it('that does not say so plays, and sends nothing', async () => {
    await start();
    const { socket, opened, closed } = open('/live/cam.flv');
    await opened;
    socket.send(Buffer.alloc(2000));
    expect((await closed)[0]).toBe(1009);
  });

  it('is closed with a reason', async () => {
    await start({ options: { session: { chunk: { maxMessageLength: 4096 } } } });
    const text = open('/live/cam.flv', ['flv-publish']);
    await text.opened;
    text.socket.send('FLV');
    expect(await text.closed).toEqual([4400, expect.stringContaining('FLV is sent in binary messages')]);
    const noise = open('/live/cam.flv', ['flv-publish']);
    await noise.opened;
    noise.socket.send(Buffer.alloc(20, 1));
    expect(await noise.closed).toEqual([4400, expect.stringMatching(/^FLV_ERR_SIGNATURE /u)]);
    const large = open('/live/cam.flv', ['flv-publish']);
    await large.opened;
    large.socket.send(Buffer.alloc(10_000));
    expect((await large.closed)[0]).toBe(1009);
    const foreign = open('/live/cam.flv', ['flv-publish'], { origin: 'https://evil.example' });
    expect((await foreign.closed)[0]).toBe(4403);
    const gone = open('/live/a%5Cb.flv', ['flv-publish']);
    expect((await gone.closed)[0]).toBe(4400);
  });

  it('may be silent while it answers pings', async () => {
    await start({ options: { session: { idleTimeout: 1000 } } });
    const { socket, opened, closed } = open('/live/cam.flv', ['flv-publish']);
    await opened;
    let pings = 0;
    socket.on('ping', () => pings++);
    socket.send(flv(...STREAM));
    await until('some pings', () => pings >= 3);
    expect(test.app.get(RtmpStreams).get('live/cam')).toBeDefined();
    // From now on it is deaf.
    socket.pause();
    await gone('live/cam');
    socket.terminate();
    await closed;
  });

  it('ends when something of ours fails, and nobody else notices', async () => {
    await start();
    const other = post('/live/other.flv');
    other.request.write(flv(...STREAM));
    await live('live/other');
    const taking = jest.spyOn(test.app.get(RtmpStreams), 'add').mockImplementation(() => {
      throw new RangeError('a secret of ours');
    });
    const { socket, opened, closed } = open('/live/cam.flv', ['flv-publish']);
    await opened;
    socket.send(flv(...STREAM));
    const posted = post('/live/cam.flv');
    posted.request.write(flv(...STREAM));
    expect(await closed).toEqual([4500, expect.not.stringContaining('secret')]);
    expect((await posted.answers()).status).toBe(500);
    taking.mockRestore();
    expect(test.app.get(RtmpStreams).get('live/other')).toBeDefined();
  });

  it('may send at once: what comes while the handler decides is kept, up to a bound, and nothing is lost', async () => {
    let decide!: () => void;
    const decided = new Promise<void>((resolve) => (decide = resolve));
    @RtmpController()
    class Slow {
      @RtmpCommand('publish')
      publish(): Promise<void> {
        return decided;
      }
    }
    await start({ controllers: [Slow], options: { maxHeldBytes: 64 * 1024 } });
    let connection: Socket | undefined;
    test.app.getHttpServer().on('connection', (accepted: Socket) => (connection = accepted));
    const { socket, opened } = open('/live/cam.flv', ['flv-publish']);
    await opened;
    const bytes = flv(...STREAM, ...Array.from({ length: 2000 }, (_, i) => picture(i)));
    for (let at = 0; at < bytes.length; at += 10) socket.send(bytes.subarray(at, at + 10));
    // Far more than the kernel keeps by itself: a server that reads on would have it all.
    const large = Buffer.alloc(100_000, 0x27);
    large[1] = 1;
    for (let i = 0; i < 200; i++) socket.send(flvTag({ typeId: 9, payload: large }, 100 + i));
    await delay(100);
    expect(connection!.bytesRead).toBeLessThan(8 * 1024 * 1024);
    decide();
    const { stream } = await live('live/cam');
    await until('all of it', () => stream.counters.videoMessages === 2203);
    expect(stream.counters.audioMessages).toBe(2);
    socket.close();
  });

  it('that vanishes is gone', async () => {
    await start({ controllers: [Witness] });
    const { socket, opened } = open('/live/cam.flv', ['flv-publish']);
    await opened;
    socket.send(flv(...STREAM));
    await live('live/cam');
    socket.terminate();
    await gone('live/cam');
    await until('the event', () => Witness.seen.includes('unpublish disconnected'));
  });
});

describe('over HTTP/2', () => {
  it('streams are published, played and refused', async () => {
    await start({
      adapter: new FastifyAdapter({ http2: true } as never),
      options: { playback: { waitForPublisher: 0 } },
    });
    const session = connectHttp2(`http://127.0.0.1:${test.httpPort}`);
    session.on('error', () => {});
    const open = (method: string, path: string) => {
      const stream = session.request({ ':method': method, ':path': path }, { endStream: method !== 'POST' });
      const reader = new FlvReader();
      let text = '';
      const answered = new Promise<number>((resolve) =>
        stream.on('response', (headers) => {
          resolve(headers[':status']!);
          stream.on('data', (bytes: Buffer) => {
            if (headers['content-type'] === 'video/x-flv') reader.push(bytes);
            else text += bytes.toString();
          });
        }),
      );
      const closed = new Promise<void>((resolve) => stream.on('close', resolve));
      return { stream, reader, answered, closed, text: () => text };
    };
    const publisher = open('POST', '/live/cam.flv');
    publisher.stream.write(flv(...STREAM));
    await live('live/cam');
    const player = open('GET', '/live/cam.flv');
    expect(await player.answered).toBe(200);
    await until(BEGIN, () => player.reader.tokens.join(' ') === BEGIN);
    expect(await open('HEAD', '/live/cam.flv').answered).toBe(200);
    expect(await open('GET', '/live/other.flv').answered).toBe(404);
    const second = open('POST', '/live/cam.flv');
    second.stream.write(flv(...STREAM));
    expect(await second.answered).toBe(409);
    await second.closed;
    expect(second.text()).toContain('already being published');
    expect(
      test.app
        .get(RtmpSessions)
        .list()
        .map(({ transport }) => transport),
    ).toEqual(['http-flv', 'http-flv']);
    publisher.stream.end();
    expect(await publisher.answered).toBe(200);
    await player.closed;
    session.close();
  });
});
