import { jest } from '@jest/globals';
import { parseRtmpUrl } from '../client/rtmp-url.js';
import type { RtmpServer } from '../server/rtmp-server.js';
import { HopMarker } from './hop-marker.js';
import type { RtmpRelayOptions } from './relay-options.js';

// A resolver that does not answer: Node waits for it for as long as the system does, which is half a minute and more.
jest.unstable_mockModule('node:dns/promises', () => ({ lookup: () => new Promise(() => {}) }));
const { RelayPeers } = await import('./relay-peers.js');

const server = { addresses: [{ kind: 'rtmp', host: '127.0.0.1', port: 1935 }] } as unknown as RtmpServer;
const receiver = { onMessage: () => {} };

const peers = (connectTimeout: number) =>
  new RelayPeers(server, new HopMarker(8), { connectTimeout, redirectHosts: [] } as unknown as RtmpRelayOptions, 1000);

describe('a name that is not looked up', () => {
  const url = parseRtmpUrl('rtmp://slow.test:1935/live/stream-key');
  const flv = {
    kind: 'flv',
    url: new URL('http://slow.test:1935/live/cam.flv'),
    masked: 'http://slow.test/…',
  } as const;

  it.each([
    ['RTMP', () => peers(50).connect(url, {}, [], new AbortController().signal)],
    ['HTTP', () => peers(50).open(flv, {}, [], receiver, new AbortController().signal)],
  ])('is given up in time: %s', async (_name, reach) => {
    await expect(reach()).rejects.toMatchObject({
      code: 'RTMP_CLIENT_ERR_TIMEOUT',
      message: expect.stringMatching(/…: slow\.test was not looked up within 50 ms$/u) as string,
    });
  });

  it('does not hold up the end of the relay', async () => {
    const stopping = new AbortController();
    const reason = new Error('stopped');
    const connecting = peers(600_000).connect(url, {}, [], stopping.signal);
    stopping.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });
});
