import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  describeFault,
  type TunnelExchange,
  TunnelRegistry,
  type TunnelRequest,
  type TunnelResponse,
  TunnelRouter,
  type TunnelSession,
} from '#lib/rtmpt';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { RepeatedWarning } from '../server/repeated-warning.js';
import { RtmpServer } from '../server/rtmp-server.js';
import { HttpPeers } from './http-peers.js';
import { PublishOrigins } from './publish-origins.js';
import { RTMP_HTTP_OPTIONS, type ResolvedRtmpHttpOptions } from './rtmp-http-options.js';
import {
  type HttpRequest,
  type HttpResponse,
  RtmptHttpRequest,
  type RtmptHttpRequestOwner,
} from './rtmpt-http-request.js';
import { MAX_UNREAD_ANSWERS } from './rtmpt-connection.js';
import { RtmptDoor } from './rtmpt-door.js';
import type { RtmptReply } from './rtmpt-reply.js';
import { FULL, type RtmptRequest } from './rtmpt-request.js';
import { type RtmptPeer, RtmptTransport } from './rtmpt-transport.js';
import { httpServerOf, takeRequests } from './take-requests.js';

/** A server of Node that RTMPT can be added to. */
export type RtmptHttpServer = Server | HttpsServer | Http2Server | Http2SecureServer;

/** How often deadlines are looked at, in milliseconds. */
const SWEEP_INTERVAL = 100;

/** What is remembered about a socket, or the session of HTTP/2, that requests came by. */
interface Carrier {
  readonly requests: Set<RtmptHttpRequest>;
  /** The tunnel its last request was for. */
  tunnel: TunnelSession<RtmptReply> | undefined;
}

/**
 * RTMP tunnelled over HTTP. Its requests are taken before the application's
 * routes, hooks and body parsers see them: they are no business of theirs and
 * come at the rate of packets.
 *
 * @publicApi
 */
@Injectable()
export class RtmptTunnels
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown, RtmptHttpRequestOwner
{
  readonly #registry: TunnelRegistry<RtmptReply> | undefined;
  readonly #router: TunnelRouter<RtmptReply> | undefined;
  readonly #door: RtmptDoor | undefined;
  readonly #transports = new Map<TunnelSession<RtmptReply>, RtmptTransport>();
  /** By socket, or by session of HTTP/2. */
  readonly #carriers = new WeakMap<object, Carrier>();
  readonly #refusals: RepeatedWarning;
  #sweep: NodeJS.Timeout | undefined;

  /** @internal */
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly rtmp: RtmpServer,
    private readonly peers: HttpPeers,
    private readonly origins: PublishOrigins,
    @Inject(RTMP_HTTP_OPTIONS) { rtmpt }: ResolvedRtmpHttpOptions,
  ) {
    this.#refusals = new RepeatedWarning(new Logger(RTMP_LOG_CONTEXT), 'RTMPT request refused', () => this.now());
    if (rtmpt === false) return;
    this.#registry = new TunnelRegistry(randomBytes, rtmpt);
    this.#router = new TunnelRouter(this.#registry);
    this.#door = new RtmptDoor({
      router: this.#router,
      owner: this,
      peers: this.peers,
      transportOf: (socket, peer) => this.rtmp.transportOf(socket, peer),
      onConnection: () => this.#beginSweeping(),
    });
  }

  /** Tunnels at the moment. */
  get size(): number {
    return this.#registry?.size ?? 0;
  }

  /**
   * Serves RTMPT on a further server of Node, one with TLS for example. That
   * of the application has it already.
   */
  attach(server: RtmptHttpServer): void {
    if (this.#router === undefined) return;
    this.#door?.guard(server);
    takeRequests(server, (request, response) => this.handle(request, response));
  }

  /** @internal Takes a request, unless its path is none of the tunnel's. */
  handle(request: HttpRequest, response: HttpResponse): boolean {
    if (this.#router === undefined) return false;
    const handled = new RtmptHttpRequest(request, response, this);
    const exchange = this.#router.begin(this.#tunnelRequest(request), handled, this.now());
    if (exchange === undefined) return false;
    this.#carrierOf(request, exchange).requests.add(handled);
    handled.start(exchange);
    return true;
  }

  onApplicationBootstrap(): void {
    const server = httpServerOf(this.host);
    if (server !== undefined) this.attach(server);
  }

  /** The HTTP server waits for its connections when it is closed, which comes next. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#registry?.refuseNew();
    await this.rtmp.close();
    await this.#door?.close();
  }

  onApplicationShutdown(): void {
    for (const transport of this.#transports.values()) transport.destroy();
    this.#stopSweeping();
  }

  /** @internal */
  now(): number {
    return performance.now();
  }

  /** @internal */
  peerOf(request: HttpRequest): RtmptPeer {
    return this.peers.peerOf(request);
  }

  /** @internal */
  onProgress(request: RtmptRequest): void {
    const exchange = request.exchange!;
    const { tunnel, response } = exchange;
    if (response === undefined) {
      if (tunnel !== undefined) this.#transports.get(tunnel)?.pump();
      return;
    }
    if (response.fault !== undefined) this.#warn(request.peer, response);
    const isOpening = tunnel !== undefined && !this.#transports.has(tunnel) && !tunnel.isClosed;
    request.answer(isOpening && !this.#open(tunnel, request.peer) ? FULL : response);
  }

  /** @internal */
  onDone(request: RtmptHttpRequest): void {
    this.#carriers.get(carrierKey(request.request))?.requests.delete(request);
  }

  /** Connects a new tunnel. */
  #open(tunnel: TunnelSession<RtmptReply>, peer: RtmptPeer): boolean {
    const transport = new RtmptTransport(tunnel, peer, () => this.now());
    this.#transports.set(tunnel, transport);
    this.#beginSweeping();
    return this.rtmp.accept(transport);
  }

  #beginSweeping(): void {
    this.#sweep ??= setInterval(() => this.#sweepTunnels(), SWEEP_INTERVAL).unref();
  }

  #sweepTunnels(): void {
    const now = this.now();
    for (const tunnel of this.#registry!.sweep(now)) this.#transports.get(tunnel)?.pump();
    for (const tunnel of this.#transports.keys()) if (tunnel.isClosed) this.#transports.delete(tunnel);
    this.#door!.sweep(now);
    if (this.#transports.size + this.#door!.size === 0) this.#stopSweeping();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #carrierOf(request: HttpRequest, { tunnel }: TunnelExchange<RtmptReply>): Carrier {
    const key = carrierKey(request);
    let carrier = this.#carriers.get(key);
    if (carrier === undefined) {
      const created: Carrier = { requests: new Set(), tunnel };
      this.#carriers.set(key, (carrier = created));
      key.once('close', () => this.#carrierClosed(created));
    }
    if (tunnel !== undefined) carrier.tunnel = tunnel;
    if (tunnel?.hasPublisher === true && !('stream' in request)) letAnswersPileUp(request.socket);
    return carrier;
  }

  #carrierClosed({ requests, tunnel }: Carrier): void {
    for (const request of requests) request.abort();
    if (tunnel === undefined || tunnel.isClosed) return;
    tunnel.connectionClosed(this.now());
  }

  #tunnelRequest(request: HttpRequest): TunnelRequest {
    const { headers } = request;
    const length = headers['content-length'];
    return {
      method: request.method ?? '',
      target: request.url ?? '',
      contentType: headers['content-type'],
      contentLength: length === undefined ? undefined : Number(length),
      isLengthOptional: request.httpVersionMajor >= 2,
      isForeignPage: !this.origins.allows(request),
      address: this.peers.addressOf(request),
    };
  }

  #warn({ remoteAddress }: RtmptPeer, { fault }: TunnelResponse): void {
    const { code } = fault!;
    this.#refusals.warn({ remote: remoteAddress, code, reason: describeFault(fault!) });
  }
}

function carrierKey(request: HttpRequest): NodeJS.EventEmitter {
  return 'stream' in request ? (request.stream.session ?? request.stream) : request.socket;
}

/**
 * A publishing librtmp never reads its answers. Node stops reading a socket
 * whose unsent answers exceed its high-water mark, after a few minutes, and
 * both would wait for ever.
 */
function letAnswersPileUp(socket: Socket): void {
  const state = (socket as unknown as { _writableState?: { highWaterMark?: number } })['_writableState'];
  if (typeof state?.highWaterMark === 'number') state.highWaterMark = MAX_UNREAD_ANSWERS;
}
