import { isObservable, type Observable } from 'rxjs';
import { MediaBacklog, type MediaBacklogLimits } from './media-backlog.js';
import type { MediaConsumer } from './media-handler-run.js';
import type { RtmpMediaMessage } from './rtmp-media-message.js';

/** How a consumer's handler went on. */
export interface SerialConsumerObserver {
  /** A call failed; none follows. */
  onError(error: unknown): void;
  /** No call is under way, and none follows. Called once. */
  onDone(): void;
}

/**
 * Calls a handler message by message, in order, never two at a time: while a
 * promise or an observable it returned is open, messages wait in a bounded
 * backlog. A handler that returns neither is called at once and costs no more
 * than that.
 */
export class SerialConsumer implements MediaConsumer {
  readonly #handle: (message: RtmpMediaMessage) => unknown;
  readonly #observer: SerialConsumerObserver;
  readonly #limits: MediaBacklogLimits;
  #backlog: MediaBacklog | undefined;
  #state: 'taking' | 'ended' | 'stopped' = 'taking';
  #isBusy = false;
  #isDone = false;

  constructor(
    handle: (message: RtmpMediaMessage) => unknown,
    limits: MediaBacklogLimits,
    observer: SerialConsumerObserver,
  ) {
    this.#handle = handle;
    this.#limits = limits;
    this.#observer = observer;
  }

  get dropped(): number {
    return this.#backlog?.dropped ?? 0;
  }

  get waitingMessages(): number {
    return this.#backlog?.length ?? 0;
  }

  get waitingBytes(): number {
    return this.#backlog?.bytes ?? 0;
  }

  take(message: RtmpMediaMessage): void {
    if (this.#state !== 'taking') return;
    if (this.#isBusy) {
      (this.#backlog ??= new MediaBacklog(this.#limits)).push(message);
      return;
    }
    const open = this.#call(message);
    if (open !== undefined) void this.#drain(open);
    else if (this.#isOver) this.#finish();
  }

  end(): void {
    if (this.#state === 'taking') this.#state = 'ended';
    if (!this.#isBusy) this.#finish();
  }

  giveUp(): void {
    this.#backlog?.clear();
    this.stop();
  }

  /** Takes no more; what waits is not handed out. */
  stop(): void {
    this.#state = 'stopped';
    this.#backlog?.take();
    if (!this.#isBusy) this.#finish();
  }

  get #isOver(): boolean {
    return this.#state !== 'taking';
  }

  #call(message: RtmpMediaMessage): PromiseLike<unknown> | undefined {
    try {
      const result = this.#handle(message);
      return typeof result === 'object' && result !== null ? completionOf(result) : undefined;
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
        const value = await open;
        if (isObservable(value)) await completed(value);
      } catch (error) {
        this.#fail(error);
      }
      const next = this.#state === 'stopped' ? undefined : this.#backlog?.shift();
      if (next === undefined) break;
      open = this.#call(next);
    }
    this.#isBusy = false;
    if (this.#isOver) this.#finish();
  }

  #fail(error: unknown): void {
    this.#state = 'stopped';
    this.#backlog?.take();
    this.#observer.onError(error);
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#observer.onDone();
  }
}

/** When what a handler returned is over; undefined when there is nothing to wait for. */
function completionOf(result: object): PromiseLike<unknown> | undefined {
  if (typeof (result as PromiseLike<unknown>).then === 'function') return result as PromiseLike<unknown>;
  return isObservable(result) ? completed(result) : undefined;
}

function completed(values: Observable<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    values.subscribe({ error: reject, complete: resolve });
  });
}
