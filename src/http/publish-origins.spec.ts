import { hostname } from 'node:os';
import { HttpPeers } from './http-peers.js';
import { PublishOrigins } from './publish-origins.js';
import type { HttpRequest } from './rtmpt-http-request.js';

/** A request of a page that says it is of the host it is sent to. */
function fromPageOf(host: string, from = '127.0.0.1', socket = {}): HttpRequest {
  const headers = { host, origin: `http://${host}` };
  return { headers, socket: { remoteAddress: from, ...socket } } as unknown as HttpRequest;
}

function originsWith({ publishOrigins = [] as string[], trustedProxies = [] as string[] } = {}): PublishOrigins {
  return new PublishOrigins({ publishOrigins }, new HttpPeers({ trustedProxies }));
}

describe('a page of the same host', () => {
  const own = ['localhost', 'localhost:8000', 'app.localhost:8000', '127.0.0.1:8000', '[::1]:8000', '192.168.1.2:8000'];
  it.each([...own, '[2001:db8::1]', hostname(), `${hostname()}.local:8000`])('%s may publish over loopback', (host) => {
    const lower = host.toLowerCase();
    expect(originsWith().allows(fromPageOf(lower))).toBe(true);
    expect(originsWith().allows(fromPageOf(lower, '::ffff:127.0.0.1'))).toBe(true);
  });

  it('may not when its name was led here', () => {
    for (const host of [
      'evil.example:8000',
      'localhost.evil.example',
      '127.0.0.1.evil.example:8000',
      'evil.example:127',
    ]) {
      expect(originsWith().allows(fromPageOf(host))).toBe(false);
      expect(originsWith().allows(fromPageOf(host, '::1'))).toBe(false);
    }
    // Nor when it adds what a proxy would add.
    const request = fromPageOf('evil.example');
    Object.assign(request.headers, { 'x-forwarded-for': '203.0.113.9' });
    expect(originsWith().allows(request)).toBe(false);
  });

  it('may by any name from elsewhere, by a proxy that is trusted, over TLS, and when it is listed', () => {
    expect(originsWith().allows(fromPageOf('studio.example', '192.0.2.1'))).toBe(true);
    expect(originsWith({ trustedProxies: ['127.0.0.1'] }).allows(fromPageOf('studio.example'))).toBe(true);
    const tls = {
      encrypted: true,
      getPeerCertificate: () => ({}),
      getCipher: () => ({}),
      getProtocol: () => 'TLSv1.3',
    };
    expect(originsWith().allows(fromPageOf('studio.example', '127.0.0.1', tls))).toBe(true);
    expect(originsWith({ publishOrigins: ['http://studio.example'] }).allows(fromPageOf('studio.example'))).toBe(true);
  });
});

it('a page of another host may not, nor one of none', () => {
  const request = fromPageOf('192.0.2.1:80', '192.0.2.7');
  for (const origin of ['http://192.0.2.2', 'null', 'file://', '']) {
    Object.assign(request.headers, { origin });
    expect(originsWith().allows(request)).toBe(false);
  }
  delete request.headers.host;
  expect(originsWith().allows(request)).toBe(false);
});
