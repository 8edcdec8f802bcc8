import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { type RtmpListenerOptions, RtmpStreams } from '#src';
import { type CertificateFiles, CertificateMaker } from '#test/certificates';
import { hex } from '#test/hex';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startMicroservice, type TestApp, type TestAppOptions } from './start-app.js';

let test: TestApp | undefined;
let folder: string;

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-listeners-'))));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await test?.close();
  test = undefined;
});

async function start(listeners: RtmpListenerOptions[], more: TestAppOptions['options'] = {}): Promise<TestApp> {
  return (test = await startMicroservice({ options: { listeners, ...more } }));
}

const sessionOf = (name: string) => test!.app.get(RtmpStreams).get(`live/${name}`)!.session;
const refusals = () => test!.log.of('connection refused');

describe('listeners', () => {
  it('are as many as one likes: IPv4, IPv6, both, a Unix socket', async () => {
    const path = join(folder, 'many.sock');
    await start([{ port: 0 }, { host: '::1', port: 0 }, { host: '::', port: 0 }, { path }]);
    const { addresses } = test!.server;
    const [four, six, both] = addresses.map(({ port }) => port!);
    expect(addresses.map(({ url }) => url)).toEqual([
      `rtmp://127.0.0.1:${four}`,
      `rtmp://[::1]:${six}`,
      `rtmp://[::]:${both}`,
      `unix:${path}`,
    ]);
    const sockets = {
      four: connect(four!, '127.0.0.1'),
      six: connect(six!, '::1'),
      bothFour: connect(both!, '127.0.0.1'),
      bothSix: connect(both!, '::1'),
      unix: connect(path),
    };
    const seen: Record<string, string> = {};
    for (const [name, socket] of Object.entries(sockets)) {
      await RawRtmpClient.publishing(socket, name);
      seen[name] = sessionOf(name).remoteAddress;
    }
    expect(seen).toEqual({
      four: '127.0.0.1',
      six: '::1',
      bothFour: '127.0.0.1', // not ::ffff:127.0.0.1
      bothSix: '::1',
      unix: 'unix',
    });
  });

  it.each([false, true])(
    'drop whom TCP has reset before they were accepted (PROXY protocol: %s)',
    async (proxyProtocol) => {
      await start([{ port: 0, proxyProtocol }]);
      const seen: string[] = [];
      test!.server.on('connection', ({ remoteAddress }) => seen.push(remoteAddress));
      const header = proxyProtocol ? 'PROXY UNKNOWN\r\n' : '';
      // This process accepts nothing while it waits for that one, which resets what the kernel has accepted for it.
      const reset = `const socket = require('net').connect(${test!.port}, '127.0.0.1');
      socket.write(${JSON.stringify(header)} + '\\x03', () => socket.resetAndDestroy())`;
      spawnSync(process.execPath, ['-e', reset]);
      const socket = connect(test!.port, '127.0.0.1');
      socket.write(header);
      await RawRtmpClient.publishing(socket, 'next');
      expect(seen).toEqual(['127.0.0.1']);
    },
  );

  it('leave IPv4 out when told so', async () => {
    await start([{ host: '::', port: 0, ipv6Only: true }]);
    await expect(RawRtmpClient.open(test!.port)).rejects.toThrow();
    await RawRtmpClient.open(connect(test!.port, '::1'));
  });

  it('all close when one cannot be had', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const path = join(folder, 'closed.sock');
    await expect(start([{ path }, { port }])).rejects.toThrow(`127.0.0.1:${port}`);
    expect(existsSync(path)).toBe(false);
    taken.close();
  });
});

describe('a Unix socket', () => {
  it('has the permissions it is given, and is gone afterwards', async () => {
    const path = join(folder, 'mode.sock');
    await start([{ path, mode: 0o660 }]);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    await test!.close();
    test = undefined;
    expect(existsSync(path)).toBe(false);
  });

  it('takes the place of one that nobody listens on any more', async () => {
    const path = join(folder, 'stale.sock');
    const kill = "process.kill(process.pid, 'SIGKILL')";
    const listen = `require('net').createServer().listen(${JSON.stringify(path)}, () => ${kill})`;
    spawnSync(process.execPath, ['-e', listen]);
    expect(existsSync(path)).toBe(true);
    await start([{ path }]);
    await RawRtmpClient.open(connect(path));
  });

  it('does not take the place of one that is in use, or of a file', async () => {
    const path = join(folder, 'used.sock');
    await start([{ path }]);
    await expect(startMicroservice({ options: { listeners: [{ path }] } })).rejects.toThrow('EADDRINUSE');
    await RawRtmpClient.open(connect(path));
    const file = join(folder, 'precious.txt');
    writeFileSync(file, 'do not remove');
    await expect(startMicroservice({ options: { listeners: [{ path: file }] } })).rejects.toThrow('EADDRINUSE');
    expect(existsSync(file)).toBe(true);
  });
});

describe('behind a proxy', () => {
  const HEADERS: ReadonlyArray<[string, Uint8Array, string, number]> = [
    ['version 1', Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 56324 1935\r\n'), '203.0.113.7', 56324],
    ['version 1, IPv6', Buffer.from('PROXY TCP6 2001:db8::7 ::1 56324 1935\r\n'), '2001:db8::7', 56324],
    ['version 2', hex('0d0a0d0a000d0a515549540a 21 11 000c cb007107 c0000201 dc04 078f'), '203.0.113.7', 56324],
  ];

  /** A socket that has sent a header. */
  function proxied(header: Uint8Array): Socket {
    const socket = connect(test!.port, '127.0.0.1');
    socket.write(header);
    return socket;
  }

  it.each(HEADERS)("the client's address is known (%s)", async (_what, header, address, port) => {
    await start([{ port: 0, proxyProtocol: true }]);
    await RawRtmpClient.publishing(proxied(header), 'cam');
    expect(sessionOf('cam')).toMatchObject({ remoteAddress: address, remotePort: port, transport: 'rtmp' });
  });

  it('the header may come in pieces, and together with what follows', async () => {
    await start([{ port: 0, proxyProtocol: true }]);
    const [, header] = HEADERS[2]!;
    const socket = connect({ port: test!.port, host: '127.0.0.1', noDelay: true });
    for (const byte of header) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await RawRtmpClient.publishing(socket, 'pieces');

    const whole = connect(test!.port, '127.0.0.1');
    whole.cork();
    whole.write(header);
    process.nextTick(() => whole.uncork());
    await RawRtmpClient.publishing(whole, 'together');
    expect(sessionOf('together').remoteAddress).toBe('203.0.113.7');
  });

  it("what the proxy says of itself is the proxy's address", async () => {
    await start([{ port: 0, proxyProtocol: true }]);
    await RawRtmpClient.publishing(proxied(Buffer.from('PROXY UNKNOWN\r\n')), 'unknown');
    await RawRtmpClient.publishing(proxied(hex('0d0a0d0a000d0a515549540a 20 00 0000')), 'local');
    expect(sessionOf('unknown').remoteAddress).toBe('127.0.0.1');
    expect(sessionOf('local').remoteAddress).toBe('127.0.0.1');
  });

  it('who sends no header is refused, and nobody may claim one elsewhere', async () => {
    await start([{ port: 0, proxyProtocol: true }, { port: 0 }]);
    await expect(RawRtmpClient.open(test!.port)).rejects.toThrow('closed while waiting');
    expect(refusals()).toEqual([
      { remote: '127.0.0.1', reason: expect.stringMatching(/does not begin with a PROXY/u) as string },
    ]);
    const plain = connect(test!.server.addresses[1]!.port!, '127.0.0.1');
    plain.write(HEADERS[0]![1]);
    await expect(RawRtmpClient.open(plain)).rejects.toThrow('closed while waiting');
  });

  it('who takes too long is cut off', async () => {
    await start([{ port: 0, proxyProtocol: true }], { session: { handshakeTimeout: 100 } });
    const socket = proxied(Buffer.from('PROXY TCP4 '));
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect(refusals()).toEqual([{ remote: '127.0.0.1', reason: 'no PROXY protocol header within 100 ms' }]);
  });

  it("the limit for each address is the clients', not the proxy's", async () => {
    await start([{ port: 0, proxyProtocol: true }], { maxConnectionsPerAddress: 1 });
    const header = (address: string) => Buffer.from(`PROXY TCP4 ${address} 192.0.2.1 5 1935\r\n`);
    const one = await RawRtmpClient.open(proxied(header('203.0.113.1')));
    await RawRtmpClient.open(proxied(header('203.0.113.2')));
    await expect(RawRtmpClient.open(proxied(header('203.0.113.1')))).rejects.toThrow('closed while waiting');
    expect(refusals()).toEqual([{ remote: '203.0.113.1', reason: 'maxConnectionsPerAddress' }]);
    await one.destroy();
    await until('a free place', async () =>
      RawRtmpClient.open(proxied(header('203.0.113.1'))).then(
        () => true,
        () => false,
      ),
    );
  });

  describe('that passes TLS on', () => {
    const made = new CertificateMaker();
    let certificate: CertificateFiles;
    beforeAll(() => (certificate = made.selfSigned('proxied', 'localhost')));
    afterAll(() => made.dispose());

    const overTls = (below: Socket): Promise<TLSSocket> =>
      new Promise((resolve, reject) => {
        const socket = connectTls({ socket: below, rejectUnauthorized: false }, () => resolve(socket));
        socket.once('error', reject);
      });

    it.each(HEADERS)("the client's address is known (%s)", async (_what, header, address, port) => {
      await start([{ kind: 'rtmps', port: 0, proxyProtocol: true, tls: certificate }]);
      await RawRtmpClient.publishing(await overTls(proxied(header)), 'cam');
      expect(sessionOf('cam')).toMatchObject({ remoteAddress: address, remotePort: port, transport: 'rtmps' });
    });

    it('the first bytes of TLS may come together with the header', async () => {
      await start([{ kind: 'rtmps', port: 0, proxyProtocol: true, tls: certificate }]);
      const below = connect(test!.port, '127.0.0.1');
      below.cork();
      below.write(HEADERS[0]![1]);
      setImmediate(() => below.uncork());
      await RawRtmpClient.publishing(await overTls(below), 'cam');
      expect(sessionOf('cam').remoteAddress).toBe('203.0.113.7');
    });

    it('over a Unix socket as well', async () => {
      const path = join(folder, 'tls.sock');
      await start([{ kind: 'rtmps', path, proxyProtocol: true, tls: certificate }]);
      expect(test!.server.addresses[0]!.url).toBe(`rtmps+unix:${path}`);
      const below = connect(path);
      below.write(HEADERS[1]![1]);
      await RawRtmpClient.publishing(await overTls(below), 'cam');
      expect(sessionOf('cam').remoteAddress).toBe('2001:db8::7');
    });
  });
});
