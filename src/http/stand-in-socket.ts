import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** What applications ask the socket of a request for. */
const PLAIN_NAMES = [
  'remoteAddress',
  'remotePort',
  'remoteFamily',
  'localAddress',
  'localPort',
  'localFamily',
  'bytesRead',
  'bytesWritten',
  'timeout',
  'address',
  'setNoDelay',
  'setKeepAlive',
  'ref',
  'unref',
] as const;
/** The same, of a socket with TLS. */
const SECURE_NAMES = [
  'encrypted',
  'authorized',
  'authorizationError',
  'alpnProtocol',
  'servername',
  'getCertificate',
  'getCipher',
  'getEphemeralKeyInfo',
  'getFinished',
  'getPeerCertificate',
  'getPeerFinished',
  'getPeerX509Certificate',
  'getProtocol',
  'getSession',
  'getSharedSigalgs',
  'getTLSTicket',
  'getX509Certificate',
  'isSessionReused',
  'exportKeyingMaterial',
] as const;

/**
 * Stands for a socket before an HTTP server while that answers one request that somebody else has read from it: a
 * server of Node speaks HTTP over any Duplex. What is written to it goes to the socket, and when one of both is closed
 * so is the other; once the request is answered it lets go of the socket, which others may go on with.
 */
export class StandInSocket extends Duplex {
  readonly #socket: Socket;
  #request: Uint8Array | undefined;
  #isReleased = false;
  readonly #onTimeout = (): boolean => this.emit('timeout');

  /** @param request all that can be read from it */
  constructor(socket: Socket, request: Uint8Array) {
    super({ decodeStrings: false, writableHighWaterMark: socket.writableHighWaterMark });
    this.#socket = socket;
    this.#request = request;
    const isSecure = socket instanceof TLSSocket;
    for (const name of isSecure ? [...PLAIN_NAMES, ...SECURE_NAMES] : PLAIN_NAMES) this.#pass(name);
    socket.on('timeout', this.#onTimeout);
  }

  setTimeout(milliseconds: number, callback?: () => void): this {
    if (!this.#isReleased) this.#socket.setTimeout(milliseconds);
    if (callback !== undefined && milliseconds > 0) this.once('timeout', callback);
    else if (callback !== undefined) this.off('timeout', callback);
    return this;
  }

  /** The socket is somebody else's again. */
  release(): void {
    this.#letGo();
    this.destroy();
  }

  override _read(): void {
    const request = this.#request;
    this.#request = undefined;
    if (request !== undefined) this.push(request);
  }

  override _write(
    chunk: Uint8Array | string,
    encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#socket.write(chunk, encoding, callback);
  }

  override _writev(
    chunks: ReadonlyArray<{ chunk: Uint8Array | string; encoding: BufferEncoding }>,
    callback: (error?: Error | null) => void,
  ): void {
    const last = chunks.length - 1;
    this.#socket.cork();
    chunks.forEach(({ chunk, encoding }, index) => {
      if (index < last) this.#socket.write(chunk, encoding);
      else this.#socket.write(chunk, encoding, callback);
    });
    this.#socket.uncork();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#isReleased) {
      this.#letGo();
      this.#socket.destroySoon(); // a refusal may be on its way
    }
    callback(error);
  }

  #letGo(): void {
    this.#isReleased = true;
    this.#socket.off('timeout', this.#onTimeout).setTimeout(0);
  }

  #pass(name: string): void {
    const socket = this.#socket as unknown as Record<string, unknown>;
    Object.defineProperty(this, name, {
      configurable: true,
      get: () => {
        const value = socket[name];
        return typeof value === 'function' ? (value.bind(socket) as unknown) : value;
      },
    });
  }
}
