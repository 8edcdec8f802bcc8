import { Controller, Get, Param, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { type AdapterRequest, type AdapterResponse, rawRequest, rawResponse } from './adapter-request.js';
import { FlvDoor } from './flv-door.js';
import { queryOf } from './flv-request.js';
import { routedStream, streamRoutes } from './stream-routes.js';

/** Live streams as FLV over HTTP: `GET /app/name.flv`, behind the global prefix of the application if it has one. */
@Controller({ version: VERSION_NEUTRAL })
export class FlvController {
  constructor(private readonly door: FlvDoor) {}

  @Get(streamRoutes('.flv'))
  play(@Req() request: AdapterRequest, @Res() response: AdapterResponse, @Param() path: Record<string, string>): void {
    const raw = rawRequest(request);
    const target = { ...routedStream(path), query: queryOf(raw.url) };
    response.hijack?.();
    this.door.play(raw, rawResponse(response), target);
  }
}
