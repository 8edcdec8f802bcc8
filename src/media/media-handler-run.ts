import type { MediaBacklogLimits } from './media-backlog.js';
import type { RtmpMediaMessage } from './rtmp-media-message.js';

/** What takes the messages of a publish for one handler. */
export interface MediaConsumer {
  /** Messages given up because the handler was slow. */
  readonly dropped: number;
  readonly waitingMessages: number;
  readonly waitingBytes: number;
  take(message: RtmpMediaMessage): void;
  /** No message follows; what waits is still handed out. */
  end(): void;
  /** Hands out nothing more, and counts what waits as dropped. */
  giveUp(): void;
}

/**
 * A media handler during one publish.
 *
 * ```
 * opening --attach()--> taking --end()--> handing out what waits --> idle
 *                          '--failure, or an interceptor left------> idle, once the call under way is over
 * ```
 */
export class MediaHandlerRun {
  /** Settles when no call of the handler is under way, nor anything around it, and none follows. */
  readonly whenIdle: Promise<void>;
  readonly #onAttached: Array<() => void> = [];
  /** What gets the messages of the publish; undefined while nothing does. */
  #taking: MediaConsumer | undefined;
  #latest: MediaConsumer | undefined;
  /** An interceptor that subscribes again attaches another. */
  readonly #consumers = new Set<MediaConsumer>();
  #resolveIdle!: () => void;
  /** What has failed may still have a call under way. */
  readonly #failed = new Set<MediaConsumer>();
  #error: unknown;
  #hasEnded = false;
  #wasLeft = false;
  #isClosed = false;

  /** @param onLateFailure a call failed that nobody waits for any more, since an interceptor had left */
  constructor(
    readonly limits: MediaBacklogLimits,
    private readonly onLateFailure: (error: unknown) => void,
  ) {
    this.whenIdle = new Promise((resolve) => (this.#resolveIdle = resolve));
  }

  get taking(): MediaConsumer | undefined {
    return this.#taking;
  }

  /** Whether it ever took messages. */
  get isAttached(): boolean {
    return this.#latest !== undefined;
  }

  /** What the handler threw, or undefined. */
  get error(): unknown {
    return this.#error;
  }

  /** Whether an interceptor unsubscribed before the handler was done, e.g. because it limits the time. */
  get wasLeft(): boolean {
    return this.#wasLeft;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get dropped(): number {
    return this.#latest?.dropped ?? 0;
  }

  get waitingMessages(): number {
    return this.#latest?.waitingMessages ?? 0;
  }

  get waitingBytes(): number {
    return this.#latest?.waitingBytes ?? 0;
  }

  attach(consumer: MediaConsumer): void {
    this.#consumers.add(consumer);
    this.#latest = consumer;
    if (this.#hasEnded) consumer.end();
    else this.#taking = consumer;
    for (const callback of this.#onAttached.splice(0)) callback();
  }

  /** Calls back as soon as it takes messages: the handler's pipeline let it through. */
  whenAttached(callback: () => void): void {
    if (this.isAttached) callback();
    else this.#onAttached.push(callback);
  }

  /** It wants no more messages. */
  detach(consumer: MediaConsumer): void {
    if (this.#taking === consumer) this.#taking = undefined;
  }

  /** A call of it failed: it gets no more. */
  fail(consumer: MediaConsumer, error: unknown): void {
    this.detach(consumer);
    this.#failed.add(consumer);
    this.#error = error;
    if (this.#wasLeft) this.onLateFailure(error);
  }

  /** Nobody is subscribed to it any more. */
  leave(consumer: MediaConsumer): void {
    this.detach(consumer);
    if (this.#consumers.has(consumer) && !this.#failed.has(consumer)) this.#wasLeft = true;
  }

  /** No call of it is under way, and none follows. */
  finish(consumer: MediaConsumer): void {
    this.detach(consumer);
    this.#consumers.delete(consumer);
    this.#checkIdle();
  }

  /** The pipeline around the handler is over. */
  close(): void {
    this.#isClosed = true;
    this.#checkIdle();
  }

  /** The publish ended. May be called twice. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#taking?.end();
    this.#taking = undefined;
  }

  /** @returns how many messages waited that the handler does not get */
  giveUp(): number {
    const { dropped } = this;
    for (const consumer of this.#consumers) consumer.giveUp();
    return this.dropped - dropped;
  }

  #checkIdle(): void {
    if (this.#isClosed && this.#consumers.size === 0) this.#resolveIdle();
  }
}
