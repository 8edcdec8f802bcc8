import { Server } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A connection must begin to say something after so long, in milliseconds. */
const SILENCE = 60_000;

/** A connection that somebody takes before the HTTP server has seen it. */
export interface TakenConnection {
  readonly server: Server | HttpsServer;
  /** Paused, with what has come in it. */
  readonly socket: Socket;
  /** The socket, paused, is the server's from now on, as if it had just been opened. */
  readonly leave: () => void;
  /** Lets the server speak over something else as it would over the socket. */
  readonly serve: (standIn: Duplex) => void;
}

/** Takes connections that begin in a way of its own past an HTTP server. */
export interface ConnectionTaker {
  /** @param first the bytes that came first, which need not be a whole request */
  wants(first: Buffer, socket: Socket, server: Server | HttpsServer): boolean;
  take(connection: TakenConnection): void;
}

type ConnectionListener = (this: unknown, socket: Duplex) => void;

const doors = new WeakMap<object, ConnectionDoor>();

/** The door of a server of node:http or node:https, which is put there when it is first asked for; undefined for others. */
export function connectionDoorOf(server: unknown): ConnectionDoor | undefined {
  if (!(server instanceof Server || server instanceof HttpsServer)) return undefined;
  let door = doors.get(server);
  if (door === undefined) doors.set(server, (door = new ConnectionDoor(server)));
  return door;
}

/**
 * Stands before an HTTP server and looks at the first bytes of each connection: those of clients that somebody reads
 * himself are theirs, all others the server's.
 */
export class ConnectionDoor {
  readonly #server: Server | HttpsServer;
  readonly #takers = new Set<ConnectionTaker>();
  readonly #silent = new Set<Socket>();

  constructor(server: Server | HttpsServer) {
    this.#server = server;
    const emitter = server as Server;
    const event = server instanceof Server ? 'connection' : 'secureConnection';
    // The one that speaks HTTP. Those of others want to know of every connection.
    const [inner] = emitter.listeners(event) as ConnectionListener[];
    if (inner === undefined) return;
    emitter.off(event, inner);
    emitter.prependListener(event, (socket: Socket) => this.#look(socket, (one) => inner.call(server, one)));
  }

  /** From now on connections are offered to it too. */
  add(taker: ConnectionTaker): void {
    this.#takers.add(taker);
  }

  /** It takes no more. Who has said nothing is closed, so that the server need not wait for it. */
  remove(taker: ConnectionTaker): void {
    this.#takers.delete(taker);
    if (this.#takers.size > 0) return;
    for (const socket of this.#silent) socket.destroy();
  }

  /** Looks at the first bytes, and puts them back. */
  #look(socket: Socket, pass: (socket: Duplex) => void): void {
    if (this.#takers.size === 0) {
      pass(socket);
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
      for (const taker of this.#takers) {
        if (!taker.wants(bytes, socket, this.#server)) continue;
        this.#hand(socket, taker, pass);
        return;
      }
      pass(socket);
      socket.resume();
    };
    const onEnd = (): void => {
      socket.destroy();
    };
    const timer = setTimeout(() => socket.destroy(), SILENCE).unref();
    // There is none of the server's yet, and the socket may be reset at any time.
    socket.on('error', () => {});
    socket.on('data', onData).on('end', onEnd).on('close', done);
  }

  #hand(socket: Socket, taker: ConnectionTaker, pass: (socket: Duplex) => void): void {
    const { allowHalfOpen } = socket;
    socket.allowHalfOpen = false; // whoever has sent everything has nothing to read either
    taker.take({
      server: this.#server,
      socket,
      leave: () => {
        socket.allowHalfOpen = allowHalfOpen;
        pass(socket);
        socket.resume();
      },
      serve: pass,
    });
  }
}
