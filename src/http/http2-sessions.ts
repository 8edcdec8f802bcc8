import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** What is asked of a session. */
type Session = Pick<ServerHttp2Session, 'once' | 'destroy'>;
/** What is asked of its socket. */
type Carrier = Pick<Socket, 'bytesRead' | 'bytesWritten' | 'destroy'>;

interface Progress {
  readonly socket: Carrier;
  bytes: number;
  since: number;
}

/**
 * The sessions of HTTP/2 there are, and since when nothing has moved on each. Node's own time limit does not end one that
 * is being closed and waits for its streams: its client may be gone, and Node does not read that any more.
 */
export class Http2Sessions {
  readonly #progress = new Map<Session, Progress>();

  /** @param timeout without a byte in either direction, in milliseconds */
  constructor(private readonly timeout: number) {}

  get size(): number {
    return this.#progress.size;
  }

  add(session: Session, socket: Carrier, now: number): void {
    this.#progress.set(session, { socket, bytes: bytesOf(socket), since: now });
    session.once('close', () => this.#progress.delete(session));
  }

  /** Time passed: ends those on which nothing has moved for too long. */
  sweep(now: number): void {
    for (const [session, progress] of this.#progress) {
      const bytes = bytesOf(progress.socket);
      if (bytes !== progress.bytes) Object.assign(progress, { bytes, since: now });
      else if (now - progress.since >= this.timeout) this.#end(session, progress.socket);
    }
  }

  /** Ends all. */
  destroy(): void {
    for (const [session, { socket }] of this.#progress) this.#end(session, socket);
  }

  #end(session: Session, socket: Carrier): void {
    this.#progress.delete(session);
    session.destroy();
    socket.destroy();
  }
}

function bytesOf({ bytesRead, bytesWritten }: Carrier): number {
  return bytesRead + bytesWritten;
}
