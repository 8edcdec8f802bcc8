import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WebSocketServer } from 'ws';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { FlvDoor } from './flv-door.js';
import { flvTargetOf } from './flv-request.js';
import { ignoreUpgrade } from './ignore-upgrade.js';

/** Subprotocol of a client that publishes; `?publish` in the URL says the same. */
const PUBLISH = 'flv-publish';
/** A player has nothing to say; longer messages end it. */
const MAX_PLAYER_PAYLOAD = 1024;
/** Room for the header of the stream and of a tag beside the longest data. */
const HEADERS = 64;

/** FLV over WebSocket, at the paths of HTTP-FLV. Other upgrades are left to others, and ignored when there are none. */
@Injectable()
export class WebSocketFlv implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #players = webSocketServer(MAX_PLAYER_PAYLOAD);
  readonly #publishers: WebSocketServer;
  #http: Server | undefined;
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    this.#upgrade(request, socket, head);

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly door: FlvDoor,
    @InjectRtmpOptions() { session }: ResolvedRtmpOptions,
  ) {
    this.#publishers = webSocketServer(session.chunk.maxMessageLength + HEADERS);
  }

  onApplicationBootstrap(): void {
    this.#http = this.host.httpAdapter?.getHttpServer() as Server | undefined;
    this.#http?.on('upgrade', this.#onUpgrade);
  }

  onApplicationShutdown(): void {
    this.#http?.off('upgrade', this.#onUpgrade);
    for (const server of [this.#players, this.#publishers]) {
      for (const client of server.clients) client.close(1001, 'The server is shutting down.');
      server.close();
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
    const target = isWebSocket ? flvTargetOf(request.url ?? '') : undefined;
    if (target === undefined) {
      if (this.#http!.listenerCount('upgrade') === 1) ignoreUpgrade(this.#http!, request, socket, head);
      return;
    }
    const isPublish = wantsToPublish(request, target.query);
    const server = isPublish ? this.#publishers : this.#players;
    server.handleUpgrade(request, socket, head, (webSocket) => {
      if (isPublish) this.door.publishWebSocket(request, webSocket, target);
      else this.door.playWebSocket(request, webSocket, target);
    });
  }
}

function webSocketServer(maxPayload: number): WebSocketServer {
  return new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload, handleProtocols: chosenProtocol });
}

function wantsToPublish({ headers }: IncomingMessage, query: string): boolean {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  return offered.includes(PUBLISH) || new URLSearchParams(query).has('publish');
}

function chosenProtocol(protocols: Set<string>): string | false {
  return protocols.has(PUBLISH) ? PUBLISH : (protocols.values().next().value ?? false);
}
