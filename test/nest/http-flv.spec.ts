import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException, UseGuards } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WebSocket } from 'ws';
import { encodeAmf0 } from '#lib/amf';
import {
  type PlayCommand,
  RtmpCommand,
  RtmpContext,
  RtmpController,
  RtmpServer,
  RtmpSessions,
  RtmpStatusException,
  StreamRegistry,
} from '#src';
import { FlvReader } from '#test/flv-bytes';
import { audio, audioConfig, keyFrame, type LiveMessage, metadata, picture, videoConfig } from '#test/live-media';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { HttpApp, type HttpAppOptions, HttpCall } from './http-app.js';

let test: HttpApp;
let publishers: RawRtmpClient[];
let calls: HttpCall[];

beforeEach(() => {
  publishers = [];
  calls = [];
});

afterEach(async () => {
  for (const call of calls) call.request.destroy();
  await Promise.all(publishers.map((publisher) => publisher.destroy()));
  await test.app.close();
});

async function start(options: HttpAppOptions = {}): Promise<void> {
  test = await HttpApp.start(options);
}

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): HttpCall {
  const call = new HttpCall(test.httpPort, path, method, headers);
  calls.push(call);
  return call;
}

/** Publishes over RTMP, messages 10 ms apart, and waits until the server has them. */
async function publishing(name: string, ...messages: LiveMessage[]): Promise<(...more: LiveMessage[]) => void> {
  const client = await RawRtmpClient.publishing(test.rtmpPort, name);
  publishers.push(client);
  let time = 0;
  const send = (...more: LiveMessage[]): void => {
    for (const { typeId, payload } of more) client.send(typeId, 1, (time += 10), payload);
  };
  send(...messages);
  const { counters } = test.app.get(StreamRegistry).get(`live/${name}`)!;
  const count = () => counters.audioMessages + counters.videoMessages + counters.dataMessages;
  await until('the messages', () => count() >= messages.length);
  return send;
}

const STREAM = [metadata(1), videoConfig(1), audioConfig(1), keyFrame(0), audio(1), picture(2)];
const BEGIN = 'M1 V1 C1 K0 A1 P2';

/** Sequence header of HEVC and a key frame, as Enhanced RTMP has them. */
const HEVC: LiveMessage[] = [
  { typeId: 9, payload: Uint8Array.of(0x90, 0x68, 0x76, 0x63, 0x31, 1, 2, 3, 4) },
  { typeId: 9, payload: Uint8Array.of(0x93, 0x68, 0x76, 0x63, 0x31, 1, 2, 3, 4) },
];

describe('GET of a stream', () => {
  it('is FLV from the newest key frame on, and ends with the stream', async () => {
    await start();
    const send = await publishing('cam', ...STREAM);
    const player = get('/live/cam.flv');
    await player.gets(BEGIN);
    expect(player.response).toMatchObject({
      statusCode: 200,
      headers: {
        'content-type': 'video/x-flv',
        'cache-control': 'no-store',
        'access-control-allow-origin': '*',
        connection: 'close',
      },
    });
    expect(player.response!.headers['transfer-encoding']).toBeUndefined();
    send(picture(3), keyFrame(4));
    await player.gets(`${BEGIN} P3 K4`);
    publishers[0]!.command(0, 'deleteStream', 0, null, 1);
    await player.closes();
    expect(player.error).toBeUndefined();
    await until('no session', () => test.app.get(RtmpSessions).list().length === 1);
  });

  it('has names in folders, and in UTF-8', async () => {
    await start();
    await publishing('küche/cam 1', ...STREAM);
    await get('/live/k%C3%BCche/cam%201.flv').gets(BEGIN);
    expect(await answerTo('/live/k%FF.flv')).toBe(400);
    expect(await answerTo('/live/a%2F..%2Fb.flv')).toBe(404);
  });

  it.each(['a/b/c/d/e', '1/2/3/4/5/6/7/8', 'x'.repeat(200), `a/${'ü'.repeat(90)}`, '100%/a.flv'])(
    'has the name %s, as RTMP has it',
    async (name) => {
      await start({ adapter: new FastifyAdapter({ routerOptions: { maxParamLength: 768 } }) });
      await publishing(name, ...STREAM);
      const path = name.split('/').map(encodeURIComponent).join('/');
      await get(`/live/${path}.flv`).gets(BEGIN);
      await get(`/live/${encodeURIComponent(name)}.flv`).gets(BEGIN);
    },
  );

  it('is behind the global prefix of the application', async () => {
    await start({ configure: (app) => app.setGlobalPrefix('api') });
    await publishing('cam', ...STREAM);
    await get('/api/live/cam.flv').gets(BEGIN);
  });

  it('that comes before its publisher waits, and begins with what it is sent first', async () => {
    await start();
    const player = get('/live/cam.flv');
    await until('a session', () => test.app.get(RtmpSessions).list().length === 1);
    const send = await publishing('cam');
    send(videoConfig(1), audioConfig(1), keyFrame(0), audio(1));
    await player.gets('V1 C1 K0 A1');
    expect(player.reader.flags).toBe(5);
  });

  it('is not found when nobody publishes in time, or need not be waited for', async () => {
    await start({ options: { playback: { waitForPublisher: 50 } } });
    const code = 'NetStream.Play.StreamNotFound';
    expect(await get('/live/cam.flv').answers()).toEqual({ status: 404, code, description: 'live/cam is not live.' });
    expect(calls[0]!.response!.headers['access-control-allow-origin']).toBe('*');
  });

  it('that HEAD asks about has no body', async () => {
    await start();
    const nobody = get('/live/cam.flv', {}, 'HEAD');
    await nobody.closes();
    expect(nobody.response!.statusCode).toBe(404);
    await publishing('cam', ...STREAM);
    const somebody = get('/live/cam.flv', {}, 'HEAD');
    await somebody.closes();
    expect([somebody.response!.statusCode, somebody.response!.headers['content-type']]).toEqual([200, 'video/x-flv']);
    await until('no session', () => test.app.get(RtmpSessions).list().length === 1);
  });

  it.each([
    ['video and audio', STREAM, 5],
    ['video alone', [videoConfig(1), ...numbered(30, keyFrame)], 1],
    ['audio alone', [audioConfig(1), ...numbered(30, audio)], 4],
    ['video, with metadata that says so', [announcing({ videocodecid: 7 }), videoConfig(1), keyFrame(0)], 1],
    ['audio, with metadata that says so', [announcing({ audiocodecid: 10 }), audioConfig(1), audio(0)], 4],
    ['video, and audio that is announced', [announcing({ videocodecid: 7, audiocodecid: 10 }), keyFrame(0)], 5],
    ['audio alone, whatever was announced', [announcing({ videocodecid: 7 }), ...numbered(30, audio)], 4],
  ])('has the flags of %s', async (_what, messages, flags) => {
    await start();
    await publishing('cam', ...messages);
    const player = get('/live/cam.flv');
    await until('the header', () => player.reader.flags !== undefined);
    expect(player.reader.flags).toBe(flags);
  });

  it('of which nothing is known yet begins when its tracks are', async () => {
    await start();
    const send = await publishing('cam', videoConfig(1), keyFrame(0));
    const player = get('/live/cam.flv');
    await until('a session', () => test.app.get(RtmpSessions).list().length === 2);
    send(...numbered(24, (number) => picture(number + 1)));
    await until('the header', () => player.reader.flags !== undefined);
    expect(player.reader.flags).toBe(1);
    await until('all pictures', () => player.reader.tokens.at(-1) === 'P24');
    expect(player.reader.tokens.slice(0, 3)).toEqual(['V1', 'K0', 'P1']);
  });
});

describe('who may play', () => {
  @Injectable()
  class WithCookie implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const { session } = context.switchToRpc().getContext<RtmpContext>();
      if (session.headers?.cookie !== 'user=1') throw new UnauthorizedException('Log in first.');
      return true;
    }
  }

  const asked: Array<Record<string, unknown>> = [];

  @RtmpController('live')
  class PlayController {
    @UseGuards(WithCookie)
    @RtmpCommand('play')
    play(@Payload() { streamName }: PlayCommand, @Ctx() { session, query, stream }: RtmpContext): boolean {
      const { transport, flashVer, isSecure, remoteAddress } = session;
      // The query of connect, and that of play, which are one.
      expect({ ...session.query }).toEqual({ ...query });
      asked.push({ streamName, transport, flashVer, isSecure, remoteAddress, query: { ...query }, path: stream!.path });
      if (query['key'] === 'x') throw new RtmpStatusException('NetStream.Play.Failed', 'No.', {});
      return query['key'] !== 'false';
    }
  }

  beforeEach(() => (asked.length = 0));

  it('is decided by the handlers of RTMP, guards and all', async () => {
    await start({ controllers: [PlayController], providers: [WithCookie] });
    await publishing('cam', ...STREAM);
    const headers = { cookie: 'user=1', 'user-agent': 'player/1' };
    await get('/live/cam.flv?key=a%20b+c%2B', headers).gets(BEGIN);
    expect(asked).toEqual([
      {
        streamName: 'cam?key=a%20b+c%2B',
        transport: 'http-flv',
        flashVer: 'player/1',
        isSecure: false,
        remoteAddress: '127.0.0.1',
        query: { key: 'a b+c+' },
        path: 'live/cam',
      },
    ]);
    expect(await get('/live/cam.flv').answers()).toEqual({
      status: 401,
      code: 'NetStream.Play.Failed',
      description: 'Log in first.',
    });
    expect(calls[1]!.response!.headers['www-authenticate']).toBe('Bearer');
    expect(await get('/live/cam.flv?key=x', headers).answers()).toMatchObject({ status: 403, description: 'No.' });
    expect(await get('/live/cam.flv?key=false', headers).answers()).toEqual({
      status: 403,
      code: 'NetStream.Play.Failed',
      description: 'The play was refused.',
    });
    const head = get('/live/cam.flv', {}, 'HEAD');
    await head.closes();
    expect(head.response!.statusCode).toBe(401);
    // As players join a query to one that is there: of RTMP, and of a POST, both are read.
    await get('/live/cam.flv?key=a?other=b', headers).gets(BEGIN);
    expect(asked.at(-1)).toMatchObject({ streamName: 'cam?key=a?other=b', query: { key: 'a', other: 'b' } });
  });

  it('is refused when the handler takes too long', async () => {
    @RtmpController()
    class SlowController {
      @RtmpCommand('play')
      play(): Promise<void> {
        return delay(20_000, undefined, { ref: false });
      }
    }

    await start({ controllers: [SlowController], options: { handlerTimeout: 50 } });
    expect(await get('/live/cam.flv').answers()).toEqual({
      status: 503,
      code: 'NetStream.Play.Failed',
      description: 'The server did not decide in time.',
    });
    expect(test.log.of('the handler of play took too long')).toHaveLength(1);
  });

  it('that waits for its publisher is told when it is sent away, and when the server closes', async () => {
    await start();
    const code = 'NetStream.Play.Failed';
    const away = get('/live/cam.flv');
    const sessions = test.app.get(RtmpSessions);
    (await until('a session', () => sessions.list()[0])).disconnect('Not today.');
    expect(await away.answers()).toEqual({ status: 403, code, description: 'Not today.' });
    await until('no session', () => sessions.list().length === 0);
    const last = get('/live/cam.flv');
    await until('a session', () => sessions.list()[0]);
    await test.app.get(RtmpServer).close();
    expect(await last.answers()).toEqual({ status: 503, code, description: 'The server is shutting down.' });
    expect(last.response!.headers['retry-after']).toBe('5');
  });

  it('is told that there is no room', async () => {
    await start({ options: { maxConnections: 2 } });
    await publishing('cam', ...STREAM);
    const player = get('/live/cam.flv');
    await player.gets(BEGIN);
    expect(await get('/live/cam.flv').answers()).toMatchObject({ status: 503 });
    expect(calls[1]!.response!.headers['retry-after']).toBe('5');
    player.request.destroy();
    await until('room', async () => {
      const next = get('/live/cam.flv');
      await until('an answer', () => next.response !== undefined);
      return next.response!.statusCode === 200;
    });
  });
});

describe('the address of a player', () => {
  const addresses: string[] = [];

  @RtmpController()
  class AddressController {
    @RtmpCommand('play')
    play(@Ctx() { session }: RtmpContext): boolean {
      addresses.push(`${session.remoteAddress}:${session.remotePort > 0 ? 'port' : 0}`);
      return false;
    }
  }

  beforeEach(() => (addresses.length = 0));

  it.each([
    [[], '203.0.113.9', '127.0.0.1:port'],
    [['127.0.0.0/8'], '203.0.113.9', '203.0.113.9:0'],
    [['127.0.0.1'], '1.1.1.1, 203.0.113.9', '203.0.113.9:0'],
    [['127.0.0.1', '10.0.0.0/8'], '1.1.1.1, 203.0.113.9, 10.2.3.4', '203.0.113.9:0'],
    [['127.0.0.1', '2001:db8::/32'], '198.51.100.7, 2001:DB8::1', '198.51.100.7:0'],
    [['127.0.0.1'], '[2001:db8::7]:4711', '2001:db8::7:0'],
    [['127.0.0.1'], '203.0.113.9:4711', '203.0.113.9:0'],
    [['127.0.0.1'], 'unknown', '127.0.0.1:port'],
    [['127.0.0.1'], '', '127.0.0.1:port'],
    [['127.0.0.1'], '127.0.0.1', '127.0.0.1:port'],
  ])('with the trusted proxies %j and X-Forwarded-For %j is %s', async (trustedProxies, forwarded, address) => {
    await start({ controllers: [AddressController], http: { trustedProxies } });
    await get('/live/cam.flv', { 'X-Forwarded-For': forwarded }).answers();
    expect(addresses).toEqual([address]);
  });
});

describe('a player that announces its codecs', () => {
  const code = 'NetStream.Play.NoSupportedTrackFound';

  it('is played what it announced, and told of anything else', async () => {
    await start();
    await publishing('hevc', ...HEVC, audioConfig(1), audio(1));
    const all = get('/live/hevc.flv');
    await until('media', () => all.reader.tokens.length >= 3);
    const some = get('/live/hevc.flv?fourCcList=av01,hvc1');
    await until('media', () => some.reader.tokens.length >= 3);
    for (const query of ['fourCcList=av01,Opus', 'fourCcList=', 'capsEx=2']) {
      const description = 'live/hevc has video in hvc1, which this player did not announce (fourCcList, capsEx).';
      expect(await get(`/live/hevc.flv?${query}`).answers()).toEqual({ status: 406, code, description });
    }
    const head = get('/live/hevc.flv?fourCcList=av01', {}, 'HEAD');
    await head.closes();
    expect(head.response!.statusCode).toBe(406);
  });

  it('has to when the server is set so', async () => {
    await start({ options: { playback: { enhanced: 'announced' } } });
    const sendPlain = await publishing('plain', ...STREAM);
    const plain = get('/live/plain.flv');
    await plain.gets(BEGIN);
    await publishing('hevc', ...HEVC, audioConfig(1), audio(1));
    expect(await get('/live/hevc.flv').answers()).toMatchObject({ status: 406, code });
    // Too late for an answer: the connection ends.
    sendPlain(...HEVC);
    await plain.closes();
  });
});

it('a browser is not sent what its players stop at', async () => {
  await start();
  const header = [0x68, 0x76, 0x63, 0x31]; // hvc1
  const [configuration, frame] = HEVC as [LiveMessage, LiveMessage];
  const colours: LiveMessage = { typeId: 9, payload: Uint8Array.of(0x94, ...header, 2, 0, 9, 0x63) };
  // A message for one track, the second: packet type 6, coded frames, track 1.
  const second: LiveMessage = { typeId: 9, payload: Uint8Array.of(0x96, 0x03, ...header, 1, 0, 0, 0, 9, 9, 9, 9) };
  // Opus in one channel, in the middle.
  const channels: LiveMessage = { typeId: 8, payload: Uint8Array.of(0x94, 0x4f, 0x70, 0x75, 0x73, 1, 1, 0, 0, 0, 4) };
  await publishing('hdr', configuration, colours, frame, second, audioConfig(1), channels, audio(1));
  const count = async (userAgent: string) => {
    const player = get('/live/hdr.flv', { 'user-agent': userAgent });
    await until('all', () => player.reader.tokens.at(-1) === 'A1');
    return player.reader.tokens.length;
  };
  expect(await count('Lavf/59')).toBe(7);
  expect(await count('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36')).toBe(4);
});

it('a player that reads too slowly is cut off', async () => {
  const slowSubscriber = { maxQueuedBytes: 64 * 1024, maxBlockedTime: 100 };
  await start({ options: { playback: { slowSubscriber } } });
  const send = await publishing('cam', ...STREAM);
  const socket = connect(test.httpPort, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write('GET /live/cam.flv HTTP/1.1\r\nHost: a\r\n\r\n');
  const webSocket = new WebSocket(`ws://127.0.0.1:${test.httpPort}/live/cam.flv`);
  webSocket.on('error', () => {});
  webSocket.on('open', () => webSocket.pause());
  const sessions = test.app.get(RtmpSessions);
  await until('both', () => sessions.list().length === 3);
  const players = sessions.list().slice(1);
  await until('none of them', () => {
    send(picture(1, 200_000));
    return sessions.list().length === 1;
  });
  expect(players.every(({ closed }) => closed.aborted)).toBe(true);
  socket.destroy();
  webSocket.terminate();
});

describe('pages of browsers', () => {
  it('may ask before they play', async () => {
    await start({ http: { cors: 'https://player.example' } });
    const headers = {
      origin: 'https://player.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'x-token',
    };
    const call = get('/live/cam.flv', headers, 'OPTIONS');
    await call.closes();
    expect(call.response).toMatchObject({
      statusCode: 204,
      headers: {
        'access-control-allow-origin': 'https://player.example',
        'access-control-allow-methods': 'GET, HEAD, POST',
        'access-control-allow-headers': 'x-token',
      },
    });
  });

  it('get no permission when there is none', async () => {
    await start({ http: { cors: false }, options: { playback: { waitForPublisher: 0 } } });
    await get('/live/cam.flv').answers();
    expect(calls[0]!.response!.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a WebSocket', () => {
  function open(path: string, headers: Record<string, string> = {}) {
    const socket = new WebSocket(`ws://127.0.0.1:${test.httpPort}${path}`, { headers });
    const reader = new FlvReader();
    const closed = new Promise<[number, string]>((resolve) =>
      socket.on('close', (code, reason) => resolve([code, reason.toString()])),
    );
    socket.on('message', (bytes: Buffer) => reader.push(bytes));
    return { socket, reader, closed };
  }

  it('is sent the same, and closed when the stream ends', async () => {
    await start();
    await publishing('cam', ...STREAM);
    const { reader, closed } = open('/live/cam.flv');
    await until(BEGIN, () => reader.tokens.join(' ') === BEGIN);
    expect(reader.flags).toBe(5);
    publishers[0]!.command(0, 'deleteStream', 0, null, 1);
    expect(await closed).toEqual([1000, 'stream ended']);
  });

  it('is closed with a reason when it is refused', async () => {
    @RtmpController('closed')
    class ClosedController {
      @RtmpCommand('play')
      play(@Ctx() { session }: RtmpContext): void {
        throw new RtmpStatusException('NetStream.Play.Failed', `Not over ${session.transport}.`);
      }
    }

    await start({ controllers: [ClosedController], options: { playback: { waitForPublisher: 0 }, maxConnections: 1 } });
    expect(await open('/live/cam.flv').closed).toEqual([4404, 'NetStream.Play.StreamNotFound live/cam is not live.']);
    expect(await open('/closed/cam.flv').closed).toEqual([4403, 'NetStream.Play.Failed Not over ws-flv.']);
    publishers.push(await RawRtmpClient.connected(test.rtmpPort));
    expect((await open('/live/cam.flv').closed)[0]).toBe(4503);
  });
});

/** Status of the answer to a GET. */
async function answerTo(path: string): Promise<number> {
  const call = get(path);
  await call.closes();
  return call.response!.statusCode!;
}

function numbered(count: number, make: (number: number) => LiveMessage): LiveMessage[] {
  return Array.from({ length: count }, (_, number) => make(number));
}

function announcing(properties: Record<string, number>): LiveMessage {
  return { typeId: 18, payload: encodeAmf0('@setDataFrame', 'onMetaData', { number: 1, ...properties }) };
}
