import type { TunnelExchange, TunnelResponse, TunnelRouter } from '#lib/rtmpt';
import type { ConnectionTransport } from '../server/connection-transport.js';
import { MAX_WAITING_REQUESTS, RtmptConnection, type RtmptConnectionServices } from './rtmpt-connection.js';
import type { RtmptReply } from './rtmpt-reply.js';
import type { RtmptPeer } from './rtmpt-transport.js';

const REQUEST = 'POST /idle/abc/1 HTTP/1.1\r\nContent-Type: application/x-fcs\r\nContent-Length: 0\r\n\r\n';
const GONE: TunnelResponse = {
  status: 404,
  headers: { 'Content-Length': '0' },
  body: [],
  bodyLength: 0,
  closesConnection: false,
  fault: undefined,
};
const PEER: RtmptPeer = { isSecure: false, tls: undefined, remoteAddress: '192.0.2.1', remotePort: 1 };

/** A socket that a peer writes to, and what becomes of it. */
class Wire {
  isPaused = false;
  answers = 0;
  writableLength = 0;

  start(): void {}
  write(bytes: Uint8Array): boolean {
    this.answers += Buffer.from(bytes).toString('latin1').split('HTTP/1.1 404').length - 1;
    return true;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  end(): void {}
  destroy(): void {}
}

it('reads no more requests than may wait for the answer to one of them', async () => {
  const wire = new Wire();
  const begun: RtmptReply[] = [];
  const services = {
    router: {
      begin: (_head: unknown, reply: RtmptReply) => {
        begun.push(reply);
        const response = begun.length === 1 ? undefined : GONE; // the first one waits
        return { tunnel: undefined, handsOn: true, response, receive: () => true, end: () => {}, abort: () => {} };
      },
    } as unknown as TunnelRouter<RtmptReply>,
    now: () => 0,
    onProgress: (request) => {
      const { response } = request.exchange as TunnelExchange<RtmptReply>;
      if (response !== undefined) request.answer(response);
    },
    onClosed: () => {},
    onForeign: () => {},
  } satisfies RtmptConnectionServices;
  const connection = new RtmptConnection(PEER, wire as unknown as ConnectionTransport, services);
  const count = 3 * MAX_WAITING_REQUESTS;
  connection.onBytes(Buffer.from(REQUEST.repeat(count)));
  expect([begun.length, wire.isPaused, wire.answers]).toEqual([MAX_WAITING_REQUESTS, true, 0]);
  begun[0]!.answer(GONE);
  await new Promise(setImmediate);
  expect([begun.length, wire.isPaused, wire.answers]).toEqual([count, false, count]);
});
