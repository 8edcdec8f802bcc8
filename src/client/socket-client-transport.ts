import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectFailure, tlsConnectionOptions } from './client-tls.js';
import type { ClientReceiver, ClientTransport } from './client-transport.js';
import type { RtmpClientTlsOptions } from './rtmp-client-options.js';
import type { RtmpUrl } from './rtmp-url.js';

/** A TCP or TLS socket to a server. */
export class SocketClientTransport implements ClientTransport {
  readonly #socket: Socket;
  #receiver: ClientReceiver | undefined;
  readonly #onWritten = (error?: Error | null): void => {
    if (error == null) this.#receiver?.onWritten();
  };

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * Connects, with TLS if the address says so.
   *
   * @throws {RtmpClientError} or what the signal says
   */
  static async open(url: RtmpUrl, tls: Readonly<RtmpClientTlsOptions>, signal: AbortSignal): Promise<ClientTransport> {
    signal.throwIfAborted();
    const { host, port, isSecure } = url;
    const socket = isSecure
      ? connectTls({ host, port, ...tlsConnectionOptions(url, tls) }).setNoDelay(true)
      : connectTcp({ host, port, noDelay: true });
    const abort = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once(isSecure ? 'secureConnect' : 'connect', resolve);
        socket.once('error', reject);
        socket.once('close', () => reject(new Error('closed before it was open')));
      });
    } catch (error) {
      signal.throwIfAborted();
      throw connectFailure(url, error as Error);
    } finally {
      signal.removeEventListener('abort', abort);
    }
    return new SocketClientTransport(socket);
  }

  get writableLength(): number {
    return this.#socket.writableLength;
  }

  start(receiver: ClientReceiver): void {
    this.#receiver = receiver;
    let failure: Error | undefined;
    const socket = this.#socket;
    socket.on('error', (error) => (failure = error));
    socket.on('data', (bytes) => receiver.onBytes(bytes));
    socket.once('close', () => receiver.onClose(failure));
    if (socket.destroyed) queueMicrotask(() => receiver.onClose(socket.errored ?? undefined));
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes, this.#onWritten);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
