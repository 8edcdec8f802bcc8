import type { Batch, StartPoint } from './batch.js';
import type { LiveStream } from './live-stream.js';
import type { Ranks, Step } from './ranks.js';
import type { StreamCounters, SubscriberCounters } from './stream-counters.js';
import {
  MAX_KEPT_LAGS,
  type SlowSubscriber,
  type SlowSubscriberDecision,
  type SlowSubscriberLimits,
  type SlowSubscriberPolicy,
} from './slow-subscriber-policy.js';
import type { StreamFeed } from './stream-feed.js';
import type { SubscriberEnd, SubscriberSink } from './subscriber-sink.js';
import type { WireFormat } from './wire-format.js';

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
  #feed: StreamFeed;
  /** The format it goes on in as soon as it has been sent what there is in this one. */
  #next: WireFormat | undefined;
  readonly #sink: SubscriberSink;
  readonly #limits: Readonly<SlowSubscriberLimits>;
  readonly #policy: SlowSubscriberPolicy;
  /** The batch sent last; undefined while it has no place. */
  #sent: Batch | undefined;
  /** Position in the feed up to which it was sent; undefined before it has begun. */
  #position: number | undefined;
  #startTime: number | undefined;
  /** Set while it is in step with others, which know its place. */
  #step: Step | undefined;
  #hasDeparted = false;
  #isPaused = false;
  #isBlocked = false;
  #blockedSince = 0;
  /** Lag, and time, at which the policy is asked again. */
  #nextLag = 0;
  #nextTime = 0;
  /** It goes on at the next key frame that is newer than its place. */
  #mustSkip = false;
  #bytes = 0;
  #skips = 0;
  #skippedBytes = 0;

  constructor(
    feed: StreamFeed,
    sink: SubscriberSink,
    limits: Readonly<SlowSubscriberLimits>,
    policy: SlowSubscriberPolicy,
  ) {
    this.#feed = feed;
    this.#sink = sink;
    this.#limits = limits;
    this.#policy = policy;
  }

  /** As they are now. */
  get counters(): Readonly<SubscriberCounters> {
    const bytes = this.#bytes + (this.#step === undefined ? 0 : this.#step.ranks.bytes - this.#step.joinedAt);
    return { bytes, skips: this.#skips, skippedBytes: this.#skippedBytes };
  }

  /** The way its bytes go; undefined when its sink does not say. */
  get kind(): string | undefined {
    return this.#sink.kind;
  }

  /** The stream it reads. */
  get stream(): LiveStream {
    return this.#feed.stream;
  }

  /** Whether what comes is for it, at once or when its socket has room: it has begun, and is not paused. */
  get isWatching(): boolean {
    return (this.#sent !== undefined || this.#step !== undefined) && !this.#isPaused;
  }

  /** Stream time of the key frame it began at, or went on at last; undefined before, and when that was none. */
  get startTime(): number | undefined {
    return this.#startTime;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Bytes it is behind what has been flushed; 0 before it has begun. */
  get lag(): number {
    return this.#step === undefined ? this.#feed.position - (this.#position ?? this.#feed.position) : 0;
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
    this.#startTime = timestamp;
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

  /** @internal Is in step from this batch on, all it lacks, which it has been sent then. @returns false when it cannot be now */
  join(ranks: Ranks, batch: Batch): boolean {
    if (this.#sent?.next !== batch || this.#isPaused || this.#isBlocked || this.#next !== undefined) return false;
    const shortcut = this.#sink.shortcut?.(() => this.#leaveStep());
    if (shortcut === undefined) return false;
    this.#step = ranks.join(this, shortcut, batch);
    // What was sent last would keep all that follows in memory.
    this.#sent = undefined;
    this.#count(batch.bytes);
    const left = shortcut.write(shortcut.handle, batch.bytes);
    if (left !== 0) this.fallOut(batch.bytes, left);
    return true;
  }

  /** @internal Its socket has not taken all of the newest batch. @param left -1 when it takes nothing any more */
  fallOut(bytes: Uint8Array, left: number): void {
    const shortcut = this.#step?.shortcut;
    this.#leaveStep();
    if (left > 0) shortcut?.finish(bytes, left);
  }

  /** Goes on by itself from where those are that it was in step with. */
  #leaveStep(): void {
    if (this.#step === undefined) return;
    const { ranks, shortcut, joinedAt } = this.#step;
    this.#step = undefined;
    this.#sent = ranks.tail;
    this.#position = this.#sent?.end;
    this.#bytes += ranks.bytes - joinedAt;
    ranks.leave(this);
    shortcut.close();
  }

  /** Sends what is new; runs for all who are not in step at every flush. @param mayChange see {@link StreamFeed.flush} */
  pump(now: number, mayChange = true): void {
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
    // What waits to be flushed it has to be sent as well.
    const isNow = this.#next !== undefined && mayChange && this.#feed.dirtySince === undefined;
    if (isNow) this.#change(now, this.#sent !== undefined);
  }

  /**
   * Goes on in another format of the stream. What it has to be sent by then is sent in the old one, so that nothing comes
   * twice and what is in both formats is whole; only where pictures come in that it had none of, it begins at the newest
   * key frame, as it does when it is resumed.
   */
  select(format: WireFormat, now: number): void {
    if (this.#hasDeparted) return;
    this.#leaveStep();
    this.#next = format.key === this.#feed.format.key ? undefined : format;
    if (!this.#isPaused && !this.#isBlocked) this.pump(now);
  }

  /** The socket has room again. */
  onDrain(now: number): void {
    if (!this.#isBlocked) return;
    const { maxLagBytes } = this.#limits;
    const isBehind = !this.#isPaused && this.#hasNewerStart && this.lag > maxLagBytes / 2;
    if (isBehind && !this.#mustSkip && this.#ask('drained', now) === 'close') {
      this.#closeSlow();
      return;
    }
    this.#isBlocked = false;
    if (!this.#isPaused) this.#goOn(now, this.#mustSkip);
  }

  /** Sends nothing until resume(). */
  pause(): void {
    this.#leaveStep();
    this.#isPaused = true;
    this.#feed.displace(this);
  }

  /** Goes on at the newest key frame, or where it stopped when there has been none since; without video with what comes next. */
  resume(now: number): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#next !== undefined || !this.#feed.beginsAtKeyFrames) this.#losePlace();
    if (!this.#isBlocked) this.#goOn(now, true);
  }

  /** Sends what the feed keeps back for a while, also while a message is being handed out. */
  catchUp(now: number): void {
    this.#feed.flush(now, false);
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
    this.#leaveStep();
    if (reason === 'stream ended' && !this.#isPaused && this.lag <= this.#limits.maxLagBytes) {
      for (let batch = this.#sent?.next; batch !== undefined; batch = batch.next) this.write(batch.bytes);
    }
    this.#letGo();
    this.#sink.end(reason);
  }

  /** Writes at once, wherever it stands. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#count(bytes);
    this.#sink.write(bytes);
  }

  #count({ length }: Uint8Array): void {
    this.#bytes += length;
    (this.stream.counters as StreamCounters).sentBytes += length;
  }

  get #isFull(): boolean {
    return this.#sink.queuedBytes > this.#limits.maxQueuedBytes;
  }

  /** Nothing follows, whatever its socket does. */
  #letGo(): void {
    this.#leaveStep();
    this.#hasDeparted = true;
    this.#sent = undefined;
    this.#isBlocked = false;
    this.#isPaused = false;
    this.#mustSkip = false;
    this.#next = undefined;
  }

  /** Whether there is a key frame behind its place. */
  get #hasNewerStart(): boolean {
    const start = this.#feed.startPoint;
    return start !== undefined && start.position > (this.#position ?? -1);
  }

  #block(now: number): void {
    this.#isBlocked = true;
    this.#blockedSince = now;
    this.#nextTime = now + this.#limits.maxBlockedTime;
    this.#nextLag = this.#limits.maxLagBytes;
  }

  #whileBlocked(now: number): void {
    const { maxQueuedBytes, maxLagBytes, maxBlockedTime } = this.#limits;
    // Not every sink says that it has drained when it was never full by its own measure.
    if (this.#sink.queuedBytes <= maxQueuedBytes / 2) {
      this.onDrain(now);
      return;
    }
    if (now > this.#nextTime) {
      this.#nextTime = now + maxBlockedTime;
      if (this.#ask('blocked', now) === 'close') {
        this.#closeSlow();
        return;
      }
    }
    if (this.#sent === undefined) return;
    const lag = this.lag;
    if (!this.#mustSkip && lag > this.#nextLag) {
      this.#nextLag = lag + maxLagBytes;
      if (this.#ask('lag', now) === 'close') {
        this.#closeSlow();
        return;
      }
      if (lag > maxLagBytes * MAX_KEPT_LAGS) this.#mustSkip = true;
    }
    if (this.#mustSkip) this.#giveUpPlace();
  }

  #ask(reason: SlowSubscriber['reason'], now: number): SlowSubscriberDecision {
    const { stream, kind, counters } = this;
    const { queuedBytes } = this.#sink;
    const blockedTime = now - this.#blockedSince;
    const decision = this.#policy.decide({
      stream,
      kind,
      counters,
      reason,
      queuedBytes,
      lagBytes: this.lag,
      blockedTime,
    });
    if (decision === 'skip') this.#mustSkip = true;
    return decision;
  }

  #closeSlow(): void {
    this.#feed.remove(this);
    this.end('too slow');
  }

  /** One that is paused keeps its place as long as nobody else has to. */
  #keepPlace(): void {
    if (this.#sent !== undefined && this.lag > this.#limits.maxLagBytes) this.#giveUpPlace();
  }

  /** Lets go of batches that it alone would keep in memory, unless it cannot go on but there. */
  #giveUpPlace(): void {
    if (this.#feed.startPoint === undefined || this.#hasNewerStart) this.#losePlace();
  }

  #losePlace(): void {
    this.#sent = undefined;
    this.#startTime = undefined;
  }

  #goOn(now: number, skips: boolean): void {
    const isOver = this.#sent === undefined || (skips && this.#hasNewerStart);
    if (this.#next !== undefined && isOver) return this.#change(now, false);
    const start = this.#feed.startPoint;
    if (start !== undefined && this.#hasNewerStart && (skips || this.#sent === undefined)) {
      this.startAt(start, this.#feed.head(start.timestamp), now);
      if (this.#isBlocked) return;
    }
    this.#mustSkip = false;
    if (this.#sent === undefined) this.#feed.place(this, now);
    else this.pump(now);
  }

  /** @param goesOn whether it has been sent all there is; otherwise it begins anew */
  #change(now: number, goesOn: boolean): void {
    if (this.#isFull) {
      this.#block(now);
      return;
    }
    const from = this.#feed;
    this.#feed = from.sibling(this.#next!);
    this.#next = undefined;
    from.displace(this);
    this.#countSkip(from.position);
    this.#sent = undefined;
    this.#position = undefined;
    this.#mustSkip = false;
    this.#feed.adopt(this, goesOn ? from.format : undefined, now);
    from.remove(this);
  }

  /** It goes on at a position; one that has not begun misses nothing. */
  #countSkip(to: number): void {
    if (this.#position === undefined || to <= this.#position) return;
    this.#skips++;
    this.#skippedBytes += to - this.#position;
    const total = this.stream.counters as StreamCounters;
    total.skips++;
    total.skippedBytes += to - this.#position;
  }
}
