import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from './clock.js';
import type { LoadJob, PublishJobOptions, PublishResult } from './load-job.js';
import { MediaPattern } from './media-pattern.js';
import { OutgoingStream } from './outgoing-stream.js';
import { RtmpLink } from './rtmp-link.js';
import { Samples } from './samples.js';

/** The event loop gets its turn so often, in milliseconds. */
const TURN = 4;
/** How much later than asked for a timer may come, in milliseconds. */
const TIMER_PRECISION = 1.5;
/** How often to look for publishers when there are none, in milliseconds. */
const IDLE_INTERVAL = 20;
/** Nobody wakes who waits for it. */
const never = new Int32Array(new SharedArrayBuffer(4));

interface Publisher {
  readonly link: RtmpLink;
  readonly stream: OutgoingStream;
  readonly pattern: MediaPattern;
  readonly startedAt: number;
}

/** Name that publisher `index` of so many publishes under. */
export function streamName(index: number): string {
  return `bench${index}`;
}

/** Publishers that send each message alone, when it is due, as encoders do. */
export class PublishJob implements LoadJob {
  readonly #options: PublishJobOptions;
  readonly #publishers: Publisher[] = [];
  readonly #lateness = new Samples();
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #isMeasuring = false;
  #windowBytes = 0;

  constructor(options: PublishJobOptions) {
    this.#options = options;
  }

  /** Resolves when all publish; each begins as soon as it may. */
  async start(): Promise<void> {
    const { count, ramp } = this.#options;
    this.#schedule();
    const openings: Array<Promise<void>> = [];
    for (let index = 0; index < count; index++) {
      if (index > 0) await sleep(1000 / ramp);
      const opening = this.#open(index);
      opening.catch(() => {}); // whoever waits for all of them hears of it
      openings.push(opening);
    }
    await Promise.all(openings);
  }

  beginWindow(): void {
    this.#isMeasuring = true;
  }

  endWindow(): void {
    this.#isMeasuring = false;
  }

  async finish(): Promise<PublishResult> {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    const stoppedAt = monotonicNow();
    const backlog = Math.max(0, ...this.#publishers.map(({ link }) => link.queuedBytes));
    const open = this.#publishers.filter(({ link }) => !link.isClosed);
    const closedEarly = this.#publishers.length - open.length;
    await Promise.allSettled(open.map(({ link }) => link.fence()));
    const drainTime = monotonicNow() - stoppedAt;
    for (const { link, stream } of open) link.end(stream.messageStreamId);
    const sent = this.#publishers.map(({ stream }) => stream.sent);
    const lateness = this.#lateness.percentile(0.99) ?? 0;
    return { windowBytes: this.#windowBytes, sent, closedEarly, backlog, drainTime, lateness };
  }

  async #open(index: number): Promise<void> {
    const { port, media, chunkSize } = this.#options;
    const link = await RtmpLink.open({ port });
    const stream = new OutgoingStream(index, await link.publish(streamName(index), chunkSize), chunkSize);
    stream.begin(link);
    this.#publishers.push({ link, stream, pattern: new MediaPattern(media, index), startedAt: monotonicNow() });
  }

  /**
   * Sends what is due. A timer of Node is good to a millisecond, in which many publishers would all send at once, and one
   * wake-up of the server would do for all of them; so short times are waited for in place.
   */
  #schedule(): void {
    const until = monotonicNow() + TURN;
    for (;;) {
      const now = monotonicNow();
      const wait = this.#sendDue(now) - now;
      if (wait > TIMER_PRECISION) {
        this.#timer = setTimeout(() => this.#schedule(), wait - TIMER_PRECISION);
        return;
      }
      if (now > until) break;
      if (wait > 0) Atomics.wait(never, 0, 0, wait);
    }
    this.#immediate = setImmediate(() => this.#schedule());
  }

  /** When the next message is due. */
  #sendDue(now: number): number {
    let next = now + IDLE_INTERVAL;
    for (const publisher of this.#publishers) {
      while (publisher.startedAt + publisher.pattern.due <= now) this.#send(publisher, now);
      next = Math.min(next, publisher.startedAt + publisher.pattern.due);
    }
    return next;
  }

  #send({ link, stream, pattern, startedAt }: Publisher, now: number): void {
    const message = pattern.next();
    if (link.isClosed) return;
    const bytes = Buffer.allocUnsafe(stream.measure(message));
    stream.write(bytes, 0, message, monotonicNow());
    link.write(bytes);
    if (!this.#isMeasuring) return;
    this.#windowBytes += message.length;
    this.#lateness.add(now - startedAt - message.time);
  }
}
