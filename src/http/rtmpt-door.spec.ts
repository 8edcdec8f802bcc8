import type { Socket } from 'node:net';
import type { ConnectionReceiver } from '../server/connection-transport.js';
import type { SocketTransport } from '../server/socket-transport.js';
import type { HttpPeers } from './http-peers.js';
import { MAX_UNREAD_OF_ALL, RtmptDoor } from './rtmpt-door.js';

/** A connection of which a peer has not read so much. */
class Wire {
  isDestroyed = false;
  #receiver: ConnectionReceiver | undefined;

  constructor(readonly writableLength: number) {}

  start(receiver: ConnectionReceiver): void {
    this.#receiver = receiver;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.#receiver!.onClose();
  }
}

function doorOf(wires: readonly Wire[]): RtmptDoor {
  const coming = [...wires];
  const peer = { remoteAddress: '192.0.2.1', remotePort: 1, isSecure: false, tls: undefined };
  const door = new RtmptDoor({
    router: undefined as never,
    owner: { onProgress: () => {}, now: () => 0 },
    peers: { peerOf: () => peer } as unknown as HttpPeers,
    transportOf: () => coming.shift() as unknown as SocketTransport,
    onConnection: () => {},
  });
  for (const _ of wires)
    door.take({ socket: {} as Socket, server: undefined as never, leave: () => {}, serve: () => {} });
  return door;
}

it('closes the connections with the most unread answers when all together have too many', () => {
  const tenth = MAX_UNREAD_OF_ALL / 10;
  const wires = [tenth, 4 * tenth, 0, 3 * tenth, 2 * tenth].map((unread) => new Wire(unread));
  const door = doorOf(wires);
  door.sweep(0);
  expect([door.size, wires.some(({ isDestroyed }) => isDestroyed)]).toEqual([5, false]);

  const more = [1, 4 * tenth, 0, 3 * tenth, 3 * tenth].map((unread) => new Wire(unread));
  const fuller = doorOf(more);
  fuller.sweep(0);
  expect([fuller.size, more.map(({ isDestroyed }) => isDestroyed)]).toEqual([4, [false, true, false, false, false]]);
});
