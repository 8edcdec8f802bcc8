import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { FlvDoor } from './flv-door.js';
import type { HttpRequest, HttpResponse } from './rtmpt-http-request.js';

/** Fastify wraps Node's objects, Express extends them. */
interface AdapterRequest {
  readonly raw?: HttpRequest;
}
interface AdapterResponse {
  readonly raw?: HttpResponse;
  /** Fastify: the handler answers by itself. */
  hijack?(): void;
}

/** Live streams as FLV over HTTP: `GET /app/name.flv`, behind the global prefix of the application if it has one. */
@Controller()
export class FlvController {
  constructor(private readonly door: FlvDoor) {}

  @Get([':app/:name.flv', ':app/:folder/:name.flv'])
  play(@Req() request: AdapterRequest, @Res() response: AdapterResponse, @Param() path: Record<string, string>): void {
    const rawRequest = request.raw ?? (request as HttpRequest);
    const rawResponse = response.raw ?? (response as HttpResponse);
    const { app = '', folder, name = '' } = path;
    const query = rawRequest.url!.split('?', 2)[1] ?? '';
    response.hijack?.();
    this.door.play(rawRequest, rawResponse, { app, name: folder === undefined ? name : `${folder}/${name}`, query });
  }
}
