import type { Socket } from 'node:net';
import type { SinkShortcut } from '#lib/live';
import { SocketShortcuts } from '../server/socket-shortcuts.js';
import type { FlvAnswer } from './flv-answer.js';
import type { FlvChannel, FlvReceiver } from './flv-channel.js';
import type { HttpRequest, HttpResponse } from './rtmpt-http-request.js';

/** Headers of every answer. */
export type HttpHeaders = Readonly<Record<string, string>>;

/** What says that it is FLV, is not to be kept, and not to be gathered by a proxy. */
const FLV_HEADERS: HttpHeaders = {
  'Content-Type': 'video/x-flv',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
};

/** FLV as the body of an HTTP request or response, which lasts as long as the stream. */
export class HttpFlvChannel implements FlvChannel {
  #hasReadAll = false;
  /** Set when the answer has begun and its body is what is written to the socket. */
  #shortcuts: SocketShortcuts | undefined;

  constructor(
    private readonly request: HttpRequest,
    private readonly response: HttpResponse,
    private readonly headers: HttpHeaders,
  ) {
    // What goes wrong with either closes the response.
    request.on('error', () => {});
    response.on('error', () => {});
  }

  get queuedBytes(): number {
    const { response } = this;
    return 'createPushResponse' in response ? response.stream.writableLength : response.writableLength;
  }

  receive(receiver: FlvReceiver): void {
    const { request } = this;
    request.on('end', () => {
      this.#hasReadAll = true;
      receiver.onEnd();
    });
    request.on('data', (bytes: Buffer) => receiver.onBytes(bytes));
  }

  begin(): void {
    const { response } = this;
    setHeaders(response, { ...this.headers, ...FLV_HEADERS });
    if (!('createPushResponse' in response)) {
      // The body ends with the connection: chunked coding would add a write for every batch.
      response.setHeader('Connection', 'close');
      response.removeHeader('Transfer-Encoding');
      // Who has put something in the place of write() wants to see all of it.
      if (!Object.hasOwn(response, 'write')) this.#shortcuts = SocketShortcuts.of(this.request.socket as Socket);
    }
    response.writeHead(200);
    if ('flushHeaders' in response) response.flushHeaders();
  }

  write(bytes: Uint8Array): void {
    // It may have been closed since we were last told.
    if (!this.response.writableEnded && !this.response.destroyed) (this.response as NodeJS.WritableStream).write(bytes);
    if (this.queuedBytes > 0) this.#shortcuts?.end();
  }

  shortcut(onEnd: () => void): SinkShortcut | undefined {
    if (this.queuedBytes > 0 || this.response.writableEnded || this.response.destroyed) return undefined;
    return this.#shortcuts?.open(onEnd, (bytes, left) => this.write(bytes.subarray(bytes.length - left)));
  }

  answer({ httpStatus, code, description }: FlvAnswer): void {
    const { request, response } = this;
    if (response.headersSent) {
      this.destroy();
      return;
    }
    setHeaders(response, { ...this.headers, 'Content-Type': 'application/json; charset=utf-8' });
    if (httpStatus === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    if (httpStatus === 503) response.setHeader('Retry-After', '5');
    const isRestDiscarded = !this.#hasReadAll && request.method === 'POST';
    if (isRestDiscarded && !('createPushResponse' in response)) response.setHeader('Connection', 'close');
    response.writeHead(httpStatus);
    response.end(request.method === 'HEAD' ? '' : JSON.stringify({ code, description }));
    if (!isRestDiscarded) return;
    // Closing with bytes unread would reset the connection, and the peer would not read the answer.
    request.removeAllListeners('data');
    request.resume();
  }

  end(): void {
    this.#shortcuts?.end();
    this.response.end();
  }

  destroy(): void {
    const { response } = this;
    this.#shortcuts?.end();
    if ('createPushResponse' in response) response.stream?.close();
    else response.destroy();
  }

  pause(): void {
    const { request } = this;
    request.pause();
    // Node ends a request when it sees the peer close, with what is buffered of it: it must not see that before us.
    if (request.httpVersionMajor === 1) request.socket.pause();
  }

  resume(): void {
    const { request } = this;
    if (request.httpVersionMajor === 1) request.socket.resume();
    request.resume();
  }

  ping(): void {}
}

/** Sets headers of either protocol. */
export function setHeaders(response: HttpResponse, headers: HttpHeaders): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}
