import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpRequest } from './rtmpt-http-request.js';
import { HttpPeers } from './http-peers.js';

const FORWARDED = { 'x-forwarded-for': '198.51.100.7' };
const PROXIES = Array.from({ length: 40 }, (_, i) => `192.0.2.${i + 1}`);
const CIPHER = { name: 'TLS_AES_128_GCM_SHA256', standardName: 'TLS_AES_128_GCM_SHA256' };

/** A socket of TLS; when it is closed Node knows nothing of it any more. */
class Socket {
  readonly encrypted = true;
  readonly servername = 'a.example';
  destroyed = false;
  remoteAddress: string | undefined = '192.0.2.1';
  remotePort: number | undefined = 4000;
  getPeerCertificate = (): unknown => (this.destroyed ? null : {});
  getCipher = (): unknown => (this.destroyed ? null : CIPHER);
  getProtocol = (): unknown => (this.destroyed ? null : 'TLSv1.3');

  close(): void {
    Object.assign(this, { destroyed: true, remoteAddress: undefined, remotePort: undefined });
  }
}

function requestBy(socket: Socket, headers: Record<string, string> = {}): HttpRequest {
  return { socket, headers } as unknown as HttpRequest;
}

describe('HttpPeers', () => {
  it('knows whom a request is from when its socket is closed', () => {
    const peers = new HttpPeers({ trustedProxies: [] });
    const socket = new Socket();
    const known = peers.peerOf(requestBy(socket));
    expect(known).toMatchObject({ remoteAddress: '192.0.2.1', remotePort: 4000, tls: { cipher: CIPHER.name } });
    socket.close();
    expect(peers.peerOf(requestBy(socket))).toEqual(known);
  });

  it('survives a socket that was closed before anybody looked, and does not take it for a proxy on this machine', () => {
    const peers = new HttpPeers({ trustedProxies: ['10.0.0.0/8'] });
    const socket = new Socket();
    socket.close();
    expect(peers.peerOf(requestBy(socket, FORWARDED))).toMatchObject({ remoteAddress: 'closed', remotePort: 0 });
  });

  it('does not take one of TCP for a proxy on this machine that was reset before it was accepted', () => {
    const peers = new HttpPeers({ trustedProxies: ['10.0.0.0/8'] });
    const server = { address: () => ({ address: '::', family: 'IPv6', port: 80 }) };
    const reset = Object.assign(new Socket(), { remoteAddress: undefined, server });
    expect(peers.addressOf(requestBy(reset, FORWARDED))).toBe('closed');
    expect(peers.isTrustedProxy(reset as unknown as NetSocket)).toBe(false);
  });

  it('believes a proxy', () => {
    const peers = new HttpPeers({ trustedProxies: ['192.0.2.0/24'] });
    expect(peers.addressOf(requestBy(new Socket(), FORWARDED))).toBe('198.51.100.7');
  });

  it("believes whoever comes by a socket of this machine, the application's own or a listener's", async () => {
    const peers = new HttpPeers({ trustedProxies: ['192.0.2.0/24'] });
    const folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-peers-'));
    const seen: string[] = [];
    const server = createServer((asked, answer) => {
      seen.push(peers.addressOf(asked));
      answer.end();
    });
    try {
      const socketPath = join(folder, 'app.sock');
      await once(server.listen(socketPath), 'listening');
      await once(request({ socketPath, headers: FORWARDED, agent: false }).end(), 'close');
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
    const ofListener = Object.assign(new Socket(), { remoteAddress: 'unix' });
    expect([...seen, peers.addressOf(requestBy(ofListener, FORWARDED))]).toEqual(['198.51.100.7', '198.51.100.7']);
  });

  it('looks at the last 32 addresses, whatever a client has put before them', () => {
    const peers = new HttpPeers({ trustedProxies: ['192.0.2.0/24'] });
    const behind = (proxies: number) => ({
      'x-forwarded-for': ['198.51.100.7', ...PROXIES.slice(0, proxies)].join(', '),
    });
    expect(peers.addressOf(requestBy(new Socket(), behind(31)))).toBe('198.51.100.7');
    expect(peers.addressOf(requestBy(new Socket(), behind(32)))).toBe('192.0.2.1');
  });
});
