import type { ConnectCommand } from '#lib/rtmp';
import { RtmpSession, type SessionConnection, type SessionPeer } from './rtmp-session.js';

it('shows no more than 256 characters of what an encoder calls itself, and keeps all of it for handlers', () => {
  const peer: SessionPeer = { kind: 'rtmp', isSecure: false, remoteAddress: '192.0.2.1', remotePort: 1 };
  const session = new RtmpSession('id', peer, {} as SessionConnection);
  expect(session.flashVer).toBe('');
  const flashVer = `FMLE/3.0 ${'A'.repeat(62_000)}`;
  session.begin({ flashVer } as ConnectCommand, 'live', {});
  expect([session.flashVer, session.connect!.flashVer]).toEqual([flashVer.slice(0, 256), flashVer]);
});
