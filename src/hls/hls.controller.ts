import { Controller, Get, Inject, Options, Param, Req, Res } from '@nestjs/common';
import { type AdapterRequest, type AdapterResponse, rawRequest, rawResponse } from '../http/adapter-request.js';
import { queryOf } from '../http/flv-request.js';
import type { HttpRequest, HttpResponse } from '../http/rtmpt-http-request.js';
import { corsHeaders, type HlsAnswer, preflightAnswer, send } from './hls-answer.js';
import { HlsPlayers } from './hls-players.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

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
    const [asked, reply] = unwrap(request, response);
    const target = { app, name: folder === undefined ? name : `${folder}/${name}`, query: queryOf(asked.url) };
    return this.#answer(asked, reply, (gone) => this.players.enter(asked, target, gone()));
  }

  @Get(FILE_PATHS)
  serve(
    @Req() request: AdapterRequest,
    @Res() response: AdapterResponse,
    @Param() { token = '', run = '', file = '' }: Record<string, string>,
  ): Promise<void> {
    const [asked, reply] = unwrap(request, response);
    const target = { token, run, file, query: queryOf(asked.url) };
    return this.#answer(asked, reply, (gone) => this.players.serve(target, gone));
  }

  @Options([...STREAM_PATHS, ...FILE_PATHS])
  preflight(@Req() request: AdapterRequest, @Res() response: AdapterResponse): void {
    const { cors } = this.options;
    const [asked, reply] = unwrap(request, response);
    send(asked, reply, preflightAnswer(cors), corsHeaders(cors));
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

/** Aborted when the client is gone, or has been answered. */
function goneSignal(response: HttpResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function unwrap(request: AdapterRequest, response: AdapterResponse): [HttpRequest, HttpResponse] {
  response.hijack?.();
  return [rawRequest(request), rawResponse(response)];
}
