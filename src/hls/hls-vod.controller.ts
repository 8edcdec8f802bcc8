import { Controller, Get, Inject, Options, Param, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { type AdapterRequest, type AdapterResponse, rawRequest, rawResponse } from '../http/adapter-request.js';
import { queryOf } from '../http/flv-request.js';
import type { HttpRequest, HttpResponse } from '../http/rtmpt-http-request.js';
import { routedStream, streamRoutes } from '../http/stream-routes.js';
import { corsHeaders, type HlsAnswer, preflightAnswer, refusalAnswer } from './hls-answer.js';
import { HlsAnswerBudget } from './hls-answer-budget.js';
import { HlsVodPlayers, type HlsVodTarget } from './hls-vod-players.js';
import { sendHlsAnswer } from './send-hls-answer.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

const VOD_PATHS = streamRoutes('/vod/:id.m3u8');
const FILE_PATHS = streamRoutes('/vod/:id/:token/:file');
const BUSY = refusalAnswer(503, 'NetStream.Play.Failed', 'Too much of recordings is on its way to viewers.');

/** Recordings as HLS: `GET /app/name/vod/ID.m3u8`, and the files its playlists name. */
@Controller({ version: VERSION_NEUTRAL })
export class HlsVodController {
  readonly #budget = new HlsAnswerBudget();

  constructor(
    private readonly players: HlsVodPlayers,
    @Inject(RTMP_HLS_OPTIONS) private readonly options: ResolvedRtmpHlsOptions,
  ) {}

  @Get(VOD_PATHS)
  async enter(
    @Req() request: AdapterRequest,
    @Res() response: AdapterResponse,
    @Param() path: Record<string, string>,
  ): Promise<void> {
    const [asked, reply] = unwrap(request, response);
    const gone = new AbortController();
    reply.once('close', () => gone.abort());
    this.#send(asked, reply, await this.players.enter(asked, targetOf(asked, path), gone.signal));
  }

  @Get(FILE_PATHS)
  async serve(
    @Req() request: AdapterRequest,
    @Res() response: AdapterResponse,
    @Param() path: Record<string, string>,
  ): Promise<void> {
    const [asked, reply] = unwrap(request, response);
    const { token = '', file = '' } = path;
    const answer = await this.#budget.read(() => this.players.serve(asked, targetOf(asked, path), token, file));
    this.#send(asked, reply, answer ?? BUSY);
  }

  @Options([...VOD_PATHS, ...FILE_PATHS])
  preflight(@Req() request: AdapterRequest, @Res() response: AdapterResponse): void {
    this.#send(...unwrap(request, response), preflightAnswer(this.options.cors));
  }

  #send(request: HttpRequest, response: HttpResponse, answer: HlsAnswer | undefined): void {
    if (answer === undefined) return;
    this.#budget.spend(response, answer);
    sendHlsAnswer(request, response, answer, corsHeaders(this.options.cors));
  }
}

function targetOf(request: HttpRequest, path: Record<string, string>): HlsVodTarget {
  return { ...routedStream(path), id: path['id'] ?? '', query: queryOf(request.url) };
}

function unwrap(request: AdapterRequest, response: AdapterResponse): [HttpRequest, HttpResponse] {
  response.hijack?.();
  return [rawRequest(request), rawResponse(response)];
}
