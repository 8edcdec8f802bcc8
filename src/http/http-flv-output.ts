import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { RtmpStatus } from '#lib/rtmp';
import type { FlvPlayerOutput } from './flv-player.js';

/** Headers of every answer. */
export type HttpHeaders = Readonly<Record<string, string>>;

/** FLV as the body of an HTTP response that lasts as long as the stream. */
export class HttpFlvOutput implements FlvPlayerOutput {
  constructor(
    private readonly response: ServerResponse | Http2ServerResponse,
    private readonly headers: HttpHeaders,
  ) {}

  get queuedBytes(): number {
    const { response } = this;
    return 'stream' in response ? response.stream.writableLength : response.writableLength;
  }

  begin(): void {
    const { response } = this;
    setHeaders(response, { ...this.headers, ...FLV_HEADERS });
    if (!('stream' in response)) {
      // The body ends with the connection: chunked coding would add a write for every batch.
      response.setHeader('Connection', 'close');
      response.removeHeader('Transfer-Encoding');
    }
    response.writeHead(200);
    if ('flushHeaders' in response) response.flushHeaders();
  }

  refuse(status: RtmpStatus): void {
    const { response } = this;
    setHeaders(response, { ...this.headers, 'Content-Type': 'application/json; charset=utf-8' });
    response.writeHead(status.code === 'NetStream.Play.StreamNotFound' ? 404 : 403);
    response.end(JSON.stringify({ code: status.code, description: status.description }));
  }

  write(bytes: Uint8Array): void {
    (this.response as ServerResponse).write(bytes);
  }

  end(): void {
    this.response.end();
  }
}

/** What says that it is FLV and is not to be kept. */
export const FLV_HEADERS: HttpHeaders = { 'Content-Type': 'video/x-flv', 'Cache-Control': 'no-store' };

/** Sets headers of either protocol. */
export function setHeaders(response: ServerResponse | Http2ServerResponse, headers: HttpHeaders): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}
