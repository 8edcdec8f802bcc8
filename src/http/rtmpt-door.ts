import { Server } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TunnelRouter } from '#lib/rtmpt';
import type { SocketPeer, SocketTransport } from '../server/socket-transport.js';
import type { HttpPeers } from './http-peers.js';
import { RtmptConnection } from './rtmpt-connection.js';
import type { RtmptReply } from './rtmpt-reply.js';
import type { RtmptRequestOwner } from './rtmpt-request.js';

/** How the first request of every RTMPT client begins. */
const FIRST_WORDS = ['POST /open/', 'POST /fcs/', 'POST /send/', 'POST /idle/', 'POST /close/'];
/** A connection must begin to say something after so long, in milliseconds. */
const SILENCE = 60_000;
/** What was written when the server closes may take so long, in milliseconds. */
const LINGER = 100;

/** What the door needs of the server behind it. */
export interface RtmptDoorServices {
  readonly router: TunnelRouter<RtmptReply>;
  readonly owner: RtmptRequestOwner;
  readonly peers: HttpPeers;
  transportOf(socket: Socket, peer: SocketPeer): SocketTransport;
  /** There is one more connection to look after. */
  onConnection(): void;
}

type ConnectionListener = (this: unknown, socket: Socket) => void;

/** Stands before an HTTP server and takes connections that begin as those of RTMPT clients do; all others are the server's. */
export class RtmptDoor {
  readonly #services: RtmptDoorServices;
  readonly #silent = new Set<Socket>();
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
    if (!(server instanceof Server || server instanceof HttpsServer)) return;
    const event = server instanceof Server ? 'connection' : 'secureConnection';
    // The one that speaks HTTP. Those of others want to know of every connection.
    const [inner] = (server as Server).listeners(event) as ConnectionListener[];
    if (inner === undefined) return;
    (server as Server).off(event, inner);
    (server as Server).prependListener(event, (socket: Socket) => this.#look(socket, () => inner.call(server, socket)));
  }

  /** Time passed. */
  sweep(now: number): void {
    for (const connection of this.#connections) connection.sweep(now);
  }

  /** No tunnels are left: closes what carried them, so that the server need not wait for it. */
  async close(): Promise<void> {
    for (const socket of this.#silent) socket.destroy();
    if (this.#connections.size === 0) return;
    for (const connection of this.#connections) connection.end();
    await new Promise((resolve) => setTimeout(resolve, LINGER));
    for (const connection of this.#connections) connection.destroy();
  }

  /** Looks at the first bytes, and puts them back. */
  #look(socket: Socket, pass: () => void): void {
    if (this.#services.peers.isTrustedProxy(socket)) {
      pass(); // whom it speaks for is in the headers
      return;
    }
    this.#silent.add(socket);
    const done = (): void => {
      clearTimeout(timer);
      this.#silent.delete(socket);
      socket.off('data', onData).off('end', onEnd).off('close', done);
    };
    const onData = (bytes: Buffer): void => {
      done();
      socket.pause();
      socket.unshift(bytes);
      const isTunnel = FIRST_WORDS.some((words) => bytes.subarray(0, words.length).equals(Buffer.from(words)));
      if (isTunnel) this.#take(socket, pass);
      else this.#pass(socket, pass);
    };
    const onEnd = (): void => {
      socket.destroy();
    };
    const timer = setTimeout(() => socket.destroy(), SILENCE).unref();
    // There is none of the server's yet, and the socket may be reset at any time.
    socket.on('error', () => {});
    socket.on('data', onData).on('end', onEnd).on('close', done);
  }

  #take(socket: Socket, pass: () => void): void {
    const { allowHalfOpen } = socket;
    socket.allowHalfOpen = false; // whoever has sent everything has nothing to read either
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
        socket.allowHalfOpen = allowHalfOpen;
        this.#pass(socket, pass);
      },
    });
    this.#connections.add(connection);
    connection.start();
    this.#services.onConnection();
  }

  #pass(socket: Socket, pass: () => void): void {
    pass();
    socket.resume();
  }
}
