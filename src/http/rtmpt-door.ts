import type { Socket } from 'node:net';
import type { TunnelRouter } from '#lib/rtmpt';
import type { SocketPeer, SocketTransport } from '../server/socket-transport.js';
import {
  type ConnectionDoor,
  connectionDoorOf,
  type ConnectionTaker,
  type TakenConnection,
} from './connection-door.js';
import type { HttpPeers } from './http-peers.js';
import { RtmptConnection } from './rtmpt-connection.js';
import type { RtmptReply } from './rtmpt-reply.js';
import type { RtmptRequestOwner } from './rtmpt-request.js';

/** How the first request of every RTMPT client begins. */
const FIRST_WORDS = ['POST /open/', 'POST /fcs/', 'POST /send/', 'POST /idle/', 'POST /close/'].map((words) =>
  Buffer.from(words),
);
/** What was written when the server closes may take so long, in milliseconds. */
const LINGER = 100;

/** Bytes of answers that may wait on all connections together. */
export const MAX_UNREAD_OF_ALL = 512 * 1024 * 1024;

/** What the door needs of the server behind it. */
export interface RtmptDoorServices {
  readonly router: TunnelRouter<RtmptReply>;
  readonly owner: RtmptRequestOwner;
  readonly peers: HttpPeers;
  transportOf(socket: Socket, peer: SocketPeer): SocketTransport;
  /** There is one more connection to look after. */
  onConnection(): void;
}

/** Takes connections that begin as those of RTMPT clients do past the HTTP server. */
export class RtmptDoor implements ConnectionTaker {
  readonly #services: RtmptDoorServices;
  readonly #doors = new Set<ConnectionDoor>();
  readonly #connections = new Set<RtmptConnection>();

  constructor(services: RtmptDoorServices) {
    this.#services = services;
  }

  /** Connections at the moment. */
  get size(): number {
    return this.#connections.size;
  }

  /** Takes its place before a server of node:http or node:https; others have what they have. */
  guard(server: unknown): void {
    const door = connectionDoorOf(server);
    if (door === undefined) return;
    this.#doors.add(door);
    door.add(this);
  }

  /** Time passed. */
  sweep(now: number): void {
    let unread = 0;
    for (const connection of this.#connections) {
      connection.sweep(now);
      unread += connection.unreadBytes;
    }
    if (unread > MAX_UNREAD_OF_ALL) this.#closeLargest(unread - MAX_UNREAD_OF_ALL);
  }

  /** No tunnels are left: closes what carried them, so that the server need not wait for it. */
  async close(): Promise<void> {
    for (const door of this.#doors) door.remove(this);
    if (this.#connections.size === 0) return;
    for (const connection of this.#connections) connection.end();
    await new Promise((resolve) => setTimeout(resolve, LINGER));
    for (const connection of this.#connections) connection.destroy();
  }

  wants(first: Buffer, socket: Socket): boolean {
    if (!FIRST_WORDS.some((words) => first.subarray(0, words.length).equals(words))) return false;
    // Whom a proxy speaks for is in the headers.
    return !this.#services.peers.isTrustedProxy(socket);
  }

  take({ socket, leave }: TakenConnection): void {
    const { router, owner, peers } = this.#services;
    const { tls, ...peer } = peers.peerOf({ socket, headers: {} });
    const transport = this.#services.transportOf(socket, { ...peer, ...(tls && { tls }) });
    const connection = new RtmptConnection({ ...peer, tls }, transport, {
      router,
      onProgress: (request) => owner.onProgress(request),
      now: () => owner.now(),
      onClosed: (closed) => this.#connections.delete(closed),
      onForeign: (rest) => {
        transport.release(rest);
        leave();
      },
    });
    this.#connections.add(connection);
    connection.start();
    this.#services.onConnection();
  }

  /** Closes connections with the most unread answers, until so many bytes of them are gone. */
  #closeLargest(bytes: number): void {
    const largest = [...this.#connections].sort((one, other) => other.unreadBytes - one.unreadBytes);
    let left = bytes;
    for (const connection of largest) {
      if (left <= 0) return;
      left -= connection.unreadBytes;
      connection.destroy();
    }
  }
}
