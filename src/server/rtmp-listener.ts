import { chmod } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { DEFAULT_LISTENER, type RtmpListenerKind, type RtmpListenerOptions } from '../options/listener-options.js';
import { TlsDoor, type TlsDoorObserver } from '../tls/tls-door.js';
import { plainAddress } from './proxy-protocol.js';
import { readProxyHeader } from './read-proxy-header.js';
import type { SocketPeer } from './socket-transport.js';
import { removeStaleSocket, UNIX_ADDRESS } from './unix-socket.js';
import type { WaitingRoom } from './waiting-room.js';

/** Where a listener listens. */
export interface RtmpListenerAddress {
  readonly kind: RtmpListenerKind;
  /** Set unless it is a Unix socket. */
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  /** E.g. `rtmp://127.0.0.1:1935`. */
  readonly url: string;
  /** Whether connections have to begin with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
}

/** What a listener needs of its server. */
export interface ListenerServices extends TlsDoorObserver {
  /** For a proxy's header, and for the handshake of TLS, in milliseconds. */
  readonly handshakeTimeout: number;
  readonly waitingRoom: WaitingRoom;
  /** What HTTP over TLS is offered as, the best first. */
  readonly httpProtocols: readonly string[];
  /** A socket on which RTMP or HTTP begins. */
  onSocket(socket: Socket, peer: SocketPeer, kind: RtmpListenerKind): void;
  onRefused(remoteAddress: string, reason: string): void;
}

/** What a socket may buffer before it says that it is full, in bytes: more than one batch, or each would be full. */
const SOCKET_BUFFER = 256 * 1024;

/**
 * One open port. What comes in is first relieved of what is around RTMP or HTTP:
 *
 * ```
 * accepted --PROXY header, if so configured--> --TLS handshake, for rtmps and https--> RTMP, HTTP
 * ```
 */
export class RtmpListener {
  readonly server: Server;
  readonly #options: RtmpListenerOptions;
  readonly #services: ListenerServices;
  readonly #door: TlsDoor | undefined;

  constructor(options: RtmpListenerOptions, services: ListenerServices) {
    this.#options = options;
    this.#services = services;
    const { tls } = options;
    const protocols = this.#kind === 'https' ? services.httpProtocols : [];
    this.#door = tls === undefined ? undefined : new TlsDoor(tls, services.handshakeTimeout, services, protocols);
    // Replies are small and awaited by the peer: no Nagle.
    this.server = createServer({ noDelay: true, highWaterMark: SOCKET_BUFFER }, (socket) => this.#accept(socket));
  }

  /** Rejects when the port cannot be had or the certificate cannot be used, naming it. */
  async open(): Promise<void> {
    const { host, port, path, ipv6Only = false, mode } = this.#options;
    await this.#door?.open().catch((error: Error) => {
      const { tls } = this.#options;
      const fix = `mend it: ${error.message}`;
      throw new RtmpConfigurationError('listeners.tls', tls?.pfx === undefined ? tls?.cert : tls.pfx, fix);
    });
    if (path !== undefined) await removeStaleSocket(path);
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(path === undefined ? { host, port, ipv6Only } : { path }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    if (path !== undefined && mode !== undefined) await chmod(path, mode);
  }

  get address(): RtmpListenerAddress | undefined {
    const address = this.server.address();
    if (address === null) return undefined;
    const kind = this.#kind;
    const { proxyProtocol = false } = this.#options;
    if (typeof address === 'string') {
      return { kind, path: address, url: `${kind === 'rtmp' ? '' : `${kind}+`}unix:${address}`, proxyProtocol };
    }
    const { address: host, port, family } = address as AddressInfo;
    return { kind, host, port, url: `${kind}://${family === 'IPv6' ? `[${host}]` : host}:${port}`, proxyProtocol };
  }

  get #kind(): RtmpListenerKind {
    return this.#options.kind ?? DEFAULT_LISTENER.kind;
  }

  /** Reads certificates again; false when they are of no use and those before stay. */
  async reloadCertificates(): Promise<boolean> {
    return this.#door === undefined ? true : this.#door.reload();
  }

  /** Accepts no more; connections stay. May be called when it is not open. */
  close(): void {
    this.server.close();
    this.#door?.close();
  }

  #accept(socket: Socket): void {
    // A socket may die in the queue of the listener, and whenever it likes after that.
    socket.on('error', () => {});
    const { waitingRoom, handshakeTimeout } = this.#services;
    const { proxyProtocol = false } = this.#options;
    const remoteAddress = this.#addressOf(socket);
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const peer = { remoteAddress, remotePort: socket.remotePort ?? 0 };
    if (!proxyProtocol) {
      this.#enter(socket, peer);
      return;
    }
    const reached = waitingRoom.enter(socket, undefined);
    if (reached !== undefined) {
      this.#refuse(socket, peer, reached);
      return;
    }
    readProxyHeader(socket, handshakeTimeout, {
      onHeader: ({ source }) => {
        waitingRoom.leave(socket);
        this.#enter(socket, source === undefined ? peer : { remoteAddress: source.address, remotePort: source.port });
      },
      onFailed: ({ message }) => this.#refuse(socket, peer, message),
    });
  }

  /** It is known who it is. */
  #enter(socket: Socket, peer: SocketPeer): void {
    const { waitingRoom } = this.#services;
    if (this.#door === undefined) {
      this.#services.onSocket(socket, peer, this.#kind);
      return;
    }
    const reached = waitingRoom.enter(socket, peer.remoteAddress);
    if (reached !== undefined) {
      this.#refuse(socket, peer, reached);
      return;
    }
    this.#door.secure(socket, {
      onSecured: (secured, tls) => {
        secured.on('error', () => {});
        waitingRoom.leave(socket);
        this.#services.onSocket(secured, { ...peer, tls }, this.#kind);
      },
      onFailed: ({ message }) => this.#refuse(socket, peer, message),
    });
  }

  /** Undefined for one of TCP that was reset before it was accepted, which must not pass for one of this machine. */
  #addressOf({ remoteAddress }: Socket): string | undefined {
    if (this.#options.path !== undefined) return UNIX_ADDRESS;
    return remoteAddress === undefined ? undefined : plainAddress(remoteAddress);
  }

  #refuse(socket: Socket, { remoteAddress }: SocketPeer, reason: string): void {
    socket.destroy();
    this.#services.onRefused(remoteAddress, reason);
  }
}
