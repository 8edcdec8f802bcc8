import type { HttpHeaders } from '../http/http-flv-channel.js';
import type { HttpRequest, HttpResponse } from '../http/rtmpt-http-request.js';
import type { HlsAnswer } from './hls-answer.js';
import { sendHlsAnswer } from './send-hls-answer.js';

/** Where the answer to one request for a file goes. */
export interface HlsReply {
  /** Sends it in the form the client asked for; called once. */
  send(answer: HlsAnswer): void;
  /** @param callback is called when the client has gone, once, answered or not */
  onGone(callback: () => void): void;
}

/** The answer to a request of node:http or node:http2. */
export class HlsHttpReply implements HlsReply {
  /** @param headers those of every answer */
  constructor(
    private readonly request: HttpRequest,
    private readonly response: HttpResponse,
    private readonly headers: HttpHeaders,
  ) {}

  send(answer: HlsAnswer): void {
    sendHlsAnswer(this.request, this.response, answer, this.headers);
  }

  onGone(callback: () => void): void {
    this.response.on('close', callback);
  }
}
