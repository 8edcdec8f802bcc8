import type { ServerResponse } from 'node:http';
import type { HttpHeaders } from '../http/http-flv-channel.js';
import type { HttpRequest, HttpResponse } from '../http/rtmpt-http-request.js';
import type { HlsAnswer } from './hls-answer.js';
import { variantOf } from './hls-variant.js';

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
  const { range, 'accept-encoding': coding } = request.headers;
  const asked = variantOf(answer, { range, acceptEncoding: Array.isArray(coding) ? coding.join() : coding });
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
