import type { Socket } from 'node:net';
import type { ConnectionLimiter, LimitReached } from './connection-limiter.js';

/**
 * Sockets that are no connections yet, because a proxy's header or a TLS
 * handshake is under way. They count like connections.
 */
export class WaitingRoom {
  readonly #addresses = new Map<Socket, string | undefined>();

  constructor(private readonly limiter: ConnectionLimiter) {}

  /** @param address undefined while only the proxy's is known: its clients have limits of their own */
  enter(socket: Socket, address: string | undefined): LimitReached | undefined {
    const reached = this.limiter.enter(address);
    if (reached !== undefined) return reached;
    this.#addresses.set(socket, address);
    socket.once('close', () => this.leave(socket));
    return undefined;
  }

  /** Its place is free again, for the connection it becomes. */
  leave(socket: Socket): void {
    if (!this.#addresses.has(socket)) return;
    this.limiter.leave(this.#addresses.get(socket));
    this.#addresses.delete(socket);
  }

  /** The server closes; what has not said anything yet has nothing to lose. */
  clear(): void {
    for (const socket of this.#addresses.keys()) socket.destroy();
  }
}
