import type { StreamAddress } from '#lib/rtmp';
import type { RtmpMediaKind } from '../handlers/rtmp-pattern.js';
import type { MediaBacklogLimits } from './media-backlog.js';
import type { RtmpMediaMessage } from './rtmp-media-message.js';

/** Takes one message; a promise means that the next has to wait. */
export type MediaConsumer = (message: RtmpMediaMessage) => unknown;

/**
 * What guards, pipes, interceptors and custom parameter decorators of a media
 * handler see: they run once, when a publish begins and before the publisher
 * is told so. A refusal there refuses the publish.
 *
 * @publicApi
 */
export class RtmpMediaOpen {
  #consumer: MediaConsumer | undefined;
  #backlog: { readonly dropped: number } | undefined;
  #onAttach: (() => void) | undefined;
  #onEnd: (() => void)[] = [];
  #isEnded = false;

  constructor(
    readonly kind: RtmpMediaKind,
    /** Of `@RtmpData(name)`. */
    readonly dataName: string | undefined,
    /** The stream that is about to be published. */
    readonly stream: StreamAddress,
    /** @internal */
    readonly limits: MediaBacklogLimits,
  ) {}

  /** @internal What takes the messages, once the handler's pipeline let it through. */
  get consumer(): MediaConsumer | undefined {
    return this.#consumer;
  }

  /** @internal Messages given up because the handler was slow. */
  get dropped(): number {
    return this.#backlog?.dropped ?? 0;
  }

  /** @internal Whether it ever had a consumer. */
  get isAttached(): boolean {
    return this.#backlog !== undefined;
  }

  /** @internal */
  attach(consumer: MediaConsumer, backlog: { readonly dropped: number }): void {
    this.#consumer = consumer;
    this.#backlog = backlog;
    this.#onAttach?.();
  }

  /** @internal */
  detach(): void {
    this.#consumer = undefined;
  }

  /** @internal */
  whenAttached(callback: () => void): void {
    if (this.#consumer === undefined) this.#onAttach = callback;
    else callback();
  }

  /** @internal */
  whenEnded(callback: () => void): void {
    if (this.#isEnded) callback();
    else this.#onEnd.push(callback);
  }

  /** @internal The publish ended. May be called twice. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#consumer = undefined;
    for (const callback of this.#onEnd) callback();
    this.#onEnd = [];
  }
}
