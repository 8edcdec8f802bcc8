import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { TunnelExchange, TunnelResponse } from '#lib/rtmpt';
import type { RtmptReply } from './rtmpt-reply.js';
import type { RtmptRequest, RtmptRequestOwner } from './rtmpt-request.js';
import type { RtmptPeer } from './rtmpt-transport.js';

/** A request of node:http, or of node:http2 in its compatibility form. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;
/** The response to one. */
export type HttpResponse = ServerResponse | Http2ServerResponse;

/** What a request tells its owner. */
export interface RtmptHttpRequestOwner extends RtmptRequestOwner {
  /** Who sent it. */
  peerOf(request: HttpRequest): RtmptPeer;
  /** It is answered, or will never be. */
  onDone(request: RtmptHttpRequest): void;
}

/** One request of a tunnel, as Node's HTTP servers give it. */
export class RtmptHttpRequest implements RtmptRequest {
  exchange: TunnelExchange<RtmptReply> | undefined;
  #isDone = false;

  constructor(
    readonly request: HttpRequest,
    readonly response: HttpResponse,
    private readonly owner: RtmptHttpRequestOwner,
  ) {}

  get peer(): RtmptPeer {
    return this.owner.peerOf(this.request);
  }

  start(exchange: TunnelExchange<RtmptReply>): void {
    this.exchange = exchange;
    const { request, response, owner } = this;
    request.on('error', () => {});
    response.on('error', () => {});
    response.on('close', () => this.abort());
    request.on('data', (bytes: Buffer) => {
      if (!exchange.receive(bytes, owner.now())) request.pause();
      owner.onProgress(this);
    });
    request.on('end', () => {
      exchange.end(owner.now());
      owner.onProgress(this);
    });
    owner.onProgress(this);
  }

  /** The connection or stream is gone. */
  abort(): void {
    if (this.#isDone) return;
    this.#done();
    this.exchange?.abort(this.owner.now());
    this.owner.onProgress(this);
  }

  answer(answer: TunnelResponse): void {
    if (this.#isDone) return;
    this.#done();
    const { request, response } = this;
    if (response.destroyed) return;
    response.sendDate = false;
    if ('createPushResponse' in response) {
      response.writeHead(answer.status, answer.headers);
      for (const bytes of answer.body) response.write(bytes);
      response.end();
      if (answer.closesConnection) response.stream?.close();
      return;
    }
    // Said in full, or Node adds a Keep-Alive header.
    const connection = answer.closesConnection ? 'close' : 'keep-alive';
    response.writeHead(answer.status, { ...answer.headers, Connection: connection });
    const last = answer.body.length - 1;
    for (let i = 0; i < last; i++) response.write(answer.body[i]);
    response.end(answer.body[last]);
    if (request.isPaused()) request.resume(); // what is left of a refused body
  }

  readOn(): void {
    this.request.resume();
  }

  #done(): void {
    this.#isDone = true;
    this.owner.onDone(this);
  }
}
