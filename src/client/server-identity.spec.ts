import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer, type PeerCertificate } from 'node:tls';
import { CertificateMaker } from '#test/certificates';
import { parseRtmpUrl } from './rtmp-url.js';
import { serverIdentityProblem } from './server-identity.js';
import { SocketClientTransport } from './socket-client-transport.js';
import { TunnelHttp } from './tunnel-http.js';

const made = new CertificateMaker();
const authority = made.selfSigned('authority', 'authority.example');
const { cert: ca } = made.read(authority);
afterAll(() => made.dispose());

let count = 0;
function pairFor(altName: string, commonName = 'server'): { cert: string; key: string } {
  return made.read(made.signedBy(authority, `server${count++}`, `/CN=${commonName}`, altName));
}

function certificateFor(altName: string, commonName?: string): PeerCertificate {
  return new X509Certificate(pairFor(altName, commonName).cert).toLegacyObject() as unknown as PeerCertificate;
}

describe('the certificate of an address', () => {
  it.each([
    ['IP:127.0.0.1', '127.0.0.1'],
    ['IP:::1', '::1'],
    ['IP:::1', '0:0:0:0:0:0:0:1'],
    ['IP:2001:db8::a', '2001:DB8:0::A'],
    ['DNS:origin.example,IP:10.0.0.1,IP:2001:db8::a', '2001:db8::a'],
    ['IP:fe80::1', 'fe80::1%eth0'],
  ])('%s is good for %s', (altName, host) => {
    expect(serverIdentityProblem(host, certificateFor(altName))).toBeUndefined();
  });

  it.each([
    ['IP:127.0.0.1', '127.0.0.2'],
    ['IP:::1', '::2'],
    ['IP:::1', '127.0.0.1'],
    ['IP:127.0.0.1', '::1'],
    ['IP:127.0.0.1', '::ffff:127.0.0.1'],
    ['DNS:127.0.0.1', '127.0.0.1'],
    ['DNS:*.example,DNS:origin.example', '::1'],
    ['URI:https://[::1]/', '::1'],
    ['IP:fe80::1', 'fe80::2%eth0'],
  ])('%s is not good for %s', (altName, host) => {
    // Whom the name says does not matter.
    const problem = serverIdentityProblem(host, certificateFor(altName, host.replace('%', '-')));
    expect(problem).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', host });
    expect(problem!.message).toContain(`IP: ${host} is not in the cert's list`);
  });

  it('is none when there is no certificate', () => {
    expect(serverIdentityProblem('::1', {} as PeerCertificate)).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('is one of a name for names, as Node says', () => {
    const certificate = certificateFor('DNS:*.origin.example,IP:::1');
    expect(serverIdentityProblem('a.origin.example', certificate)).toBeUndefined();
    expect(serverIdentityProblem('a.other.example', certificate)).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });
});

describe.each(['::1', '127.0.0.1'])('a server at %s', (host) => {
  const other = host === '::1' ? '127.0.0.1' : '::1';

  async function visit(altName: string, tls: { insecure?: boolean } = {}): Promise<void> {
    const server = createServer(pairFor(altName), (socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'));
    });
    server.on('tlsClientError', () => {}).listen(0, host);
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const url = parseRtmpUrl(`rtmps://${host.includes(':') ? `[${host}]` : host}:${port}/live/cam`);
    try {
      const options = { ca, ...tls };
      const socket = await SocketClientTransport.open(url, options, AbortSignal.timeout(10_000));
      socket.destroy();
      const http = new TunnelHttp(url, options, 10_000);
      await http.post('/open/1', Uint8Array.of(0), () => {}).finally(() => http.destroy());
    } finally {
      server.close();
    }
  }

  it('is talked to when its certificate is for its address', async () => {
    await expect(visit(`IP:${host}`)).resolves.toBeUndefined();
  });

  it('is refused when it is for another, or for a name alone', async () => {
    await expect(visit(`IP:${other}`)).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_CERTIFICATE' });
    await expect(visit('DNS:localhost')).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_CERTIFICATE' });
  });

  it('is talked to whatever its certificate says when nobody wants it verified', async () => {
    await expect(visit(`IP:${other}`, { insecure: true })).resolves.toBeUndefined();
  });
});
