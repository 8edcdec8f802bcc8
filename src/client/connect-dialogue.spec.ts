import { connect as connectTcp, type AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { CertificateMaker } from '#test/certificates';
import { type Script, ScriptedRtmpServer } from '#test/scripted-rtmp-server';
import { onStatus, rejected, srsScript } from '#test/srs-script';
import { until } from '#test/until';
import { redirected } from './connect-dialogue.js';
import { RtmpClient } from './rtmp-client.js';
import { parseRtmpUrl } from './rtmp-url.js';

// Where a server may send us: anywhere, but not from TLS to a connection without.

describe('an address to go on at', () => {
  const target = (from: string, to: string): string => {
    const { tcUrl, name, isSecure } = redirected(parseRtmpUrl(from), to);
    return `${tcUrl} ${name} ${isSecure}`;
  };

  it.each([
    ['rtmp://a/live/cam', 'rtmp://b/edge', 'rtmp://b/edge cam false'],
    ['rtmp://a/live/cam', 'rtmps://b/edge', 'rtmps://b/edge cam true'],
    ['rtmpt://a/live/cam', 'rtmp://b/edge', 'rtmp://b/edge cam false'],
    ['rtmps://a/live/cam', 'rtmps://b/edge', 'rtmps://b/edge cam true'],
    ['rtmps://a/live/cam', 'rtmpts://b/edge', 'rtmpts://b/edge cam true'],
    ['rtmps://a/live/cam', '//b:444/edge/', 'rtmps://b:444/edge cam true'],
    ['rtmpts://a:81/live/cam', '/edge', 'rtmpts://a:81/edge cam true'],
  ])('from %s, %s is %s', (from, to, expected) => {
    expect(target(from, to)).toBe(expected);
  });

  it.each([
    ['rtmps://a/live/cam', 'rtmp://a/live'],
    ['rtmps://a/live/cam', 'rtmpt://a/live'],
    ['rtmpts://a/live/cam', 'rtmpt://a/live'],
    ['rtmpts://a/live/cam', 'RTMP://a/live'],
  ])('never leads from TLS to none: %s, %s', (from, to) => {
    const refusal = {
      code: 'RTMP_CLIENT_ERR_REDIRECT',
      message: expect.stringMatching(/\/live\/…: from TLS to none$/u) as string,
    };
    expect(() => target(from, to)).toThrow(expect.objectContaining(refusal) as Error);
  });
});

describe('a server of rtmps', () => {
  const made = new CertificateMaker();
  const pair = made.read(made.selfSigned('server', 'localhost'));
  afterAll(() => made.dispose());

  let plain: ScriptedRtmpServer;
  let secure: Server;
  let url: string;

  /** TLS in front of a server that answers from a script. */
  async function start(script: Script): Promise<void> {
    plain = await ScriptedRtmpServer.start(script);
    secure = createServer(pair, (socket) => {
      const behind = connectTcp(plain.port, '127.0.0.1');
      for (const one of [socket, behind]) one.on('error', () => {});
      socket.pipe(behind).pipe(socket);
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    url = `rtmps://127.0.0.1:${(secure.address() as AddressInfo).port}/live/cam`;
  }

  afterEach(async () => {
    await plain.stop();
    await new Promise((resolve) => secure.close(resolve));
  });

  it('that redirects a connect to rtmp is not followed', async () => {
    await start(
      srsScript({
        connect: (message, connection) => {
          connection.send(rejected(message, 'moved', { ex: { code: 302, redirect: plain.url('live') } }));
        },
      }),
    );
    await expect(RtmpClient.connect(url, { tls: { ca: pair.cert } })).rejects.toMatchObject({
      code: 'RTMP_CLIENT_ERR_REDIRECT',
    });
    expect(plain.connections).toHaveLength(1);
  });

  it('that asks to connect again by rtmp is not heard, by rtmps it is', async () => {
    await start(srsScript());
    const client = await RtmpClient.connect(url, { tls: { ca: pair.cert } });
    const asked: string[] = [];
    client.on('reconnect', ({ tcUrl }) => asked.push(tcUrl));
    for (const tcUrl of [plain.url('live'), url.replace('/cam', '')]) {
      plain.connections[0]!.send(onStatus('status', 'NetConnection.Connect.ReconnectRequest', '', { tcUrl }, 0));
    }
    await until('it is asked', () => asked.length > 0);
    expect(asked).toEqual([url.replace('/cam', '')]);
    await client.close();
  });
});
