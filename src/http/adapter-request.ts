import type { IncomingMessage, ServerResponse } from 'node:http';

/** Fastify wraps Node's objects, Express extends them. */
export interface AdapterRequest {
  readonly raw?: IncomingMessage;
}

/** What both adapters' responses can. */
export interface AdapterResponse {
  readonly raw?: ServerResponse;
  /** Fastify: the handler answers by itself. */
  hijack?(): void;
}

/** Node's request. */
export function rawRequest(request: AdapterRequest): IncomingMessage {
  return request.raw ?? (request as IncomingMessage);
}

/** Node's response. */
export function rawResponse(response: AdapterResponse): ServerResponse {
  return response.raw ?? (response as ServerResponse);
}
