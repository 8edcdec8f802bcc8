import type { Socket } from 'node:net';
import type { SocketPeer } from './socket-transport.js';

/** Takes the sockets of listeners for HTTP: `RtmpHttpModule` does. */
export interface HttpReceiver {
  /** What ALPN chooses from, the best first. */
  readonly protocols: readonly string[];
  /** Sockets it has at the moment. */
  readonly size: number;
  /** Looks whether there is something to serve. @throws {Error} whose message is the fix */
  check(): void;
  /** A socket on which HTTP begins; paused, perhaps, with bytes in it. */
  receive(socket: Socket, peer: SocketPeer): void;
}
