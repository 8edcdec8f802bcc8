import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WebSocketServer } from 'ws';
import { FlvPlayers } from './flv-players.js';

/** A player has nothing to say; longer messages end it. */
const MAX_PAYLOAD = 1024;

/** Live streams as FLV over WebSocket, at the paths of HTTP-FLV. Upgrades of other paths are left to others. */
@Injectable()
export class WebSocketFlv implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_PAYLOAD });
  #http: Server | undefined;
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    this.#upgrade(request, socket, head);

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly players: FlvPlayers,
  ) {}

  onApplicationBootstrap(): void {
    this.#http = this.host.httpAdapter?.getHttpServer() as Server | undefined;
    this.#http?.on('upgrade', this.#onUpgrade);
  }

  onApplicationShutdown(): void {
    this.#http?.off('upgrade', this.#onUpgrade);
    for (const client of this.#server.clients) client.close(1001, 'The server is shutting down.');
    this.#server.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = this.players.targetOf(request.url ?? '');
    if (target === undefined) return;
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      void this.players.serveWebSocket(request, webSocket, target);
    });
  }
}
