import { Controller, Get, Inject, Options, Param, Req, Res } from '@nestjs/common';
import type { HttpRequest, HttpResponse } from '../http/rtmpt-http-request.js';
import { corsHeaders, type HlsAnswer, preflightAnswer, send } from './hls-answer.js';
import { HlsPlayers } from './hls-players.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

/** Fastify wraps Node's objects, Express extends them. */
interface AdapterRequest {
  readonly raw?: HttpRequest;
}
interface AdapterResponse {
  readonly raw?: HttpResponse;
  /** Fastify: the handler answers by itself. */
  hijack?(): void;
}

const STREAM_PATHS = [':app/:name.m3u8', ':app/:folder/:name.m3u8'];
const FILE_PATHS = [':app/:name/hls/:token/:run/:file', ':app/:folder/:name/hls/:token/:run/:file'];

/** Live streams as HLS: `GET /app/name.m3u8`, and the files its playlists name. */
@Controller()
export class HlsController {
  constructor(
    private readonly players: HlsPlayers,
    @Inject(RTMP_HLS_OPTIONS) private readonly options: ResolvedRtmpHlsOptions,
  ) {}

  @Get(STREAM_PATHS)
  enter(
    @Req() request: AdapterRequest,
    @Res() response: AdapterResponse,
    @Param() { app = '', folder, name = '' }: Record<string, string>,
  ): Promise<void> {
    const [rawRequest, rawResponse] = unwrap(request, response);
    const target = { app, name: folder === undefined ? name : `${folder}/${name}`, query: queryOf(rawRequest) };
    return this.#answer(rawRequest, rawResponse, (gone) => this.players.enter(rawRequest, target, gone()));
  }

  @Get(FILE_PATHS)
  serve(
    @Req() request: AdapterRequest,
    @Res() response: AdapterResponse,
    @Param() { token = '', run = '', file = '' }: Record<string, string>,
  ): Promise<void> {
    const [rawRequest, rawResponse] = unwrap(request, response);
    const target = { token, run, file, query: queryOf(rawRequest) };
    return this.#answer(rawRequest, rawResponse, (gone) => this.players.serve(target, gone));
  }

  @Options([...STREAM_PATHS, ...FILE_PATHS])
  preflight(@Req() request: AdapterRequest, @Res() response: AdapterResponse): void {
    const { cors } = this.options;
    const [rawRequest, rawResponse] = unwrap(request, response);
    send(rawRequest, rawResponse, preflightAnswer(cors), corsHeaders(cors));
  }

  async #answer(
    request: HttpRequest,
    response: HttpResponse,
    answerOf: (gone: () => AbortSignal) => HlsAnswer | undefined | Promise<HlsAnswer | undefined>,
  ): Promise<void> {
    const answer = await answerOf(() => goneSignal(response));
    if (answer !== undefined) send(request, response, answer, corsHeaders(this.options.cors));
  }
}

function queryOf({ url = '' }: HttpRequest): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

/** Aborted when the client is gone, or has been answered. */
function goneSignal(response: HttpResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function unwrap(request: AdapterRequest, response: AdapterResponse): [HttpRequest, HttpResponse] {
  response.hijack?.();
  return [request.raw ?? (request as HttpRequest), response.raw ?? (response as HttpResponse)];
}
