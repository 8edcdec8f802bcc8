import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { RtmpListenerOptions } from '../options/rtmp-options.js';

/** Where a listener listens. */
export interface RtmpListenerAddress {
  readonly kind: 'rtmp';
  /** Set unless it is a Unix socket. */
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  /** E.g. `rtmp://127.0.0.1:1935`. */
  readonly url: string;
}

/** What a socket may buffer before it says that it is full, in bytes: more than one batch, or each would be full. */
const SOCKET_BUFFER = 256 * 1024;

/** One open port. */
export class RtmpListener {
  readonly server: Server;
  readonly #options: RtmpListenerOptions;

  constructor(options: RtmpListenerOptions, onSocket: (socket: Socket) => void) {
    this.#options = options;
    // Replies are small and awaited by the peer: no Nagle.
    this.server = createServer({ noDelay: true, highWaterMark: SOCKET_BUFFER }, onSocket);
  }

  /** Rejects when the port cannot be had, naming it. */
  open(): Promise<void> {
    const { host, port, path } = this.#options;
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(path === undefined ? { host, port } : { path }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  get address(): RtmpListenerAddress | undefined {
    const address = this.server.address();
    if (address === null) return undefined;
    if (typeof address === 'string') return { kind: 'rtmp', path: address, url: `unix:${address}` };
    const { address: host, port, family } = address as AddressInfo;
    return { kind: 'rtmp', host, port, url: `rtmp://${family === 'IPv6' ? `[${host}]` : host}:${port}` };
  }

  /** Accepts no more; connections stay. May be called when it is not open. */
  close(): void {
    this.server.close();
  }
}
