import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FlvDoor } from './flv-door.js';
import { flvTargetOf } from './flv-request.js';
import { setHeaders } from './http-flv-channel.js';
import type { HttpRequest, HttpResponse } from './rtmpt-http-request.js';
import { httpServerOf, takeRequests } from './take-requests.js';

/** Seconds for which a browser need not ask again. */
const PREFLIGHT_AGE = '86400';

/**
 * Takes `POST /app/name.flv`, and the question of browsers that comes before,
 * ahead of the application's routes and body parsers: a body that lasts as
 * long as a stream is nothing for them.
 */
@Injectable()
export class FlvRequests implements OnApplicationBootstrap {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly door: FlvDoor,
  ) {}

  onApplicationBootstrap(): void {
    const server = httpServerOf(this.host);
    if (server !== undefined) takeRequests(server, (request, response) => this.#take(request, response));
  }

  #take(request: HttpRequest, response: HttpResponse): boolean {
    const { method } = request;
    const isPublish = method === 'POST' && this.door.takesPublishers;
    if (!isPublish && method !== 'OPTIONS') return false;
    const target = flvTargetOf(request.url ?? '');
    if (target === undefined) return false;
    if (isPublish) this.door.publish(request, response, target);
    else this.#allow(request, response);
    return true;
  }

  /** The preflight of CORS: may a page send this? */
  #allow(request: HttpRequest, response: HttpResponse): void {
    const asked = request.headers['access-control-request-headers'];
    setHeaders(response, {
      ...this.door.headersFor(request),
      'Access-Control-Allow-Methods': 'GET, HEAD, POST',
      'Access-Control-Max-Age': PREFLIGHT_AGE,
      ...(asked !== undefined && { 'Access-Control-Allow-Headers': asked }),
    });
    response.writeHead(204);
    response.end();
  }
}
