import { copyFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { type RtmpListenerOptions, RtmpSessions, RtmpStreams, type RtmpTlsOptions } from '#src';
import { type CertificateFiles, CertificateMaker } from '#test/certificates';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startMicroservice, type TestApp } from './start-app.js';

const made = new CertificateMaker();
let first: CertificateFiles;
let second: CertificateFiles;
let test: TestApp | undefined;

beforeAll(() => {
  first = made.selfSigned('first', 'localhost');
  second = made.selfSigned('second', 'second.example');
});
afterAll(() => made.dispose());
afterEach(async () => {
  await test?.close();
  test = undefined;
});

async function start(tls: RtmpTlsOptions, more: RtmpListenerOptions = {}, session = {}): Promise<TestApp> {
  const listeners = [{ kind: 'rtmps' as const, port: 0, tls, ...more }];
  return (test = await startMicroservice({ options: { listeners, session } }));
}

/** A socket whose handshake is done. */
function secured(options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { port } = test!;
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Common name of the certificate the server shows. */
async function nameShown(options: ConnectionOptions = {}): Promise<string | undefined> {
  const socket = await secured(options);
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN as string;
}

describe('a listener of kind rtmps', () => {
  it('takes certificate and key as files, as text and as PKCS #12', async () => {
    const pfx = made.bundle(first, 'bundle', 'secret');
    for (const tls of [first, made.read(first), { pfx, passphrase: 'secret' }]) {
      await start(tls);
      expect(await nameShown()).toBe('localhost');
      await test!.close();
    }
    test = undefined;
  });

  it('is RTMP, and the session knows about its TLS', async () => {
    await start(first);
    expect(test!.server.addresses).toEqual([
      {
        kind: 'rtmps',
        host: '127.0.0.1',
        port: test!.port,
        url: `rtmps://127.0.0.1:${test!.port}`,
        proxyProtocol: false,
      },
    ]);
    const client = await RawRtmpClient.publishing(await secured({ servername: 'localhost' }), 'cam');
    const { session } = test!.app.get(RtmpStreams).get('live/cam')!;
    expect(session).toMatchObject({ transport: 'rtmps', isSecure: true, remoteAddress: '127.0.0.1' });
    expect(session.tls).toEqual({
      protocol: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/u) as string,
      serverName: 'localhost',
      isAuthorized: false,
      authorizationError: undefined,
      peerCertificate: undefined,
    });
    await client.destroy();
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s, and no ALPN', async (version) => {
    await start(first);
    const socket = await secured({ minVersion: version, maxVersion: version, ALPNProtocols: ['rtmp', 'h2'] });
    expect(socket.getProtocol()).toBe(version);
    expect(socket.alpnProtocol).toBe(false);
    socket.destroy();
  });

  it('speaks nothing older than it is told, and nothing newer', async () => {
    await start({ ...first, minVersion: 'TLSv1.3' });
    await expect(secured({ maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/u);
    await test!.close();
    await start({ ...first, maxVersion: 'TLSv1.2' });
    expect((await secured()).getProtocol()).toBe('TLSv1.2');
    await expect(secured({ minVersion: 'TLSv1.3' })).rejects.toThrow(/protocol version/u);
  });

  it('shakes hands once: a client that wants to do so again is refused', async () => {
    await start(first);
    const socket = await secured({ maxVersion: 'TLSv1.2' });
    const error = await new Promise((resolve) => {
      socket.once('error', resolve);
      socket.renegotiate({}, resolve);
    });
    expect(error).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' });
    socket.destroy();
  });

  it('shows the certificate of the name that is asked for', async () => {
    const third = made.selfSigned('third', 'wild.example');
    await start({ ...first, sni: { 'Second.example': second, '*.wild.example': third } });
    expect(await nameShown({ servername: 'second.example' })).toBe('second.example');
    expect(await nameShown({ servername: 'SECOND.example' })).toBe('second.example');
    expect(await nameShown({ servername: 'a.wild.example' })).toBe('wild.example');
    expect(await nameShown({ servername: 'a.b.wild.example' })).toBe('localhost');
    expect(await nameShown({ servername: 'other.example' })).toBe('localhost');
    expect(await nameShown()).toBe('localhost');
  });

  it('refuses what is no TLS, and says so once a second', async () => {
    await start(first);
    for (let i = 0; i < 5; i++) {
      await expect(RawRtmpClient.open(test!.port)).rejects.toThrow('closed while waiting');
    }
    await until('a refusal in the log', () => test!.log.of('connection refused').length > 0);
    expect(test!.log.of('connection refused')).toEqual([{ remote: '127.0.0.1', reason: 'TLS: wrong version number' }]);
  });

  it('cuts off who does not shake hands in time, and when it closes', async () => {
    await start(first, {}, { handshakeTimeout: 200 });
    const silent = connectTcp(test!.port, '127.0.0.1');
    await new Promise((resolve) => silent.once('close', resolve).resume());
    await until('a refusal in the log', () => test!.log.of('connection refused').length > 0);
    expect(test!.log.of('connection refused')[0]).toMatchObject({
      reason: expect.stringMatching(/^TLS: .*timeout/u) as string,
    });

    await test!.close();
    await start(first);
    const waiting = connectTcp(test!.port, '127.0.0.1');
    const closed = new Promise((resolve) => waiting.once('close', resolve).resume());
    await new Promise((resolve) => waiting.once('connect', resolve));
    await test!.close();
    await closed;
    test = undefined;
  });

  it('counts sockets that shake hands as connections', async () => {
    const options = { listeners: [{ kind: 'rtmps' as const, port: 0, tls: first }], maxConnections: 2 };
    test = await startMicroservice({ options });
    const silent = [0, 1].map(() => connectTcp(test!.port, '127.0.0.1'));
    await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    await expect(secured()).rejects.toThrow();
    for (const socket of silent) socket.destroy();
    await until('a free place', async () => (await secured().catch(() => undefined)) !== undefined);
  });

  it.each<[string, () => RtmpTlsOptions, RegExp]>([
    ['a file that is missing', () => ({ ...first, cert: '/nowhere/cert.pem' }), /\/nowhere\/cert\.pem.*ENOENT/u],
    ['a key of another certificate', () => ({ ...first, key: second.key }), /key values mismatch/u],
    [
      'a wrong certificate of a name',
      () => ({ ...first, sni: { 'a.example': { ...second, key: first.key } } }),
      /mismatch/u,
    ],
  ])('does not start with %s', async (_what, tls, message) => {
    await expect(start(tls())).rejects.toThrow(message);
  });
});

describe('client certificates', () => {
  let client: CertificateFiles;
  beforeAll(() => {
    client = made.signedBy(first, 'client', '/O=Studio/CN=cam1', 'DNS:cam1.example,email:cam1@studio.example');
  });

  it('are known to the session', async () => {
    await start({ ...first, ca: first.cert, clientCertificates: 'require' });
    await RawRtmpClient.publishing(await secured(made.read(client)), 'cam');
    const { tls } = test!.app.get(RtmpStreams).get('live/cam')!.session;
    expect(tls).toMatchObject({
      isAuthorized: true,
      authorizationError: undefined,
      peerCertificate: {
        issuer: { CN: 'localhost' },
        subjectAltNames: ['DNS:cam1.example', 'email:cam1@studio.example'],
        fingerprint256: expect.stringMatching(/^(?:[\dA-F]{2}:){31}[\dA-F]{2}$/u) as string,
      },
    });
    expect({ ...tls!.peerCertificate!.subject }).toEqual({ O: 'Studio', CN: 'cam1' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('are required where that is so (%s)', async (maxVersion) => {
    await start({ ...first, ca: first.cert, clientCertificates: 'require', sni: { 'second.example': second } });
    for (const servername of ['localhost', 'second.example']) {
      const open = async (options: ConnectionOptions) =>
        RawRtmpClient.open(await secured({ maxVersion, servername, ...options }));
      await expect(open({})).rejects.toThrow();
      await expect(open(made.read(second))).rejects.toThrow();
      await (await open(made.read(client))).destroy();
    }
    await until('a refusal in the log', () => test!.log.of('connection refused').length > 0);
    expect(test!.app.get(RtmpSessions).size).toBe(0);
  });

  it('may be asked for and judged by a handler', async () => {
    await start({ ...first, ca: first.cert, clientCertificates: 'request' });
    const tlsOf = async (name: string, options: ConnectionOptions) => {
      await RawRtmpClient.publishing(await secured(options), name);
      return test!.app.get(RtmpStreams).get(`live/${name}`)!.session.tls;
    };
    expect(await tlsOf('none', {})).toMatchObject({ isAuthorized: false, peerCertificate: undefined });
    expect(await tlsOf('foreign', made.read(second))).toMatchObject({
      isAuthorized: false,
      authorizationError: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(await tlsOf('known', made.read(client))).toMatchObject({ isAuthorized: true });
  });
});

describe('new certificates', () => {
  const live = () => ({ cert: join(made.folder, 'live.pem'), key: join(made.folder, 'live.key') });
  const install = (from: CertificateFiles) => {
    copyFileSync(from.cert, live().cert);
    copyFileSync(from.key, live().key);
  };
  beforeEach(() => install(first));

  it('are used when the files change, and nobody is disconnected', async () => {
    await start({ ...live(), reloadInterval: 20 });
    const client = await RawRtmpClient.publishing(await secured(), 'cam');
    install(second);
    await until('the new certificate', async () => (await nameShown()) === 'second.example');
    expect(await client.publish('cam2')).toMatchObject({ code: 'NetStream.Publish.Start' });
    expect(client.isClosed).toBe(false);
  });

  it('are used when a link leads elsewhere', async () => {
    const link = { cert: join(made.folder, 'link.pem'), key: join(made.folder, 'link.key') };
    const point = (to: CertificateFiles) => {
      for (const part of ['cert', 'key'] as const) {
        symlinkSync(to[part], `${link[part]}.new`);
        renameSync(`${link[part]}.new`, link[part]);
      }
    };
    point(first);
    await start({ ...link, reloadInterval: 20 });
    point(second);
    await until('the new certificate', async () => (await nameShown()) === 'second.example');
    for (const path of Object.values(link)) unlinkSync(path);
  });

  it('are used when somebody says so; broken ones are not', async () => {
    await start({ ...live(), reloadInterval: 0, sni: { 'second.example': live() } });
    copyFileSync(second.cert, live().cert);
    expect(await test!.server.reloadCertificates()).toBe(false);
    writeFileSync(live().cert, 'half a');
    expect(await test!.server.reloadCertificates()).toBe(false);
    unlinkSync(live().cert);
    expect(await test!.server.reloadCertificates()).toBe(false);
    expect(test!.log.of('certificates could not be loaded, those before stay in use')).toHaveLength(3);
    expect(await nameShown()).toBe('localhost');
    expect(await nameShown({ servername: 'second.example' })).toBe('localhost');
    install(second);
    expect(await test!.server.reloadCertificates()).toBe(true);
    expect(await nameShown()).toBe('second.example');
    expect(await nameShown({ servername: 'second.example' })).toBe('second.example');
  });
});
