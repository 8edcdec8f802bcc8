import { MediaBacklog, type MediaBacklogLimits } from './media-backlog.js';
import type { MediaConsumer } from './rtmp-media-open.js';
import type { RtmpMediaMessage } from './rtmp-media-message.js';

/**
 * Calls a handler message by message, in order, never two at a time: while a
 * promise it returned is open, messages wait in a bounded backlog. A handler
 * that returns none is called at once and costs no more than that.
 */
export class SerialConsumer {
  readonly #handle: MediaConsumer;
  readonly #onError: (error: unknown) => void;
  readonly #limits: MediaBacklogLimits;
  #backlog: MediaBacklog | undefined;
  #isBusy = false;
  #isStopped = false;

  constructor(handle: MediaConsumer, limits: MediaBacklogLimits, onError: (error: unknown) => void) {
    this.#handle = handle;
    this.#limits = limits;
    this.#onError = onError;
  }

  /** Messages given up because the handler was slow. */
  get dropped(): number {
    return this.#backlog?.dropped ?? 0;
  }

  readonly take = (message: RtmpMediaMessage): void => {
    if (this.#isStopped) return;
    if (this.#isBusy) {
      (this.#backlog ??= new MediaBacklog(this.#limits)).push(message);
      return;
    }
    const open = this.#call(message);
    if (open !== undefined) void this.#drain(open);
  };

  /** Takes no more; what waits is not handed out. */
  stop(): void {
    this.#isStopped = true;
  }

  #call(message: RtmpMediaMessage): PromiseLike<unknown> | undefined {
    try {
      const result = this.#handle(message);
      return isPromiseLike(result) ? result : undefined;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  async #drain(first: PromiseLike<unknown>): Promise<void> {
    this.#isBusy = true;
    let open: PromiseLike<unknown> | undefined = first;
    for (;;) {
      try {
        await open;
      } catch (error) {
        this.#fail(error);
      }
      const next = this.#isStopped ? undefined : this.#backlog?.shift();
      if (next === undefined) break;
      open = this.#call(next);
    }
    this.#isBusy = false;
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    this.stop();
    this.#onError(error);
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}
