import type { Batch, StartPoint } from './batch.js';
import type { StreamFeed } from './stream-feed.js';

/** Where a subscriber's bytes go: a socket, a response. */
export interface SubscriberSink {
  /** Bytes written that have not left yet. */
  readonly queuedBytes: number;
  /** Takes bytes, which are shared with others and must not be changed. */
  write(bytes: Uint8Array): void;
  /** The stream ended, or the subscriber is too slow: nothing follows. */
  end(reason: SubscriberEnd): void;
}

/** Why a subscription ended by itself. */
export type SubscriberEnd = 'stream ended' | 'too slow';

/** What a subscriber that reads slower than the stream is allowed. */
export interface SlowSubscriberPolicy {
  /** Bytes that may wait in its socket before it is sent no more. Defaults to 512 KiB. */
  maxQueuedBytes: number;
  /** Bytes it may be behind the stream before it has to skip. Defaults to 4 MiB. */
  maxLagBytes: number;
  /** Time without any progress after which it is closed, in milliseconds. Defaults to 30,000. */
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
  /** Times it skipped to a key frame. */
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
 */
export class LiveSubscriber {
  readonly counters: Readonly<SubscriberCounters> = { bytes: 0, skips: 0, skippedBytes: 0 };
  readonly #feed: StreamFeed;
  readonly #sink: SubscriberSink;
  readonly #policy: Readonly<SlowSubscriberPolicy>;
  /** The batch sent last; undefined while it waits for a key frame to begin at. */
  #sent: Batch | undefined;
  /** Position in the feed up to which it was sent. */
  #position = 0;
  #isBlocked = false;
  #blockedSince = 0;

  constructor(feed: StreamFeed, sink: SubscriberSink, policy: Readonly<SlowSubscriberPolicy>) {
    this.#feed = feed;
    this.#sink = sink;
    this.#policy = policy;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Begins, or goes on, at a key frame, headers first. */
  startAt({ batch, offset, position }: StartPoint, head: Uint8Array): void {
    if (head.length > 0) this.#write(head);
    this.#write(offset === 0 ? batch.bytes : batch.bytes.subarray(offset));
    if (this.#sent !== undefined || this.#position > 0) this.#countSkip(position - this.#position);
    this.#sent = batch;
    this.#position = batch.end;
  }

  /** Begins behind what was sent so far, as one can with audio alone. */
  startBehind(batch: Batch | undefined, position: number, head: Uint8Array): void {
    if (head.length > 0) this.#write(head);
    this.#sent = batch;
    this.#position = position;
  }

  /** Sends what is new; runs for every subscriber at every flush. */
  pump(now: number): void {
    if (this.#isBlocked) {
      this.#whileBlocked(now);
      return;
    }
    for (let batch = this.#sent?.next; batch !== undefined; batch = batch.next) {
      if (this.#sink.queuedBytes > this.#policy.maxQueuedBytes) {
        this.#isBlocked = true;
        this.#blockedSince = now;
        return;
      }
      this.#write(batch.bytes);
      this.#sent = batch;
      this.#position = batch.end;
    }
  }

  /** The socket has room again. */
  onDrain(now: number): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    const start = this.#feed.startPoint;
    const isBehind = this.#sent === undefined || this.#feed.position - this.#position > this.#policy.maxLagBytes / 2;
    if (isBehind && start !== undefined && start.position > this.#position) {
      this.startAt(start, this.#feed.head(start.timestamp));
    }
    if (this.#sent === undefined) this.#feed.awaitKeyFrame(this);
    else this.pump(now);
  }

  /** Ends the subscription; its sink is not told. */
  leave(): void {
    this.#sent = undefined;
    this.#feed.remove(this);
  }

  /** The stream ended. */
  end(reason: SubscriberEnd): void {
    this.#sent = undefined;
    this.#sink.end(reason);
  }

  #whileBlocked(now: number): void {
    if (now - this.#blockedSince > this.#policy.maxBlockedTime) {
      this.#feed.remove(this);
      this.end('too slow');
    } else if (this.#sent !== undefined && this.#feed.position - this.#position > this.#policy.maxLagBytes) {
      this.#sent = undefined; // lets go of the batches it would hold back
    }
  }

  #countSkip(bytes: number): void {
    const counters = this.counters as SubscriberCounters;
    counters.skips++;
    counters.skippedBytes += Math.max(0, bytes);
  }

  #write(bytes: Uint8Array): void {
    (this.counters as SubscriberCounters).bytes += bytes.length;
    this.#sink.write(bytes);
  }
}
