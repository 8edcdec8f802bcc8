import { Controller, Get, Inject, Options, Param, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { type AdapterRequest, type AdapterResponse, rawRequest, rawResponse } from '../http/adapter-request.js';
import { queryOf } from '../http/flv-request.js';
import type { HttpHeaders } from '../http/http-flv-channel.js';
import type { HttpRequest, HttpResponse } from '../http/rtmpt-http-request.js';
import { routedStream, streamRoutes } from '../http/stream-routes.js';
import { corsHeaders, preflightAnswer } from './hls-answer.js';
import { HlsPlayers } from './hls-players.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';
import { sendHlsAnswer } from './send-hls-answer.js';

const STREAM_PATHS = streamRoutes('.m3u8');

/** Live streams as HLS: `GET /app/name.m3u8`. */
@Controller({ version: VERSION_NEUTRAL })
export class HlsController {
  readonly #headers: HttpHeaders;

  constructor(
    private readonly players: HlsPlayers,
    @Inject(RTMP_HLS_OPTIONS) private readonly options: ResolvedRtmpHlsOptions,
  ) {
    this.#headers = corsHeaders(options.cors);
  }

  @Get(STREAM_PATHS)
  async enter(
    @Req() request: AdapterRequest,
    @Res() response: AdapterResponse,
    @Param() path: Record<string, string>,
  ): Promise<void> {
    const [asked, reply] = unwrap(request, response);
    const target = { ...routedStream(path), query: queryOf(asked.url) };
    const answer = await this.players.enter(asked, target, goneSignal(reply));
    if (answer !== undefined) sendHlsAnswer(asked, reply, answer, this.#headers);
  }

  @Options(STREAM_PATHS)
  preflight(@Req() request: AdapterRequest, @Res() response: AdapterResponse): void {
    const [asked, reply] = unwrap(request, response);
    sendHlsAnswer(asked, reply, preflightAnswer(this.options.cors), this.#headers);
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
