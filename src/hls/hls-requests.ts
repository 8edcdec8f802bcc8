import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HttpHeaders } from '../http/http-flv-channel.js';
import type { HttpRequest, HttpResponse } from '../http/rtmpt-http-request.js';
import { httpServerOf, takeRequests } from '../http/take-requests.js';
import { corsHeaders, type HlsAnswer, preflightAnswer } from './hls-answer.js';
import { HlsExchange } from './hls-exchange.js';
import { hlsFileTargetOf } from './hls-file-target.js';
import { HlsPlayers } from './hls-players.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';
import { sendHlsAnswer } from './send-hls-answer.js';

/**
 * Takes requests for the files that playlists name ahead of the application's routes: each viewer asks for several a
 * second, and was let in by the route of the stream.
 */
@Injectable()
export class HlsRequests implements OnApplicationBootstrap {
  readonly #headers: HttpHeaders;
  readonly #preflight: HlsAnswer;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly players: HlsPlayers,
    @Inject(RTMP_HLS_OPTIONS) { cors }: ResolvedRtmpHlsOptions,
  ) {
    this.#headers = corsHeaders(cors);
    this.#preflight = preflightAnswer(cors);
  }

  onApplicationBootstrap(): void {
    const server = httpServerOf(this.host);
    if (server !== undefined) takeRequests(server, (request, response) => this.#take(request, response));
  }

  #take(request: HttpRequest, response: HttpResponse): boolean {
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') return false;
    const target = hlsFileTargetOf(request.url ?? '');
    if (target === undefined) return false;
    if (method === 'OPTIONS') sendHlsAnswer(request, response, this.#preflight, this.#headers);
    else this.players.serve(new HlsExchange(request, response, this.#headers), target);
    return true;
  }
}
