import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, NotFoundException, Req, Res } from '@nestjs/common';
import { FlvPlayers } from './flv-players.js';

/** Fastify wraps Node's objects, Express extends them. */
interface AdapterRequest {
  readonly raw?: IncomingMessage;
}
interface AdapterResponse {
  readonly raw?: ServerResponse;
  /** Fastify: the handler answers by itself. */
  hijack?(): void;
}

/** Live streams as FLV over HTTP: `GET /app/name.flv`. */
@Controller()
export class FlvController {
  constructor(private readonly players: FlvPlayers) {}

  @Get([':app/:name.flv', ':app/:folder/:name.flv'])
  async play(@Req() request: AdapterRequest, @Res() response: AdapterResponse): Promise<void> {
    const rawRequest = request.raw ?? (request as IncomingMessage);
    const rawResponse = response.raw ?? (response as ServerResponse);
    const target = this.players.targetOf(rawRequest.url ?? '');
    if (target === undefined) throw new NotFoundException();
    response.hijack?.();
    await this.players.serve(rawRequest, rawResponse, target);
  }
}
