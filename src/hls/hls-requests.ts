import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HttpHeaders } from '../http/http-flv-channel.js';
import { HttpPeers } from '../http/http-peers.js';
import type { HttpRequest, HttpResponse } from '../http/rtmpt-http-request.js';
import { httpServerOf, takeRequests } from '../http/take-requests.js';
import { corsHeaders, type HlsAnswer, preflightAnswer } from './hls-answer.js';
import { HlsDoor } from './hls-door.js';
import { HlsExchange } from './hls-exchange.js';
import { type HlsFileTarget, hlsFileTargetOf } from './hls-file-target.js';
import { HlsPlayers } from './hls-players.js';
import { HlsHttpReply, type HlsReply } from './hls-reply.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

/**
 * Takes requests for the files that playlists name ahead of the application's routes: each viewer asks for several a
 * second, and was let in by the route of the stream. Most come by connections that are read past the HTTP server.
 */
@Injectable()
export class HlsRequests implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #headers: HttpHeaders;
  readonly #preflight: HlsAnswer;
  #door: HlsDoor | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly players: HlsPlayers,
    private readonly peers: HttpPeers,
    @Inject(RTMP_HLS_OPTIONS) { cors }: ResolvedRtmpHlsOptions,
  ) {
    this.#headers = corsHeaders(cors);
    this.#preflight = preflightAnswer(cors);
  }

  onApplicationBootstrap(): void {
    const server = httpServerOf(this.host);
    if (server === undefined) return;
    takeRequests(server, (request, response) => this.#take(request, response));
    this.#door = HlsDoor.before(server, {
      headers: this.#headers,
      peers: this.peers,
      serve: (method, target, reply) => this.#serve(method, target, reply),
    });
  }

  /** The HTTP server waits for its connections when it is closed, which comes next. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#door?.close();
  }

  #take(request: HttpRequest, response: HttpResponse): boolean {
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') return false;
    const target = hlsFileTargetOf(request.url ?? '');
    if (target === undefined) return false;
    this.#serve(method, target, new HlsHttpReply(request, response, this.#headers));
    return true;
  }

  #serve(method: string, target: HlsFileTarget, reply: HlsReply): void {
    if (method === 'OPTIONS') reply.send(this.#preflight);
    else this.players.serve(new HlsExchange(reply), target);
  }
}
