import type { HttpResponse } from '../http/rtmpt-http-request.js';
import type { HlsAnswer } from './hls-answer.js';

/** Answers that may be read at a time. */
const MAX_READS = 256;
/** Bytes of answers that may be on their way. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Milliseconds a client may take nothing before it is cut off: what it asked for is in memory for it. */
const MAX_STALL = 60_000;

/** Memory of answers that are each their client's own, as those are that come from a storage. */
export class HlsAnswerBudget {
  #bytes = 0;
  #reads = 0;

  constructor(private readonly limits = { maxReads: MAX_READS, maxBytes: MAX_BYTES, maxStall: MAX_STALL }) {}

  /** Reads an answer; undefined when clients have to take what they asked for first. */
  async read<T>(answerOf: () => Promise<T>): Promise<T | undefined> {
    if (this.#bytes >= this.limits.maxBytes || this.#reads >= this.limits.maxReads) return undefined;
    this.#reads++;
    try {
      return await answerOf();
    } finally {
      this.#reads--;
    }
  }

  /** An answer is about to be sent. */
  spend(response: Pick<HttpResponse, 'destroyed' | 'once' | 'setTimeout' | 'destroy'>, { body }: HlsAnswer): void {
    if (response.destroyed) return;
    const bytes = body.reduce((sum, { length }) => sum + length, 0);
    this.#bytes += bytes;
    response.once('close', () => (this.#bytes -= bytes));
    response.setTimeout(this.limits.maxStall, () => response.destroy());
  }
}
