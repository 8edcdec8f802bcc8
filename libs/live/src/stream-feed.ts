import { MediaFlags, TagType } from '#lib/flv';
import type { Batch, StartPoint } from './batch.js';
import { BatchWriter } from './batch-writer.js';
import type { FlushQueue } from './flush-queue.js';
import type { LiveStream } from './live-stream.js';
import type { MediaMessage, MediaSink } from './media-message.js';
import { LiveSubscriber, type SlowSubscriberPolicy, type SubscriberSink } from './subscriber.js';
import type { WireFormat } from './wire-format.js';

/**
 * A live stream in one wire format. Each message is encoded once, into bytes
 * that all subscribers share; each subscriber is a place in them.
 */
export class StreamFeed implements MediaSink {
  readonly format: WireFormat;
  readonly #stream: LiveStream;
  readonly #queue: FlushQueue;
  readonly #onIdle: () => void;
  readonly #writer = new BatchWriter();
  readonly #removeSink: () => void;
  readonly #subscribers = new Set<LiveSubscriber>();
  /** Subscribers that begin, or go on, at the next key frame. */
  readonly #waiting = new Set<LiveSubscriber>();
  #tail: Batch | undefined;
  #startPoint: StartPoint | undefined;
  /** The newest key frame that has not been flushed. */
  #nextStart: { position: number; timestamp: number } | undefined;
  #configurationVersion: number;
  /** When the oldest message that waits came, and whether a picture waits. */
  #dirtySince: number | undefined;
  #hasPicture = false;
  #isEnded = false;

  /** @param onIdle the last subscriber has gone: nobody needs the feed */
  constructor(stream: LiveStream, format: WireFormat, queue: FlushQueue, onIdle: () => void) {
    this.#stream = stream;
    this.format = format;
    this.#queue = queue;
    this.#onIdle = onIdle;
    this.#configurationVersion = stream.configurationVersion;
    stream.gopCache.forEach((message) => this.#encode(message));
    this.#flushWriter();
    this.#removeSink = stream.addSink(this, { greet: false });
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  get subscribers(): Iterable<LiveSubscriber> {
    return this.#subscribers;
  }

  /** Where a player can begin at once. */
  get startPoint(): StartPoint | undefined {
    return this.#startPoint;
  }

  /** End of what was flushed. */
  get position(): number {
    return this.#tail?.end ?? 0;
  }

  /** When the oldest message came that has not been flushed; undefined when there is none. */
  get dirtySince(): number | undefined {
    return this.#dirtySince;
  }

  /** Whether a picture waits to be flushed. */
  get hasPicture(): boolean {
    return this.#hasPicture;
  }

  /** Adds a subscriber. It begins at the newest key frame, or, without video, with the next message. */
  subscribe(sink: SubscriberSink, policy: Readonly<SlowSubscriberPolicy>, now: number): LiveSubscriber {
    const subscriber = new LiveSubscriber(this, sink, policy);
    this.#subscribers.add(subscriber);
    const start = this.#startPoint;
    if (start !== undefined) {
      subscriber.startAt(start, this.head(start.timestamp));
      subscriber.pump(now);
    } else if (this.#hasVideo) {
      const first = this.head(this.#stream.timestamp ?? 0);
      if (first.length > 0) sink.write(first);
      this.#waiting.add(subscriber);
    } else {
      subscriber.startBehind(this.#anchor(), this.position, this.head(this.#stream.timestamp ?? 0));
    }
    return subscriber;
  }

  /** Takes a subscriber away; its sink is not told. */
  remove(subscriber: LiveSubscriber): void {
    this.#waiting.delete(subscriber);
    if (!this.#subscribers.delete(subscriber) || this.#subscribers.size > 0 || this.#isEnded) return;
    this.#isEnded = true;
    this.#removeSink();
    this.#queue.delete(this);
    this.#onIdle();
  }

  /** A subscriber that lost its place. */
  awaitKeyFrame(subscriber: LiveSubscriber): void {
    if (this.#subscribers.has(subscriber)) this.#waiting.add(subscriber);
  }

  onMessage(message: MediaMessage): void {
    const { flags } = message;
    if (!this.format.takes(flags)) return;
    if (flags & MediaFlags.SequenceHeader && flags & MediaFlags.Video) this.#checkConfiguration();
    this.#encode(message);
    if (flags & MediaFlags.Video) this.#hasPicture = true;
    if (this.#dirtySince === undefined) {
      this.#dirtySince = this.#queue.now;
      this.#queue.add(this);
    }
  }

  onEnd(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.flush(this.#queue.now);
    this.#queue.delete(this);
    for (const subscriber of this.#subscribers) subscriber.end('stream ended');
    this.#subscribers.clear();
    this.#waiting.clear();
    this.#onIdle();
  }

  /** Sends what has come since the last flush: one batch, one write for each subscriber. */
  flush(now: number): void {
    this.#dirtySince = undefined;
    this.#hasPicture = false;
    if (!this.#flushWriter()) return;
    const start = this.#startPoint;
    if (start !== undefined && this.#waiting.size > 0) {
      const head = this.head(start.timestamp);
      for (const subscriber of this.#waiting) subscriber.startAt(start, head);
      this.#waiting.clear();
    }
    for (const subscriber of this.#subscribers) subscriber.pump(now);
  }

  /** Metadata and configurations, with the time of what follows. */
  head(timestamp: number): Uint8Array {
    const messages = this.#headMessages(timestamp);
    const bytes = new Uint8Array(messages.reduce((length, message) => length + this.format.measure(message), 0));
    let at = 0;
    for (const message of messages) at = this.format.write(bytes, at, message);
    return bytes;
  }

  #headMessages(timestamp: number): MediaMessage[] {
    const { metadata, configurations } = this.#stream;
    const messages: MediaMessage[] = configurations
      .filter(({ flags }) => this.format.takes(flags))
      .map(({ tagType, flags, payload }) => ({ tagType, timestamp, flags, payload }));
    if (metadata !== undefined) {
      // FFmpeg makes a data stream of onMetaData at any other time than 0.
      messages.unshift({ tagType: TagType.Script, timestamp: 0, flags: MediaFlags.Data, payload: metadata });
    }
    return messages;
  }

  get #hasVideo(): boolean {
    return this.format.takes(MediaFlags.Video) && this.#stream.hasVideo;
  }

  /** A batch to go on from for a subscriber that begins with the next message. */
  #anchor(): Batch | undefined {
    this.flush(this.#queue.now);
    return (this.#tail ??= this.#writer.emptyBatch());
  }

  #encode(message: MediaMessage): void {
    const { format } = this;
    const writer = this.#writer;
    if (this.#stream.startsAt(message.flags)) {
      this.#nextStart = { position: writer.position, timestamp: message.timestamp };
    }
    const length = format.measure(message);
    const target = writer.reserve(length);
    writer.advance(format.write(target, writer.at, message));
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

  /** Pictures from before another configuration cannot be decoded with it. */
  #checkConfiguration(): void {
    const { configurationVersion } = this.#stream;
    if (configurationVersion === this.#configurationVersion) return;
    this.#configurationVersion = configurationVersion;
    this.#startPoint = undefined;
    this.#nextStart = undefined;
  }
}
