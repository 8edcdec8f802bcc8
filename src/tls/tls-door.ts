import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from 'node:tls';
import { DEFAULT_RELOAD_INTERVAL, type RtmpTlsOptions } from '../options/tls-options.js';
import { readMaterials, watchMaterials } from './tls-files.js';
import { type RtmpTlsInfo, tlsInfo } from './tls-info.js';

/** What became of a handshake. */
export interface TlsOutcome {
  onSecured(socket: TLSSocket, info: RtmpTlsInfo): void;
  /** Not called when the peer closed before it was done. */
  onFailed(error: Error): void;
}

/** Who wants to know about new certificates. */
export interface TlsDoorObserver {
  onReloaded(): void;
  /** The certificates before stay in use. */
  onReloadFailed(error: Error): void;
}

/**
 * Server side of TLS for sockets that somebody else accepted. New certificates
 * are for new connections; those that are open go on with what they have.
 */
export class TlsDoor {
  readonly #options: RtmpTlsOptions;
  readonly #observer: TlsDoorObserver;
  readonly #server: Server;
  readonly #outcomes = new WeakMap<Socket, TlsOutcome>();
  #byName: ReadonlyMap<string, SecureContext> = new Map();
  #stopWatching = (): void => {};
  #loading: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @param protocols what ALPN chooses from (RFC 7301); none answers none */
  constructor(
    options: RtmpTlsOptions,
    handshakeTimeout: number,
    observer: TlsDoorObserver,
    protocols: readonly string[] = [],
  ) {
    this.#options = options;
    this.#observer = observer;
    const { clientCertificates = 'none' } = options;
    this.#server = createServer({
      ...this.#versions,
      handshakeTimeout,
      ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
      requestCert: clientCertificates !== 'none',
      rejectUnauthorized: clientCertificates === 'require',
      SNICallback: (name, done) => done(null, this.#contextFor(name.toLowerCase())),
    });
    this.#server.on('secureConnection', (socket) => {
      const outcome = this.#take(socket);
      if (outcome === undefined) socket.destroy();
      else outcome.onSecured(socket, tlsInfo(socket));
    });
    this.#server.on('tlsClientError', (error, socket) => {
      socket.destroy();
      const reason = reasonOf(error, socket);
      const outcome = this.#take(socket);
      if (reason !== undefined) outcome?.onFailed(new Error(`TLS: ${reason}`));
    });
  }

  /** Reads the certificates. @throws what is wrong with them */
  async open(): Promise<void> {
    const { reloadInterval = DEFAULT_RELOAD_INTERVAL } = this.#options;
    this.#stopWatching = await watchMaterials(this.#options, reloadInterval, () => void this.reload());
    if (this.#isClosed) this.#stopWatching();
    const loaded = this.#load();
    this.#loading = loaded.catch(() => {});
    await loaded;
  }

  /** Reads the certificates again; false when they are of no use and those before stay. */
  reload(): Promise<boolean> {
    const reloaded = this.#loading.then(() => this.#load());
    this.#loading = reloaded.catch(() => {});
    return reloaded.then(
      () => {
        this.#observer.onReloaded();
        return true;
      },
      (error: Error) => {
        this.#observer.onReloadFailed(error);
        return false;
      },
    );
  }

  /** Shakes hands on a socket; bytes that were unshifted into it are part of that. */
  secure(socket: Socket, outcome: TlsOutcome): void {
    this.#outcomes.set(socket, outcome);
    this.#server.emit('connection', socket);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopWatching();
  }

  get #versions() {
    const { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' } = this.#options;
    return { minVersion, maxVersion, secureOptions: constants.SSL_OP_NO_RENEGOTIATION };
  }

  /** All or nothing: what cannot be used is found out before anything is replaced. */
  async #load(): Promise<void> {
    const { standard, byName } = await readMaterials(this.#options);
    const contexts = new Map(
      [...byName].map(([name, material]) => [name, createSecureContext({ ...material, ...this.#versions })]),
    );
    createSecureContext({ ...standard, ...this.#versions });
    this.#server.setSecureContext({ ...standard, ...this.#versions });
    this.#byName = contexts;
  }

  /** RFC 6066 §3; a wildcard stands for one label (RFC 9525 §6.3). Undefined is the standard certificate. */
  #contextFor(name: string): SecureContext | undefined {
    return this.#byName.get(name) ?? this.#byName.get(name.replace(/^[^.]+/u, '*'));
  }

  #take(socket: TLSSocket): TlsOutcome | undefined {
    // Node tells which socket is below a TLS socket nowhere else (`lib/_tls_wrap.js` of Node 20 to 24).
    // oxlint-disable-next-line no-underscore-dangle -- Node's name
    const { _parent: below } = socket as unknown as { _parent?: Socket };
    const outcome = below && this.#outcomes.get(below);
    if (below) this.#outcomes.delete(below);
    return outcome;
  }
}

/** In few words: OpenSSL's messages are lines with places in its source. Undefined when the peer just went, as health checks do. */
function reasonOf(error: Error & { reason?: string; code?: string }, socket: TLSSocket): string | undefined {
  const refused = socket.authorizationError as unknown;
  if (typeof refused === 'string') return `the client certificate was refused: ${refused}`;
  if (error.code === 'ECONNRESET') return undefined;
  return error.reason ?? error.message.trim();
}
