import type { ServerResponse } from 'node:http';
import { parseByteRange } from '../http/byte-range.js';
import { type HttpHeaders, setHeaders } from '../http/http-flv-channel.js';
import type { HttpRequest, HttpResponse } from '../http/rtmpt-http-request.js';

/** What a request is answered. */
export interface HlsAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** One behind the other. */
  readonly body: readonly Uint8Array[];
}

const NO_STORE: HttpHeaders = { 'Cache-Control': 'no-store' };
/** Names are never used again: what is behind one is always the same. */
const FOREVER = 'max-age=3600, immutable';
const SECONDS_TO_WAIT = '1';

/** Who may keep an answer: everybody on the way, or nobody but the viewer whose URI it is. */
export type CacheScope = 'public' | 'private';

/** A playlist. */
export function playlistAnswer(text: Uint8Array, cacheControl: string): HlsAnswer {
  const headers = { 'Content-Type': 'application/vnd.apple.mpegurl', 'Cache-Control': cacheControl };
  return { status: 200, headers, body: [text] };
}

/** An init segment, a segment or a part. */
export function mediaAnswer(body: readonly Uint8Array[], contentType: string, scope: CacheScope): HlsAnswer {
  const caching = { 'Cache-Control': `${scope}, ${FOREVER}`, 'Accept-Ranges': 'bytes' };
  return { status: 200, headers: { 'Content-Type': contentType, ...caching }, body };
}

/** A refusal, with what is wrong. */
export function refusalAnswer(status: number, code: string, description: string): HlsAnswer {
  const headers: Record<string, string> = { 'Content-Type': 'application/json; charset=utf-8', ...NO_STORE };
  if (status === 503) headers['Retry-After'] = SECONDS_TO_WAIT;
  return { status, headers, body: [Buffer.from(JSON.stringify({ code, description }))] };
}

/** Headers that let pages of other origins play; none when that is not wanted. */
export function corsHeaders(cors: string | false): HttpHeaders {
  if (cors === false) return {};
  return {
    'Access-Control-Allow-Origin': cors,
    'Access-Control-Expose-Headers': 'Content-Length, Content-Range, Age, Date',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Timing-Allow-Origin': cors,
  };
}

/** The answer to a preflight request. */
export function preflightAnswer(cors: string | false): HlsAnswer {
  if (cors === false) return { status: 204, headers: {}, body: [] };
  const headers = {
    'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
    'Access-Control-Allow-Headers': 'Range, Authorization',
    'Access-Control-Max-Age': '86400',
  };
  return { status: 204, headers, body: [] };
}

/** Sends an answer, the asked for range of it, or its headers alone. */
export function send(request: HttpRequest, response: HttpResponse, answer: HlsAnswer, common: HttpHeaders): void {
  if (response.destroyed || response.writableEnded) return;
  const { status, headers, body } = rangeOf(answer, request.headers.range);
  setHeaders(response, common);
  setHeaders(response, headers);
  if (status !== 204) response.setHeader('Content-Length', String(lengthOf(body)));
  response.writeHead(status);
  const stream = response as ServerResponse;
  const chunks = request.method === 'HEAD' ? [] : body;
  // The last one goes with the end, and a single one with the headers: every write costs.
  for (const bytes of chunks.slice(0, -1)) stream.write(bytes);
  stream.end(chunks.at(-1));
}

/** The asked for range of an answer that has ranges. */
function rangeOf(answer: HlsAnswer, header: string | undefined): HlsAnswer {
  if (header === undefined || answer.status !== 200 || !('Accept-Ranges' in answer.headers)) return answer;
  const length = lengthOf(answer.body);
  const range = parseByteRange(header, length);
  if (range === 'all') return answer;
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { 'Content-Range': `bytes */${length}`, ...NO_STORE }, body: [] };
  }
  const { from, to } = range;
  const headers = { ...answer.headers, 'Content-Range': `bytes ${from}-${to - 1}/${length}` };
  return { status: 206, headers, body: [Buffer.concat(answer.body).subarray(from, to)] };
}

function lengthOf(body: readonly Uint8Array[]): number {
  return body.reduce((sum, bytes) => sum + bytes.length, 0);
}
