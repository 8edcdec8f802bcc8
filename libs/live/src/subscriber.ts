import type { Batch, StartPoint } from './batch.js';
import type { LiveStream } from './live-stream.js';
import type { StreamCounters } from './stream-counters.js';
import type { StreamFeed } from './stream-feed.js';

/** Where a subscriber's bytes go: a socket, a response. */
export interface SubscriberSink {
  /** The way it goes, e.g. `http-flv`, for those who count. */
  readonly kind?: string;
  /** Bytes written that have not left yet. */
  readonly queuedBytes: number;
  /** Takes bytes, which are shared with others and must not be changed. */
  write(bytes: Uint8Array): void;
  /** The stream ended, or the subscriber is too slow: nothing follows. */
  end(reason: SubscriberEnd): void;
  /** The publisher came back: its new stream goes on as the one before. */
  continued?(stream: LiveStream): void;
}

/** Why a subscription ended by itself. */
export type SubscriberEnd = 'stream ended' | 'too slow';

/** What a subscriber that reads slower than the stream is allowed. */
export interface SlowSubscriberPolicy {
  /** Bytes that may wait in its socket before it is sent no more. Defaults to 512 KiB. */
  maxQueuedBytes: number;
  /** Bytes it may be behind the stream before it has to skip to a newer key frame. Defaults to 4 MiB. */
  maxLagBytes: number;
  /** Time that what waits in its socket may take to leave before it is closed, in milliseconds. Defaults to 30,000. */
  maxBlockedTime: number;
}

/** Defaults of {@link SlowSubscriberPolicy}. */
export const DEFAULT_SLOW_SUBSCRIBER_POLICY: Readonly<SlowSubscriberPolicy> = Object.freeze({
  maxQueuedBytes: 512 * 1024,
  maxLagBytes: 4 * 1024 * 1024,
  maxBlockedTime: 30_000,
});

/** What a subscriber was sent, and what not. */
export interface SubscriberCounters {
  bytes: number;
  /** Times it skipped, to a key frame if there are any. */
  skips: number;
  /** Bytes it was not sent because of that. */
  skippedBytes: number;
}

/**
 * One reader of a feed. It has no queue: only a place in the chain of batches.
 * While its socket is full it stays where it is; when it falls too far behind
 * it goes on at a newer key frame.
 *
 * ```
 * waiting --key frame--> live --socket full--> blocked --drained--> live
 *                          ^--drained, too far behind: at a key frame--'
 * ```
 *
 * One that is paused keeps its place as long as that costs nothing.
 */
export class LiveSubscriber {
  readonly counters: Readonly<SubscriberCounters> = { bytes: 0, skips: 0, skippedBytes: 0 };
  readonly #feed: StreamFeed;
  readonly #sink: SubscriberSink;
  readonly #policy: Readonly<SlowSubscriberPolicy>;
  /** The batch sent last; undefined while it has no place. */
  #sent: Batch | undefined;
  /** Position in the feed up to which it was sent; undefined before it has begun. */
  #position: number | undefined;
  #startTime: number | undefined;
  /** Whether the stream has been told what this one was sent. */
  #hasDeparted = false;
  #isPaused = false;
  #isBlocked = false;
  #blockedSince = 0;

  constructor(feed: StreamFeed, sink: SubscriberSink, policy: Readonly<SlowSubscriberPolicy>) {
    this.#feed = feed;
    this.#sink = sink;
    this.#policy = policy;
  }

  /** The way its bytes go; undefined when its sink does not say. */
  get kind(): string | undefined {
    return this.#sink.kind;
  }

  /** The stream it reads. */
  get stream(): LiveStream {
    return this.#feed.stream;
  }

  /** Stream time of the key frame it began at; undefined before, and when it did not begin at one. */
  get startTime(): number | undefined {
    return this.#startTime;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Bytes it is behind what has been flushed; 0 before it has begun. */
  get lag(): number {
    return this.#feed.position - (this.#position ?? this.#feed.position);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Begins, or goes on, at a key frame, headers first. One whose socket is full does so when it has drained. */
  startAt({ batch, offset, position, timestamp }: StartPoint, head: Uint8Array, now: number): void {
    if (this.#isFull) {
      this.#block(now);
      return;
    }
    if (this.#position === undefined) this.#startTime = timestamp;
    this.#countSkip(position);
    this.write(head);
    this.write(offset === 0 ? batch.bytes : batch.bytes.subarray(offset));
    this.#sent = batch;
    this.#position = batch.end;
  }

  /** Begins, or goes on, behind what was sent so far, as one can with audio alone. */
  startBehind(batch: Batch, head: Uint8Array, now: number): void {
    if (this.#isFull) {
      this.#block(now);
      return;
    }
    this.#countSkip(batch.end);
    this.write(head);
    this.#sent = batch;
    this.#position = batch.end;
  }

  /** Sends what is new; runs for every subscriber at every flush. */
  pump(now: number): void {
    if (this.#isPaused) {
      this.#keepPlace();
      return;
    }
    if (this.#isBlocked) {
      this.#whileBlocked(now);
      return;
    }
    for (let batch = this.#sent?.next; batch !== undefined; batch = batch.next) {
      if (this.#isFull) {
        this.#block(now);
        return;
      }
      this.write(batch.bytes);
      this.#sent = batch;
      this.#position = batch.end;
    }
  }

  /** The socket has room again. */
  onDrain(now: number): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    if (!this.#isPaused) this.#goOn(now, this.#policy.maxLagBytes / 2);
  }

  /** Sends nothing until resume(). */
  pause(): void {
    this.#isPaused = true;
    this.#feed.displace(this);
  }

  /** Goes on at the newest key frame, or where it stopped when there has been none since. */
  resume(now: number): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isBlocked) this.#goOn(now, 0);
  }

  /** Sends what the feed keeps back for a while. */
  catchUp(now: number): void {
    this.#feed.flush(now);
  }

  /** Ends the subscription; its sink is not told. */
  leave(): void {
    this.#letGo();
    this.#feed.remove(this);
  }

  /** @internal Its feed goes on with another stream. */
  onContinued(): void {
    this.#sink.continued?.(this.stream);
  }

  /** Nothing follows: sends what is left, even if the socket is full, and tells the sink. */
  end(reason: SubscriberEnd): void {
    if (reason === 'stream ended' && !this.#isPaused && this.lag <= this.#policy.maxLagBytes) {
      for (let batch = this.#sent?.next; batch !== undefined; batch = batch.next) this.write(batch.bytes);
    }
    this.#letGo();
    this.#sink.end(reason);
  }

  /** Writes at once, wherever it stands. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    (this.counters as SubscriberCounters).bytes += bytes.length;
    this.#sink.write(bytes);
  }

  get #isFull(): boolean {
    return this.#sink.queuedBytes > this.#policy.maxQueuedBytes;
  }

  /** Nothing follows, whatever its socket does. */
  #letGo(): void {
    if (!this.#hasDeparted) (this.stream.counters as StreamCounters).departedBytes += this.counters.bytes;
    this.#hasDeparted = true;
    this.#sent = undefined;
    this.#isBlocked = false;
    this.#isPaused = false;
  }

  #block(now: number): void {
    this.#isBlocked = true;
    this.#blockedSince = now;
  }

  #whileBlocked(now: number): void {
    // Not every sink says that it has drained when it was never full by its own measure.
    if (this.#sink.queuedBytes <= this.#policy.maxQueuedBytes / 2) {
      this.onDrain(now);
    } else if (now - this.#blockedSince > this.#policy.maxBlockedTime) {
      this.#feed.remove(this);
      this.end('too slow');
    } else {
      this.#keepPlace();
    }
  }

  /** Lets go of batches that it alone would keep in memory. */
  #keepPlace(): void {
    if (this.#sent === undefined || this.lag <= this.#policy.maxLagBytes) return;
    const start = this.#feed.startPoint;
    if (start === undefined || start.position > this.#position!) this.#sent = undefined;
  }

  #goOn(now: number, maxLag: number): void {
    const start = this.#feed.startPoint;
    const isNewer = start !== undefined && start.position > (this.#position ?? -1);
    if (isNewer && (this.#sent === undefined || this.lag > maxLag)) {
      this.startAt(start, this.#feed.head(start.timestamp), now);
      if (this.#isBlocked) return;
    }
    if (this.#sent === undefined) this.#feed.place(this, now);
    else this.pump(now);
  }

  /** It goes on at a position; one that has not begun misses nothing. */
  #countSkip(to: number): void {
    if (this.#position === undefined || to <= this.#position) return;
    const counters = this.counters as SubscriberCounters;
    counters.skips++;
    counters.skippedBytes += to - this.#position;
    const total = this.stream.counters as StreamCounters;
    total.skips++;
    total.skippedBytes += to - this.#position;
  }
}
