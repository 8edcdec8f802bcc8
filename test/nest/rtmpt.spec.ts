import { Agent } from 'node:http';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type RtmpHttpOptions, RtmpHttpModule, RtmpModule, RtmpServer, RtmpStreams, RtmptTunnels } from '#src';
import { CertificateMaker } from '#test/certificates';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { command, concat, plainHandshake, streamCommand } from '#test/rtmp-wire';
import { postOverHttp1, postOverHttp2, type TunnelPost, TunnelSocket } from '#test/rtmpt-client';
import { until } from '#test/until';
import { LogBook } from './start-app.js';

@Controller()
class JsonController {
  @Post('echo')
  echo(@Body() body: unknown): unknown {
    return body;
  }
}

let app: NestFastifyApplication | undefined;
let log: LogBook;
let port: number;
let post: TunnelPost;
let agent: Agent;

async function start(http: Partial<RtmpHttpOptions> = {}): Promise<void> {
  @Module({
    imports: [RtmpModule.forRoot({ listeners: [{ port: 0 }], isGlobal: true }), RtmpHttpModule.forRoot(http)],
    controllers: [JsonController],
  })
  class TestModule {}

  log = new LogBook();
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  app = await NestFactory.create<NestFastifyApplication>(TestModule, adapter, { logger: log, abortOnError: false });
  app.setGlobalPrefix('api'); // The tunnel's paths are fixed.
  app.connectMicroservice({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
  await app.init();
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  post = postOverHttp1(port, agent);
}

async function openTunnel(): Promise<string> {
  return (await post('/open/1')).body.toString().trimEnd();
}

afterEach(async () => {
  await app?.close();
  agent?.destroy();
  app = undefined;
});

const HANDSHAKE = Buffer.concat([Uint8Array.of(3), Buffer.alloc(1536)]);

describe('RTMPT in a Nest application', () => {
  it('opens a tunnel, takes the handshake, and answers as librtmp wants it', async () => {
    await start();
    expect((await post('/fcs/ident2')).status).toBe(404);
    const opened = await post('/open/1');
    expect(opened.status).toBe(200);
    expect(opened.body.toString()).toMatch(/^[\w-]{24}\n$/u);
    const id = opened.body.toString().trimEnd();

    const shaken = await post(`/send/${id}/0`, HANDSHAKE);
    expect([shaken.status, shaken.body.length]).toEqual([200, 1 + 1 + 2 * 1536]);
    expect(shaken.body[1]).toBe(3);
    expect(shaken.rawHeaders).toEqual([
      'Content-Type', 'application/x-fcs', 'Content-Length', '3074', 'Connection', 'keep-alive',
    ]); // prettier-ignore
  });

  it('gives the last answer again, and refuses what was skipped, replayed or unknown', async () => {
    await start();
    const id = await openTunnel();
    const first = await post(`/send/${id}/0`, HANDSHAKE);
    const again = await post(`/send/${id}/0`, HANDSHAKE);
    expect(again.body.equals(first.body)).toBe(true);
    expect((await post(`/send/${id}/2`)).status).toBe(409);
    expect((await post(`/idle/${id}/1`)).body).toHaveLength(1);
    expect((await post(`/send/${id}/0`, HANDSHAKE)).status).toBe(409);
    expect((await post('/send/AAAAAAAAAAAAAAAAAAAAAAAA/0')).status).toBe(404);
    const closed = await post(`/close/${id}/2`);
    expect([closed.status, closed.body.toString('hex')]).toEqual([200, '00']);
    expect((await post(`/idle/${id}/3`)).status).toBe(404);
    expect(app!.get(RtmptTunnels).size).toBe(0);
  });

  it('refuses other methods and types, and bodies that are too long', async () => {
    await start();
    const id = await openTunnel();
    const get = await post('/open/1', new Uint8Array(0), { method: 'GET' });
    expect([get.status, get.headers['allow']]).toEqual([405, 'POST']);
    expect((await post('/open/1', Uint8Array.of(0), { headers: { 'Content-Type': 'text/plain' } })).status).toBe(415);
    const large = await post(`/send/${id}/0`, Buffer.alloc(100_000)).catch((error: NodeJS.ErrnoException) => error);
    expect(['status' in large && large.status, 'code' in large && large.code]).toContainEqual(
      'status' in large ? 413 : expect.stringMatching(/ECONNRESET|EPIPE/u),
    );
    expect((await post(`/idle/${id}/0`)).status).toBe(200);
  });

  it('refuses pages in browsers, but for those of this machine and those that may publish', async () => {
    await start({ publishOrigins: ['https://studio.example'] });
    const open = async (headers: Record<string, string>) => (await post('/open/1', undefined, { headers })).status;
    const host = `127.0.0.1:${port}`;
    expect(await open({ Origin: 'https://evil.example' })).toBe(403);
    expect(await open({ Origin: `http://evil.example:${port}`, Host: `evil.example:${port}` })).toBe(403);
    expect(await open({ Origin: `http://${host}`, Host: host })).toBe(200);
    expect(await open({ Origin: 'https://studio.example' })).toBe(200);
    expect(log.of('RTMPT request refused')[0]).toMatchObject({ code: 'RTMPT_ERR_ORIGIN' });
  });

  it('leaves the routes of the application as they are', async () => {
    await start();
    const body = Buffer.from('{"a":1}');
    const echoed = await post('/api/echo', body, { headers: { 'Content-Type': 'application/json' } });
    expect([echoed.status, echoed.body.toString()]).toEqual([201, '{"a":1}']);
    expect((await post('/send')).status).toBe(404);
  });

  it('publishes, and the session says how it came', async () => {
    await start();
    const client = await RawRtmpClient.publishing(await TunnelSocket.open(post), 'cam');
    const stream = app!.get(RtmpStreams).get('live/cam')!;
    expect(stream.session).toMatchObject({ transport: 'rtmpt', isSecure: false, remoteAddress: '127.0.0.1' });
    client.audio(1, 0, 0xaf, 1, 2);
    await until('audio', () => stream.stream.counters.audioMessages === 1);
    await client.destroy();
    await until('its end', () => app!.get(RtmpStreams).get('live/cam') === undefined);
  });

  it('answers requests in a row, and one that comes byte by byte', async () => {
    await start();
    const id = await openTunnel();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = '';
    socket.on('data', (bytes) => (received += bytes.toString('latin1')));
    const head = (sequence: number) =>
      `POST /idle/${id}/${sequence} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-fcs\r\nContent-Length: 1\r\n\r\n\0`;
    socket.write(head(0) + head(1) + head(2));
    await until('three answers', () => received.match(/HTTP\/1.1 200 OK/gu)?.length === 3);
    for (const byte of head(3)) socket.write(byte);
    await until('a fourth', () => received.match(/HTTP\/1.1 200 OK/gu)?.length === 4);
    socket.destroy();
  });

  it('leaves to the HTTP server what it does not know, in its turn, on the same connection', async () => {
    await start();
    const id = await openTunnel();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = '';
    socket.on('data', (bytes) => (received += bytes.toString('latin1')));
    const type = 'Host: x\r\nContent-Type: application/x-fcs\r\n';
    const echo =
      'POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}';
    socket.write(
      `POST /idle/${id}/0 HTTP/1.1\r\n${type}Content-Length: 1\r\n\r\n\0` + // held before it is answered
        echo +
        `POST /idle/${id}/1 HTTP/1.1\r\n${type}Transfer-Encoding: chunked\r\n\r\n1\r\n\0\r\n0\r\n\r\n` +
        `POST /idle/${id}/1 HTTP/1.1\r\n${type}Content-Length: 1\r\n\r\n\0`,
    );
    await until('an answer to each', () => received.match(/HTTP\/1\.1 \d+/gu)?.length === 3);
    expect(received.match(/HTTP\/1\.1 \d+/gu)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 201', 'HTTP/1.1 411']);
    expect(received).toContain('{"a":1}');
    socket.destroy();
    expect((await post(`/idle/${id}/1`)).status).toBe(200);
  });

  it('answers in order what different tunnels ask for on one connection', async () => {
    await start();
    const [held, other] = [await openTunnel(), await openTunnel()];
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = '';
    socket.on('data', (bytes) => (received += bytes.toString('latin1')));
    const head = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-fcs\r\nContent-Length: 1\r\n\r\n\0`;
    // The refusal is known at once, the poll is held for a while.
    socket.write(head(`/idle/${held}/0`) + head(`/idle/${other}/7`) + head('/fcs/ident2'));
    await until('all answers', () => received.match(/HTTP\/1\.1 \d+/gu)?.length === 3);
    expect(received.match(/HTTP\/1\.1 \d+/gu)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 409', 'HTTP/1.1 404']);
    socket.destroy();
  });

  it('keeps nothing of a body that is too long, however it comes', async () => {
    await start();
    const id = await openTunnel();
    for (const length of ['1073741824', '99999999999999']) {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      let received = '';
      socket.on('data', (bytes) => (received += bytes.toString('latin1'))).on('error', () => {});
      socket.write(
        `POST /send/${id}/0 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-fcs\r\nContent-Length: ${length}\r\n\r\nabc`,
      );
      await until('the refusal', () => /^HTTP\/1\.1 413 [^]*Connection: close/u.test(received));
      await closed;
    }
    expect((await post(`/idle/${id}/0`)).status).toBe(200);
  });

  it('closes connections that are half a request, with the application', async () => {
    await start();
    const sockets = ['', 'POST /op', 'POST /open/1 HTTP/1.1\r\nHost: x', 'GET / HTTP'].map((text) => {
      const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
      socket.write(text);
      return new Promise((resolve) => socket.resume().once('close', resolve));
    });
    await openTunnel(); // they are there by now
    await app!.close();
    app = undefined;
    await Promise.all(sockets);
  });

  /** Sends a request again and again and reads no answer; 30 MB of those are more than kernels keep. @returns whether all were taken */
  async function sendUnread(path: string, body: Uint8Array, count: number): Promise<boolean> {
    const socket = connect({ port, host: '127.0.0.1' }).pause();
    const ends = new Promise<boolean>((resolve) =>
      socket.once('error', () => resolve(false)).once('finish', () => resolve(true)),
    );
    const type = 'Content-Type: application/x-fcs';
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const request = Buffer.concat([Buffer.from(head), body]);
    const some = Buffer.concat(Array.from({ length: count / 1000 }, () => request));
    for (let i = 0; i < 1000; i++) socket.write(some);
    socket.end();
    const isTaken = await ends;
    socket.destroy();
    return isTaken;
  }

  it('goes on reading from a publisher that reads no answers, as librtmp', async () => {
    await start();
    const publishing = concat(
      plainHandshake(),
      command('connect', 1, { app: 'live' }),
      command('createStream', 2, null),
      streamCommand(1, 'publish', 3, null, 'cam', 'live'),
    );
    expect(await sendUnread(`/send/${await openTunnel()}/0`, publishing, 10_000)).toBe(true);
  }, 20_000);

  it('closes the connections of others that read no answers, with a tunnel or without', async () => {
    await start();
    expect(await sendUnread(`/send/${await openTunnel()}/0`, HANDSHAKE, 10_000)).toBe(false);
    expect(await sendUnread('/fcs/ident2', Buffer.alloc(0), 300_000)).toBe(false);
  }, 20_000);

  it('ends tunnels that nobody asks for', async () => {
    await start({ rtmpt: { firstRequestTimeout: 50 } });
    await openTunnel();
    const tunnels = app!.get(RtmptTunnels);
    expect(tunnels.size).toBe(1);
    await until('the end of the tunnel', () => tunnels.size === 0);
  });

  it('closes tunnels with the application', async () => {
    await start();
    const client = await RawRtmpClient.publishing(await TunnelSocket.open(post), 'cam');
    await app!.close();
    app = undefined;
    await client.closed;
  });

  it('can be off', async () => {
    await start({ rtmpt: false });
    expect((await post('/open/1')).status).not.toBe(200);
  });

  it.each<[Partial<RtmpHttpOptions>, string]>([
    [{ rtmpt: { pollHold: -1 } }, 'RtmpHttpModule option rtmpt.pollHold: -1 is not possible'],
    [{ rtmpt: { polHold: 1 } as never }, 'RtmpHttpModule option rtmpt.polHold: 1 is not possible'],
    [{ rtmpt: true as never }, 'RtmpHttpModule option rtmpt: true is not possible'],
    [{ cors: 'a b' }, 'RtmpHttpModule option cors: "a b" is not possible'],
    [{ publish: 'no' as never }, 'RtmpHttpModule option publish: "no" is not possible'],
    [{ publishOrigins: ['a b'] }, 'RtmpHttpModule option publishOrigins[0]: "a b" is not possible'],
    [{ publishOrigins: '*' as never }, 'RtmpHttpModule option publishOrigins: "*" is not possible'],
    [{ trustedProxies: ['10.0.0.0/33'] }, 'RtmpHttpModule option trustedProxies[0]: "10.0.0.0/33" is not possible'],
    [{ trustedProxies: ['localhost'] }, 'RtmpHttpModule option trustedProxies[0]: "localhost" is not possible'],
    [{ cros: '*' } as never, 'RtmpHttpModule option cros: "*" is not possible'],
  ])('does not start with %j', async (options, message) => {
    await expect(start(options)).rejects.toThrow(message);
    app = undefined;
  });
});

describe('RTMPT on a further server with TLS and HTTP/2', () => {
  const made = new CertificateMaker();
  afterAll(() => made.dispose());

  it('takes tunnels over HTTP/2, and over HTTP/1.1 from clients without ALPN', async () => {
    await start();
    const server = createSecureServer({ ...made.read(made.selfSigned('h2', 'localhost')), allowHTTP1: true });
    app!.get(RtmptTunnels).attach(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const securePort = (server.address() as AddressInfo).port;
    const session = connectHttp2(`https://127.0.0.1:${securePort}`, { rejectUnauthorized: false });
    const client = await RawRtmpClient.publishing(await TunnelSocket.open(postOverHttp2(session)), 'h2');
    const stream = app!.get(RtmpStreams).get('live/h2')!;
    expect(stream.session).toMatchObject({ transport: 'rtmpts', isSecure: true, tls: { protocol: 'TLSv1.3' } });
    client.audio(1, 0, 0xaf, 1, 2);
    await until('audio', () => stream.stream.counters.audioMessages === 1);

    const plain = connectTls({ host: '127.0.0.1', port: securePort, rejectUnauthorized: false });
    let received = '';
    plain.on('data', (bytes) => (received += bytes.toString('latin1')));
    plain.write('POST /open/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-fcs\r\nContent-Length: 1\r\n\r\n\0');
    await until('an answer', () => /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n[\w-]{24}\n$/u.test(received));

    plain.destroy();
    await client.destroy();
    session.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
