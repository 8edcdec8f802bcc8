import type { ServerResponse } from 'node:http';
import { acceptsGzip } from '../http/accepts-gzip.js';
import { parseByteRange } from '../http/byte-range.js';
import type { HttpHeaders } from '../http/http-flv-channel.js';
import type { HttpRequest, HttpResponse } from '../http/rtmpt-http-request.js';
import { HlsAnswer, NO_STORE } from './hls-answer.js';

/**
 * Sends an answer in the coding the client accepts, the asked for range of it, or its headers alone.
 *
 * @param common headers of every answer
 */
export function sendHlsAnswer(
  request: HttpRequest,
  response: HttpResponse,
  answer: HlsAnswer,
  common: HttpHeaders,
): void {
  if (response.destroyed || response.writableEnded) return;
  const asked = variantOf(answer, request);
  const { status, body } = asked;
  if ('createPushResponse' in response) {
    response.writeHead(status, {
      ...common,
      ...asked.headers,
      ...(status !== 204 && { 'Content-Length': asked.length }),
    });
  } else response.writeHead(status, asked.fieldsWith(common) as string[]);
  const stream = response as ServerResponse;
  if (request.method === 'HEAD' || body.length === 0) {
    stream.end();
    return;
  }
  // The last one goes with the end, and a single one with the headers: every write costs.
  const last = body.length - 1;
  for (let i = 0; i < last; i++) stream.write(body[i]);
  stream.end(body[last]);
}

function variantOf(answer: HlsAnswer, { headers }: HttpRequest): HlsAnswer {
  if (answer.hasRanges) return headers.range === undefined ? answer : rangeOf(answer, headers.range);
  const coding = headers['accept-encoding'];
  return acceptsGzip(Array.isArray(coding) ? coding.join() : coding) ? (answer.gzip ?? answer) : answer;
}

/** The asked for range of an answer that has ranges. */
function rangeOf(answer: HlsAnswer, header: string): HlsAnswer {
  const { length } = answer;
  const range = parseByteRange(header, length);
  if (range === 'all') return answer;
  if (range === 'unsatisfiable') {
    return new HlsAnswer(416, { 'Content-Range': `bytes */${length}`, ...NO_STORE }, []);
  }
  const { from, to } = range;
  const headers = { ...answer.headers, 'Content-Range': `bytes ${from}-${to - 1}/${length}` };
  return new HlsAnswer(206, headers, [Buffer.concat(answer.body).subarray(from, to)]);
}
