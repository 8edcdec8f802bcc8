import { type HlsAnswer, refusalAnswer } from './hls-answer.js';
import type { HlsReply } from './hls-reply.js';
import type { HlsViewer } from './hls-viewer.js';
import type { HlsWaiter } from './hls-waiting.js';

/** The answer to those who were sent away, and to those who never came in. */
export const UNKNOWN_VIEWER = refusalAnswer(
  403,
  'NetStream.Play.Failed',
  'The viewer is not known, or not any more: ask for the stream.',
);

/** One request for a file of a broadcast, until it is answered or its client is gone. */
export class HlsExchange implements HlsWaiter<HlsAnswer> {
  deadline = Infinity;
  /** Whose request it is; undefined when viewers are not told apart. */
  viewer: HlsViewer | undefined;
  #state: 'new' | 'held' | 'done' = 'new';

  constructor(private readonly reply: HlsReply) {}

  answer(answer: HlsAnswer): void {
    if (this.#state === 'done') return;
    this.#finish();
    // It may have been sent away while it waited.
    const isGone = this.viewer?.isGone === true;
    this.reply.send(isGone ? UNKNOWN_VIEWER : answer);
  }

  /**
   * It is not answered at once.
   *
   * @param onGone its client is gone, and it need not be answered any more
   */
  hold(onGone: () => void): void {
    this.#state = 'held';
    if (this.viewer !== undefined) this.viewer.waiting++;
    this.reply.onGone(() => {
      if (this.#state === 'done') return;
      this.#finish();
      onGone();
    });
  }

  #finish(): void {
    if (this.#state === 'held' && this.viewer !== undefined) {
      this.viewer.waiting--;
      this.viewer.lastSeen = performance.now();
    }
    this.#state = 'done';
  }
}
