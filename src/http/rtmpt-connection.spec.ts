import type { TunnelExchange, TunnelResponse, TunnelRouter, TunnelSession } from '#lib/rtmpt';
import type { ConnectionTransport } from '../server/connection-transport.js';
import {
  MAX_UNREAD_ANSWERS,
  MAX_UNREAD_ANSWERS_OF_OTHERS,
  MAX_WAITING_REQUESTS,
  RtmptConnection,
  type RtmptConnectionServices,
} from './rtmpt-connection.js';
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
  isDestroyed = false;
  onDestroy = (): void => {};

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
  destroy(): void {
    this.isDestroyed = true;
    this.onDestroy();
  }
}

/** A connection on a clock of its own. @param isAnswered whether a request is answered at once; others wait */
function connected(isAnswered: (index: number) => boolean, tunnel?: TunnelSession<RtmptReply>) {
  const wire = new Wire();
  const begun: RtmptReply[] = [];
  const aborted: string[] = [];
  const clock = { now: 0 };
  const services = {
    router: {
      begin: ({ target }: { target: string }, reply: RtmptReply) => {
        const response = isAnswered(begun.push(reply) - 1) ? GONE : undefined;
        const abort = (): void => void aborted.push(target);
        return { tunnel, handsOn: true, response, receive: () => true, end: () => {}, abort };
      },
    } as unknown as TunnelRouter<RtmptReply>,
    now: () => clock.now,
    onProgress: (request) => {
      const { response } = request.exchange as TunnelExchange<RtmptReply>;
      if (response !== undefined) request.answer(response);
    },
    onClosed: () => {},
    onForeign: () => {},
  } satisfies RtmptConnectionServices;
  const connection = new RtmptConnection(PEER, wire as unknown as ConnectionTransport, services);
  wire.onDestroy = () => connection.onClose();
  return { connection, wire, begun, aborted, clock };
}

it('is closed after a minute in which nothing came, and what waits is broken off', () => {
  const { connection, wire, aborted, clock } = connected(() => false);
  clock.now = 1000;
  connection.onBytes(Buffer.from(REQUEST));
  connection.sweep(61_000);
  expect([wire.isDestroyed, aborted]).toEqual([false, []]);
  connection.sweep(61_001);
  expect([wire.isDestroyed, aborted]).toEqual([true, ['/idle/abc/1']]);
});

it('is closed when a request takes more than a minute to come, a byte now and then', () => {
  const { connection, wire, begun, clock } = connected(() => false);
  for (const [index, byte] of [...Buffer.from(REQUEST)].entries()) {
    clock.now = index * 1000;
    connection.onBytes(Buffer.of(byte));
    if (wire.isDestroyed) break;
  }
  expect([wire.isDestroyed, clock.now, begun.length]).toEqual([true, 61_000, 0]);
});

it('has a second to close after an answer that ends it', () => {
  const { connection, wire, begun } = connected(() => false);
  connection.onBytes(Buffer.from(REQUEST));
  begun[0]!.answer({ ...GONE, closesConnection: true });
  expect(wire.answers).toBe(1);
  connection.sweep(1000);
  expect(wire.isDestroyed).toBe(false);
  connection.sweep(1001);
  expect(wire.isDestroyed).toBe(true);
});

it.each([
  ['nobody who publishes, without a tunnel', MAX_UNREAD_ANSWERS_OF_OTHERS, undefined],
  ['nobody who publishes', MAX_UNREAD_ANSWERS_OF_OTHERS, { hasPublisher: false, isClosed: true }],
  ['a publisher', MAX_UNREAD_ANSWERS, { hasPublisher: true, isClosed: true }],
])('is closed when more answers wait than may, of %s', (_whom, limit, tunnel) => {
  const { connection, wire } = connected(() => true, tunnel as TunnelSession<RtmptReply> | undefined);
  wire.writableLength = limit;
  connection.onBytes(Buffer.from(REQUEST));
  expect(wire.isDestroyed).toBe(false);
  wire.writableLength++;
  connection.onBytes(Buffer.from(REQUEST));
  expect(wire.isDestroyed).toBe(true);
});

it('reads no more requests than may wait for the answer to one of them', async () => {
  const { connection, wire, begun } = connected((index) => index > 0);
  const count = 3 * MAX_WAITING_REQUESTS;
  connection.onBytes(Buffer.from(REQUEST.repeat(count)));
  expect([begun.length, wire.isPaused, wire.answers]).toEqual([MAX_WAITING_REQUESTS, true, 0]);
  begun[0]!.answer(GONE);
  await new Promise(setImmediate);
  expect([begun.length, wire.isPaused, wire.answers]).toEqual([count, false, count]);
});
