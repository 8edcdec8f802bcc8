import type { RequestHead } from '../http/request-head.js';
import type { HlsAnswer } from './hls-answer.js';
import type { HlsReply } from './hls-reply.js';

/** The answer to a request of a connection that is read without node:http; it may have to wait for its turn. */
export class HlsWireReply implements HlsReply {
  answer: HlsAnswer | undefined;
  #onGone: (() => void) | undefined;

  constructor(
    readonly head: RequestHead,
    private readonly onAnswered: () => void,
  ) {}

  send(answer: HlsAnswer): void {
    if (this.answer !== undefined) return;
    this.answer = answer;
    this.#onGone = undefined;
    this.onAnswered();
  }

  onGone(callback: () => void): void {
    this.#onGone = callback;
  }

  /** The client has gone. */
  abort(): void {
    const onGone = this.#onGone;
    this.#onGone = undefined;
    onGone?.();
  }
}
