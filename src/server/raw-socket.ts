import { writeSync, writevSync } from 'node:fs';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ReadInterception, type ReadingHandle } from './read-interception.js';

/**
 * What Node's sockets have behind them (`lib/net.js`, `stream_base_commons.js`
 * of Node 20 to 24). It is not documented, so everything here is looked for
 * before it is used, and a socket without it is read in the ordinary way.
 */
interface StreamHandle extends ReadingHandle {
  /** The descriptor; -1 where there is none, as on Windows. */
  readonly fd: number;
  reading: boolean;
  /** Bytes the kernel has not taken. */
  readonly writeQueueSize?: number;
  readStart(): number;
  readStop(): number;
}

/** A socket whose bytes can be read from its descriptor while the event loop leaves it alone. */
export interface RawSocket {
  /** The descriptor, or -1 once the socket is closed. */
  readonly fd: number;
  /** Called when the descriptor is about to be closed, and may be another socket's then. */
  onClose: (() => void) | undefined;
  /** Takes the socket out of the event loop; returns bytes that were read already. */
  detach(): Uint8Array | undefined;
  /** Gives it back to the event loop. */
  attach(): void;
  /**
   * Takes what the event loop reads past the stream, which costs a third of all that a small read costs, and so does new
   * memory for it. What the stream holds already, an end and errors come from the stream as before.
   *
   * @param receive gets bytes that are used again when it returns
   * @returns what undoes it
   */
  intercept(receive: (bytes: Buffer) => void): () => void;
  /** Reads no more, intercepted or not; what the stream holds stays there. */
  suspend(): void;
  /**
   * Writes at once what the kernel takes; how many bytes that were, or -1 when
   * the peer is gone. Then there still may be bytes to read.
   */
  write(bytes: Uint8Array): number;
}

/** Undefined for TLS, whose descriptor carries ciphertext, and wherever Node does not show a descriptor. */
export function rawSocket(socket: Socket): RawSocket | undefined {
  if (socket instanceof TLSSocket) return undefined;
  const handle = handleOf(socket);
  if (typeof handle?.fd !== 'number' || handle.fd < 0) return undefined;
  if (typeof handle.readStart !== 'function' || typeof handle.readStop !== 'function') return undefined;
  return new NodeSocket(socket, handle.fd);
}

class NodeSocket implements RawSocket {
  /**
   * Asking the handle for it at every write is dear, and a closed one may be another socket's by then: so it is kept here
   * until the socket closes its handle, which it does nowhere else than in this method.
   */
  fd: number;
  onClose: (() => void) | undefined;
  readonly #socket: Socket;

  constructor(socket: Socket, fd: number) {
    this.#socket = socket;
    this.fd = fd;
    // oxlint-disable-next-line no-underscore-dangle -- Node's name
    const destroy = socket._destroy.bind(socket);
    // oxlint-disable-next-line no-underscore-dangle -- Node's name
    socket._destroy = (error, callback) => {
      this.fd = -1;
      this.onClose?.();
      destroy(error, callback);
    };
  }

  detach(): Uint8Array | undefined {
    const socket = this.#socket;
    if (handleOf(socket) === null) return undefined;
    this.suspend();
    if (socket.readableLength === 0) return undefined;
    // What is read is emitted as well, and whoever detaches it listens.
    const listeners = socket.rawListeners('data') as Array<(bytes: Uint8Array) => void>;
    socket.removeAllListeners('data');
    const bytes = socket.read() as Uint8Array | null;
    for (const listener of listeners) socket.on('data', listener);
    return bytes ?? undefined;
  }

  suspend(): void {
    this.#socket.pause();
    const handle = handleOf(this.#socket) as StreamHandle | null;
    if (handle === null) return;
    handle.reading = false;
    handle.readStop();
  }

  intercept(receive: (bytes: Buffer) => void): () => void {
    const handle = handleOf(this.#socket);
    const interception = handle === null ? undefined : ReadInterception.of(this.#socket, handle);
    return interception?.take(receive) ?? (() => {});
  }

  attach(): void {
    const handle = handleOf(this.#socket) as StreamHandle | null;
    if (handle === null) return;
    // The stream may still wait for its last read and not ask again, so it is started here.
    handle.reading = true;
    handle.readStart();
    this.#socket.resume();
  }

  write(bytes: Uint8Array): number {
    return this.fd < 0 ? -1 : writeToDescriptor(this.fd, bytes);
  }
}

/** Writes at once what the kernel takes of it; how many bytes that were, or -1 when the peer is gone. */
export function writeToDescriptor(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return writtenOf(error);
  }
}

/** The same, of pieces one behind the other. */
export function writeAllToDescriptor(fd: number, pieces: readonly Uint8Array[]): number {
  try {
    return writevSync(fd, pieces);
  } catch (error) {
    return writtenOf(error);
  }
}

/** Bytes written that ended with an error. */
function writtenOf(error: unknown): number {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : -1;
}

/** Bytes written to a socket that the kernel has not taken; by whole writes where Node does not say it. */
export function unsentBytes(socket: Socket): number {
  return handleOf(socket)?.writeQueueSize ?? socket.writableLength;
}

function handleOf(socket: Socket): Partial<StreamHandle> | null {
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  return (socket as unknown as { _handle: Partial<StreamHandle> | null })._handle;
}
