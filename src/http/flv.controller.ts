import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { type AdapterRequest, type AdapterResponse, rawRequest, rawResponse } from './adapter-request.js';
import { FlvDoor } from './flv-door.js';
import { queryOf } from './flv-request.js';

/** Live streams as FLV over HTTP: `GET /app/name.flv`, behind the global prefix of the application if it has one. */
@Controller()
export class FlvController {
  constructor(private readonly door: FlvDoor) {}

  @Get([':app/:name.flv', ':app/:folder/:name.flv'])
  play(@Req() request: AdapterRequest, @Res() response: AdapterResponse, @Param() path: Record<string, string>): void {
    const raw = rawRequest(request);
    const { app = '', folder, name = '' } = path;
    const target = { app, name: folder === undefined ? name : `${folder}/${name}`, query: queryOf(raw.url) };
    response.hijack?.();
    this.door.play(raw, rawResponse(response), target);
  }
}
