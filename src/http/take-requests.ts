import type { Server } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';
import type { HttpRequest, HttpResponse } from './rtmpt-http-request.js';
import type { RtmptHttpServer } from './rtmpt-tunnels.js';

type RequestListener = (request: HttpRequest, response: HttpResponse) => void;

/** The HTTP server of an application; undefined when it has none that requests could be taken from. */
export function httpServerOf(host: HttpAdapterHost): RtmptHttpServer | undefined {
  const server = host.httpAdapter?.getHttpServer() as RtmptHttpServer | undefined;
  return typeof server?.listeners === 'function' ? server : undefined;
}

/**
 * Shows each request of a server to `take` ahead of the routes, hooks and body parsers that are there by now. They get
 * those of which it returns false.
 */
export function takeRequests(
  server: RtmptHttpServer,
  take: (request: HttpRequest, response: HttpResponse) => boolean,
): void {
  const others = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  (server as Server).on('request', (request, response) => {
    if (take(request, response)) return;
    for (const other of others) other.call(server, request, response);
  });
}
