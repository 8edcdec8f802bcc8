import { MediaBacklog, type MediaBacklogLimits } from './media-backlog.js';
import type { MediaConsumer } from './media-handler-run.js';
import type { RtmpMediaBatch, RtmpMediaFeed, RtmpMediaMessage } from './rtmp-media-message.js';

type Result = IteratorResult<RtmpMediaBatch, undefined>;

const DONE: Result = Object.freeze({ value: undefined, done: true });

/** The messages of one publish for one consumer that pulls. */
export class MediaFeed implements RtmpMediaFeed, MediaConsumer, AsyncIterator<RtmpMediaBatch, undefined> {
  readonly #backlog: MediaBacklog;
  readonly #onLeave: () => void;
  #waiting: ((result: Result) => void) | undefined;
  #isEnded = false;

  /** @param onLeave the consumer left its loop: it wants no more */
  constructor(limits: MediaBacklogLimits, onLeave: () => void) {
    this.#backlog = new MediaBacklog(limits);
    this.#onLeave = onLeave;
  }

  get dropped(): number {
    return this.#backlog.dropped;
  }

  get waitingMessages(): number {
    return this.#backlog.length;
  }

  get waitingBytes(): number {
    return this.#backlog.bytes;
  }

  take(message: RtmpMediaMessage): void {
    if (this.#isEnded) return;
    this.#backlog.push(message);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  giveUp(): void {
    this.#backlog.clear();
    this.end();
  }

  [Symbol.asyncIterator](): AsyncIterator<RtmpMediaBatch, undefined> {
    return this;
  }

  next(): Promise<Result> {
    const ready = this.#ready();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.#waiting !== undefined) {
      return Promise.reject(new TypeError('A media feed has one reader: await next() before the next next().'));
    }
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<Result> {
    this.#backlog.take();
    this.end();
    this.#onLeave();
    return Promise.resolve(DONE);
  }

  #ready(): Result | undefined {
    const batch = this.#backlog.take();
    if (batch !== undefined) return { value: batch, done: false };
    return this.#isEnded ? DONE : undefined;
  }

  #wake(): void {
    if (this.#waiting === undefined) return;
    const ready = this.#ready();
    if (ready === undefined) return;
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve(ready);
  }
}
