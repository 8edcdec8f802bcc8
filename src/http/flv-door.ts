import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import type { ConnectionSeat } from '../server/server-connection.js';
import { RtmpServer } from '../server/rtmp-server.js';
import { answerOf, type FlvAnswer, FULL } from './flv-answer.js';
import type { FlvChannel } from './flv-channel.js';
import { FlvPlayer } from './flv-player.js';
import { FlvPublisher } from './flv-publisher.js';
import type { FlvRequest, FlvTarget } from './flv-request.js';
import { HttpFlvChannel, type HttpHeaders } from './http-flv-channel.js';
import { HttpPeers } from './http-peers.js';
import { PublishOrigins } from './publish-origins.js';
import { RTMP_HTTP_OPTIONS, type ResolvedRtmpHttpOptions } from './rtmp-http-options.js';
import type { HttpRequest, HttpResponse } from './rtmpt-http-request.js';
import { WebSocketFlvChannel } from './web-socket-flv-channel.js';

/** Lets in who plays or publishes FLV over HTTP or WebSocket: a place among the connections first, then the handlers. */
@Injectable()
export class FlvDoor {
  constructor(
    private readonly server: RtmpServer,
    private readonly peers: HttpPeers,
    private readonly origins: PublishOrigins,
    @Inject(RTMP_HTTP_OPTIONS) private readonly options: ResolvedRtmpHttpOptions,
    @InjectRtmpOptions() private readonly rtmpOptions: ResolvedRtmpOptions,
  ) {}

  /** Whether there is publishing at all. */
  get takesPublishers(): boolean {
    return this.options.publish;
  }

  /** A GET or HEAD: plays. */
  play(request: HttpRequest, response: HttpResponse, target: FlvTarget): void {
    const channel = new HttpFlvChannel(request, response, this.headersFor(request));
    const isAsking = request.method === 'HEAD';
    const flvRequest = this.#requestOf(request, target, 'http-flv');
    const player = this.#join(flvRequest, channel, (seat) => new FlvPlayer(seat, flvRequest, channel, isAsking));
    if (player === undefined) return;
    response.on('drain', () => player.onDrain());
    response.on('close', () => player.onClose());
    player.start();
  }

  /** A POST: publishes what its body is. */
  publish(request: HttpRequest, response: HttpResponse, target: FlvTarget): void {
    const channel = new HttpFlvChannel(request, response, this.headersFor(request));
    const refusal = this.#originRefusal(request);
    if (refusal !== undefined) {
      channel.answer(refusal);
      return;
    }
    lastsAsLongAsItLasts(request);
    const flvRequest = this.#requestOf(request, target, 'http-flv');
    const publisher = this.#join(flvRequest, channel, (seat) => new FlvPublisher(seat, flvRequest, channel));
    response.on('close', () => publisher?.onClose());
    publisher?.start();
  }

  /** A WebSocket that plays. What the client sends is not looked at. */
  playWebSocket(request: IncomingMessage, socket: WebSocket, target: FlvTarget): void {
    const channel = new WebSocketFlvChannel(socket, request.socket, () => {
      if (socket.bufferedAmount === 0) player?.onDrain();
    });
    const flvRequest = this.#requestOf(request, target, 'ws-flv');
    const player = this.#join(flvRequest, channel, (seat) => new FlvPlayer(seat, flvRequest, channel));
    socket.on('close', () => player?.onClose());
    player?.start();
  }

  /** A WebSocket that publishes what its messages are. */
  publishWebSocket(request: IncomingMessage, socket: WebSocket, target: FlvTarget): void {
    const channel = new WebSocketFlvChannel(socket, request.socket, () => {}, this.rtmpOptions.maxHeldBytes);
    const refusal = this.#originRefusal(request);
    if (refusal !== undefined) {
      channel.answer(refusal);
      return;
    }
    const flvRequest = this.#requestOf(request, target, 'ws-flv');
    const publisher = this.#join(flvRequest, channel, (seat) => new FlvPublisher(seat, flvRequest, channel));
    // Behind the channel's own listener, which looks whether it was said goodbye.
    socket.on('close', () => queueMicrotask(() => publisher?.onClose()));
    publisher?.start();
  }

  /** What tells browsers that pages may use it. */
  headersFor(request: HttpRequest): HttpHeaders {
    const { cors } = this.options;
    const isPublish = request.method === 'POST' || request.headers['access-control-request-method'] === 'POST';
    if (!isPublish) return cors === false ? {} : { 'Access-Control-Allow-Origin': cors };
    const { origin } = request.headers;
    const isAllowed = origin !== undefined && this.origins.allows(request);
    return isAllowed ? { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' } : { Vary: 'Origin' };
  }

  #originRefusal(request: HttpRequest): FlvAnswer | undefined {
    if (!this.options.publish) return REFUSED_PUBLISH;
    return this.origins.allows(request) ? undefined : FOREIGN_PAGE;
  }

  #requestOf(request: HttpRequest, target: FlvTarget, kind: 'http-flv' | 'ws-flv'): FlvRequest {
    const peer = { kind, ...this.peers.peerOf(request), headers: request.headers };
    return { ...target, peer, userAgent: request.headers['user-agent'] ?? '' };
  }

  #join<TConnection extends FlvPlayer | FlvPublisher>(
    { peer }: FlvRequest,
    channel: FlvChannel,
    create: (seat: ConnectionSeat) => TConnection,
  ): TConnection | undefined {
    const connection = this.server.join(peer.remoteAddress, create);
    if (connection === undefined) channel.answer(FULL);
    return connection;
  }
}

const REFUSED_PUBLISH = answerOf({
  level: 'error',
  code: 'NetStream.Publish.Denied',
  description: 'Publishing over HTTP is switched off.',
});

const FOREIGN_PAGE = answerOf({
  level: 'error',
  code: 'NetStream.Publish.Denied',
  description: 'Pages of this origin may not publish.',
});

/** Not documented, and looked for: the HTTP parser of a connection. Who is late is reached by its socket. */
interface ParserOwner {
  readonly parser?: { socket?: unknown } | null;
}

/**
 * A server of node:http ends requests that take longer than its requestTimeout,
 * 5 minutes by default, and a publish is one request. Of this one it finds
 * something that knows of no timeouts when that time has come; it has time
 * limits of its own. (Taking the parser off the list with remove() stops it
 * from reading in Node 24.)
 */
function lastsAsLongAsItLasts(request: HttpRequest): void {
  if (request.httpVersionMajor !== 1) return;
  const socket = request.socket as ParserOwner;
  const { parser } = socket;
  if (parser?.socket !== socket) return;
  parser.socket = withoutTimeout(request.socket);
  request.once('close', () => {
    // What follows on the connection is a request like others.
    if (socket.parser === parser) parser.socket = socket;
  });
}

/** A socket as the list of its server's connections sees it: it can be closed, and what goes wrong with the time is handled. */
function withoutTimeout(socket: Socket): Socket {
  return Object.create(socket, {
    server: { value: { emit: () => true } },
    destroy: { value: () => socket.destroy() },
    removeListener: { value: () => socket },
    listenerCount: { value: () => 1 },
  }) as Socket;
}
