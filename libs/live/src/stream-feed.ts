import { MediaFlags, TagType } from '#lib/flv';
import type { Batch, StartPoint } from './batch.js';
import { BatchWriter } from './batch-writer.js';
import type { FlushQueue } from './flush-queue.js';
import type { LiveStream } from './live-stream.js';
import type { MediaMessage, MediaSink } from './media-message.js';
import { Ranks } from './ranks.js';
import { SKIP_THEN_CLOSE, type SlowSubscriberLimits, type SlowSubscriberPolicy } from './slow-subscriber-policy.js';
import { LiveSubscriber } from './subscriber.js';
import type { StreamCounters } from './stream-counters.js';
import type { SubscriberSink } from './subscriber-sink.js';
import type { Urgency } from './urgency.js';
import type { WireFormat } from './wire-format.js';

/** What a new feed takes from the GOP cache comes in batches of about this size, so that a slow joiner can stop between. */
const FIRST_BATCHES = 64 * 1024;

/** How a subscriber begins. */
export interface SubscribeOptions {
  /** Whether it waits until it is resumed. Defaults to false. */
  readonly isPaused?: boolean;
  /** Decides when it is behind. Defaults to {@link SKIP_THEN_CLOSE}. */
  readonly policy?: SlowSubscriberPolicy;
}

/**
 * A live stream in one wire format. Each message is encoded once, into bytes
 * that all subscribers share; each subscriber is a place in them.
 */
export class StreamFeed implements MediaSink {
  readonly format: WireFormat;
  readonly #queue: FlushQueue;
  readonly #writer = new BatchWriter();
  readonly #subscribers = new Set<LiveSubscriber>();
  readonly #kinds = new Map<string | undefined, number>();
  /** The same, by how they are sent what comes. */
  readonly #ranks = new Ranks();
  /** Subscribers that begin, or go on, at the next key frame, or when pictures have ended. */
  readonly #waiting = new Set<LiveSubscriber>();
  #stream: LiveStream;
  #removeSink: () => void;
  #tail: Batch | undefined;
  #startPoint: StartPoint | undefined;
  /** The newest key frame that has not been flushed. */
  #nextStart: { position: number; timestamp: number } | undefined;
  /** Whether there has been a key frame: the pictures before it are of no use to anybody. */
  #hasBegun = false;
  /** When the oldest message that waits came, and whether a picture waits. */
  #dirtySince: number | undefined;
  #hasPicture = false;
  /** Messages of the stream's group that it has encoded, or passed over. */
  #encoded = 0;
  #state: 'active' | 'resting' | 'ended' = 'active';

  constructor(stream: LiveStream, format: WireFormat, queue: FlushQueue) {
    this.#stream = stream;
    this.format = format;
    this.#queue = queue;
    if (this.beginsAtKeyFrames) this.#encodeGroup();
    this.#removeSink = stream.addSink(this, { greet: false });
  }

  /** The stream it sends; another one when the publisher came back. */
  get stream(): LiveStream {
    return this.#stream;
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  get subscribers(): Iterable<LiveSubscriber> {
    return this.#subscribers;
  }

  /** How many subscribers there are of each kind, see {@link SubscriberSink.kind}. */
  get kinds(): ReadonlyMap<string | undefined, number> {
    return this.#kinds;
  }

  /** Where a player can begin at once. */
  get startPoint(): StartPoint | undefined {
    return this.#startPoint;
  }

  /** Whether one begins at key frames: there are some, or will be again, and the format takes them. */
  get beginsAtKeyFrames(): boolean {
    const { startFlags } = this.#stream;
    return startFlags !== undefined && this.format.takes(startFlags);
  }

  /** End of what was flushed. */
  get position(): number {
    return this.#tail?.end ?? 0;
  }

  /** What it is flushed for whenever it came. */
  get urgency(): Urgency {
    return this.#queue.urgencyOf(this);
  }

  /** When the oldest message came that has not been flushed; undefined when there is none. */
  get dirtySince(): number | undefined {
    return this.#dirtySince;
  }

  /** Whether a picture waits to be flushed. */
  get hasPicture(): boolean {
    return this.#hasPicture;
  }

  /**
   * Adds a subscriber. It begins at the newest key frame; without video, or
   * while there is no picture, with the next message; one that is paused
   * when it is resumed.
   */
  subscribe(
    sink: SubscriberSink,
    limits: Readonly<SlowSubscriberLimits>,
    now: number,
    { isPaused = false, policy = SKIP_THEN_CLOSE }: SubscribeOptions = {},
  ): LiveSubscriber {
    const subscriber = new LiveSubscriber(this, sink, limits, policy);
    if (this.#state !== 'active') {
      subscriber.end('stream ended');
      return subscriber;
    }
    this.#add(subscriber);
    if (isPaused) {
      subscriber.pause();
      return subscriber;
    }
    this.#begin(subscriber, now);
    return subscriber;
  }

  /** @internal The stream in another format. */
  sibling(format: WireFormat): StreamFeed {
    return this.#stream.feed(format, this.#queue);
  }

  /**
   * @internal Takes over a subscriber that has been sent something in another format.
   *
   * @param from that format, of which it has got all there is; undefined when it begins anew
   */
  adopt(subscriber: LiveSubscriber, from: WireFormat | undefined, now: number): void {
    if (this.#state !== 'active') {
      subscriber.end('stream ended');
      return;
    }
    this.#add(subscriber);
    const needsKeyFrame = this.beginsAtKeyFrames && !from?.takes(this.#stream.startFlags!);
    if (from === undefined || needsKeyFrame) this.#begin(subscriber, now);
    else this.#placeBehind(subscriber, from, now);
  }

  #add(subscriber: LiveSubscriber): void {
    this.#subscribers.add(subscriber);
    this.#count(subscriber, 1);
    this.#ranks.apart.add(subscriber);
  }

  #count({ kind }: LiveSubscriber, difference: 1 | -1): void {
    const count = (this.#kinds.get(kind) ?? 0) + difference;
    if (count > 0) this.#kinds.set(kind, count);
    else this.#kinds.delete(kind);
  }

  #begin(subscriber: LiveSubscriber, now: number): void {
    // A key frame that waits to be sent is where to begin, not the one before.
    if (this.#nextStart !== undefined) this.flush(now);
    const start = this.#startPoint;
    if (start !== undefined) {
      subscriber.startAt(start, this.head(start.timestamp), now);
      subscriber.pump(now);
    } else {
      // The headers are sent now, so that the player can get ready; they come again with the key frame.
      if (this.beginsAtKeyFrames) subscriber.write(this.head(this.#stream.timestamp ?? 0));
      this.place(subscriber, now);
    }
  }

  /** Takes a subscriber away; its sink is not told. */
  remove(subscriber: LiveSubscriber): void {
    this.#waiting.delete(subscriber);
    this.#ranks.apart.delete(subscriber);
    if (!this.#subscribers.delete(subscriber)) return;
    this.#count(subscriber, -1);
    if (this.#subscribers.size > 0 || this.#state !== 'active') return;
    this.#removeSink();
    this.#queue.delete(this);
    this.flush(this.#queue.now);
    if (this.#startPoint !== undefined && this.#stream.gopCache.isOpen) {
      this.#state = 'resting';
      this.#stream.restFeed(this);
    } else {
      this.#state = 'ended';
      this.#stream.dropFeed(this);
    }
  }

  /** @internal Somebody comes while the group is still the one in which it was left: goes on from there. */
  wake(): void {
    this.#state = 'active';
    this.#encodeGroup();
    this.#removeSink = this.#stream.addSink(this, { greet: false });
  }

  /** Gives a place to a subscriber that has none: at the next key frame, or with the next message. */
  place(subscriber: LiveSubscriber, now: number): void {
    if (!this.#subscribers.has(subscriber)) return;
    if (this.beginsAtKeyFrames) {
      this.#waiting.add(subscriber);
      return;
    }
    this.#placeBehind(subscriber, undefined, now);
  }

  /** @param from the format whose headers it has got */
  #placeBehind(subscriber: LiveSubscriber, from: WireFormat | undefined, now: number): void {
    this.flush(now);
    this.#tail ??= this.#writer.emptyBatch();
    subscriber.startBehind(this.#tail, this.head(this.#stream.timestamp ?? 0, from), now);
  }

  /** A subscriber that wants nothing for a while. */
  displace(subscriber: LiveSubscriber): void {
    this.#waiting.delete(subscriber);
  }

  /** @internal The publisher came back: goes on with another stream. */
  moveTo(stream: LiveStream): void {
    this.#removeSink();
    this.#stream = stream;
    this.#removeSink = stream.addSink(this, { greet: false });
    for (const subscriber of this.#subscribers) subscriber.onContinued();
  }

  onMessage(message: MediaMessage): void {
    const { flags } = message;
    // The last subscriber may have left while the stream was handing out this very message.
    if (this.#state !== 'active' || !this.#takes(flags)) return;
    // The stream forgets its group when a configuration changes: what came before cannot be decoded with it.
    if (flags & MediaFlags.SequenceHeader && !this.#stream.gopCache.isOpen) this.#forgetStart();
    this.#encode(message);
    if (flags & MediaFlags.Video) this.#hasPicture = true;
    if (this.#dirtySince === undefined) {
      this.#dirtySince = this.#queue.arrival;
      this.#queue.add(this);
    }
  }

  onEnd(): void {
    if (this.#state !== 'active') return;
    this.#state = 'ended';
    this.flush(this.#queue.now);
    this.#queue.delete(this);
    for (const subscriber of this.#subscribers) subscriber.end('stream ended');
    this.#subscribers.clear();
    this.#kinds.clear();
    this.#ranks.apart.clear();
    this.#waiting.clear();
    this.#stream.dropFeed(this);
  }

  onSuspend(): void {
    this.flush(this.#queue.now);
    this.#forgetStart();
    this.#hasBegun = false;
  }

  /**
   * Sends what has come since the last flush: one batch, one write for each subscriber.
   *
   * @param mayChange whether subscribers may go on in other formats: all feeds have seen the same messages
   */
  flush(now: number, mayChange = true): void {
    this.#dirtySince = undefined;
    this.#hasPicture = false;
    if (!this.#flushWriter()) return;
    if (this.#waiting.size > 0) this.#placeWaiting(now);
    const batch = this.#tail!;
    const sent = this.#ranks.send(batch); // first: who falls out may be counted meanwhile
    (this.#stream.counters as StreamCounters).sentBytes += sent;
    for (const subscriber of this.#ranks.apart) {
      if (!subscriber.join(this.#ranks, batch)) subscriber.pump(now, mayChange);
    }
  }

  /**
   * Metadata and configurations, with the time of what follows.
   *
   * @param from a format whose headers are left out
   */
  head(timestamp: number, from?: WireFormat): Uint8Array {
    const messages = this.#headMessages(timestamp, from);
    const bytes = new Uint8Array(messages.reduce((length, message) => length + this.format.measure(message), 0));
    let at = 0;
    for (const message of messages) at = this.format.write(bytes, at, message);
    return bytes;
  }

  /** There may be a key frame by now, or none to wait for any more. */
  #placeWaiting(now: number): void {
    const start = this.#startPoint;
    if (start === undefined && this.beginsAtKeyFrames) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    const head = this.head(start?.timestamp ?? this.#stream.timestamp ?? 0);
    for (const subscriber of waiting) {
      if (start === undefined) subscriber.startBehind(this.#tail!, head, now);
      else subscriber.startAt(start, head, now);
    }
  }

  #headMessages(timestamp: number, from: WireFormat | undefined): MediaMessage[] {
    const { metadata, configurations } = this.#stream;
    const messages: MediaMessage[] = configurations
      .filter(({ flags }) => this.format.takes(flags) && from?.takes(flags) !== true)
      .map(({ tagType, flags, payload }) => ({ tagType, timestamp, flags, payload }));
    if (metadata !== undefined && from === undefined) {
      // FFmpeg makes a data stream of onMetaData at any other time than 0.
      messages.unshift({ tagType: TagType.Script, timestamp: 0, flags: MediaFlags.Data, payload: metadata });
    }
    return messages;
  }

  #takes(flags: number): boolean {
    if (!this.format.takes(flags)) return false;
    if (this.#hasBegun || (flags & MediaFlags.Coded) === 0 || (flags & MediaFlags.Video) === 0) return true;
    return this.#stream.startsAt(flags);
  }

  #encode(message: MediaMessage): void {
    const { format } = this;
    const writer = this.#writer;
    if (this.#stream.startsAt(message.flags)) {
      this.#hasBegun = true;
      this.#nextStart = { position: writer.position, timestamp: message.timestamp };
    }
    const length = format.measure(message);
    const target = writer.reserve(length);
    writer.advance(format.write(target, writer.at, message));
    this.#encoded = this.#stream.gopCache.size;
  }

  /** What it has not encoded of the stream's group. */
  #encodeGroup(): void {
    const { gopCache } = this.#stream;
    gopCache.forEach((message) => {
      if (this.#takes(message.flags)) this.#encode(message);
      if (this.#writer.length >= FIRST_BATCHES) this.#flushWriter();
    }, this.#encoded);
    this.#flushWriter();
  }

  #flushWriter(): boolean {
    const batch = this.#writer.flush();
    if (batch === undefined) return false;
    if (this.#tail !== undefined) this.#tail.next = batch;
    this.#tail = batch;
    const next = this.#nextStart;
    if (next !== undefined) {
      this.#startPoint = { batch, offset: next.position - batch.position, ...next };
      this.#nextStart = undefined;
    } else if (this.#startPoint !== undefined && !this.#stream.gopCache.isOpen) {
      this.#startPoint = undefined; // the group has grown too long to be kept
    }
    return true;
  }

  #forgetStart(): void {
    this.#startPoint = undefined;
    this.#nextStart = undefined;
  }
}
