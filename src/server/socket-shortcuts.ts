import type { Socket } from 'node:net';
import type { SinkShortcut } from '#lib/live';
import { sendToDescriptor } from './descriptor-sending.js';
import { type RawSocket, rawSocket } from './raw-socket.js';

/** The ways past whoever else writes to a socket, for as long as all that is written leaves at once. */
export class SocketShortcuts {
  readonly #ends = new Set<() => void>();

  /** Undefined where there are none: with TLS, and where it is a sign of life to the socket that something is written. */
  static of(socket: Socket): SocketShortcuts | undefined {
    if (socket.timeout !== undefined && socket.timeout > 0) return undefined;
    const raw = rawSocket(socket);
    return raw && new SocketShortcuts(raw);
  }

  constructor(private readonly raw: RawSocket) {
    raw.onClose = () => this.end();
  }

  /**
   * Opens one; undefined when the socket is closed.
   *
   * @param onEnd it must not be used any more
   * @param finish sends in the ordinary way what was left
   * @param write {@link sendToDescriptor}, or what puts something around the bytes
   */
  open(onEnd: () => void, finish: SinkShortcut['finish'], write = sendToDescriptor): SinkShortcut | undefined {
    const handle = this.raw.fd;
    if (handle < 0) return undefined;
    this.#ends.add(onEnd);
    return { handle, write, finish, close: () => this.#ends.delete(onEnd) };
  }

  /** Something waits to be written, or nothing may be written any more. */
  end(): void {
    for (const end of this.#ends) end();
    this.#ends.clear();
  }
}
