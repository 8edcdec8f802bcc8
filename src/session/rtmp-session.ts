import type { IncomingHttpHeaders } from 'node:http';
import type { ConnectCommand, ReconnectRequest } from '#lib/rtmp';
import type { TransportKind } from '../server/connection-transport.js';
import type { RtmpPublication } from '../streams/rtmp-publication.js';
import type { RtmpTlsInfo } from '../tls/tls-info.js';

/** Most of what an encoder calls itself that is shown and logged, in characters. */
const MAX_NAME_OF_CLIENT = 256;

/** What a session can ask of its connection. */
export interface SessionConnection {
  readonly bytesReceived: number;
  readonly publications: readonly RtmpPublication[];
  readonly closed: AbortSignal;
  disconnect(reason: string): void;
  /** Missing where there is no way to ask. */
  requestReconnect?(request: ReconnectRequest): boolean;
}

/** Who is at the other end of a connection. */
export interface SessionPeer {
  readonly kind: TransportKind;
  readonly isSecure: boolean;
  readonly tls?: RtmpTlsInfo | undefined;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Of the HTTP request, when it came with one of its own. */
  readonly headers?: IncomingHttpHeaders;
}

/**
 * One connection of an encoder or player, as handlers and services see it.
 *
 * @publicApi
 */
export class RtmpSession {
  /** The way it came in. */
  readonly transport: TransportKind;
  /** Whether nobody on the way can read along. */
  readonly isSecure: boolean;
  /** Version, cipher, server name and client certificate; undefined for connections without TLS of their own. */
  readonly tls: RtmpTlsInfo | undefined;
  readonly remoteAddress: string;
  /** 0 when a proxy on the way did not tell. */
  readonly remotePort: number;
  /** Headers of the HTTP request or upgrade, cookies and all; undefined for RTMP and its tunnels. */
  readonly headers: Readonly<IncomingHttpHeaders> | undefined;
  /** Milliseconds since 1970. */
  readonly connectedAt = Date.now();

  readonly #connection: SessionConnection;
  #data: Map<unknown, unknown> | undefined;
  #connect: ConnectCommand | undefined;
  #app = '';
  #query: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>);

  /** @internal */
  constructor(
    /** Unique in this process; every log line about the connection has it. */
    readonly id: string,
    peer: SessionPeer,
    connection: SessionConnection,
  ) {
    this.transport = peer.kind;
    this.isSecure = peer.isSecure;
    this.tls = peer.tls;
    this.remoteAddress = peer.remoteAddress;
    this.remotePort = peer.remotePort;
    this.headers = peer.headers;
    this.#connection = connection;
  }

  /** The app: first part of the path in `rtmp://host/app/name`; '' before connect. */
  get app(): string {
    return this.#app;
  }

  /** Query parameters of tcUrl and app. Those of a stream's name are in `context.stream`. */
  get query(): Readonly<Record<string, string>> {
    return this.#query;
  }

  /** The connect command; undefined before it came. */
  get connect(): ConnectCommand | undefined {
    return this.#connect;
  }

  /** As sent, '' when missing. */
  get tcUrl(): string {
    return this.#connect?.tcUrl ?? '';
  }

  /** What the encoder calls itself, '' when it does not; no more than 256 characters of it. All of it is in {@link connect}. */
  get flashVer(): string {
    return this.#connect?.flashVer.slice(0, MAX_NAME_OF_CLIENT) ?? '';
  }

  /** Whatever handlers want to keep for as long as the connection lasts, e.g. the authenticated user. */
  get data(): Map<unknown, unknown> {
    return (this.#data ??= new Map());
  }

  /** What this connection publishes now. */
  get publications(): readonly RtmpPublication[] {
    return this.#connection.publications;
  }

  get bytesReceived(): number {
    return this.#connection.bytesReceived;
  }

  /** Aborted when the connection is closed. */
  get closed(): AbortSignal {
    return this.#connection.closed;
  }

  /** Ends what the session publishes and closes the connection. */
  disconnect(reason = 'disconnected by the application'): void {
    this.#connection.disconnect(reason);
  }

  /**
   * Asks the client to connect again, elsewhere or here, e.g. before maintenance. It goes on publishing until it has;
   * its next connection may take over the names it publishes for `reconnectWindow`.
   *
   * @returns false when it did not say in connect that it can (Enhanced RTMP): nothing was sent
   */
  requestReconnect(request: ReconnectRequest = {}): boolean {
    return this.#connection.requestReconnect?.(request) ?? false;
  }

  /** @internal */
  begin(connect: ConnectCommand, app: string, query: Readonly<Record<string, string>>): void {
    this.#connect = connect;
    this.#app = app;
    this.#query = query;
  }
}
