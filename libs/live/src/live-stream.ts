import { amf0ScriptData, CONFIGURATION_FLAGS, MediaFlags, TagType, classifyMedia, trackIdOf } from '#lib/flv';
import { GopCache, type GopCacheLimits } from './gop-cache.js';
import { ConfigurationStore, type StoredConfiguration } from './configuration-store.js';
import type { MediaMessage, MediaSink } from './media-message.js';
import type { FlushQueue } from './flush-queue.js';
import { PublisherHold } from './publisher-hold.js';
import { RestingFeeds } from './resting-feeds.js';
import { normaliseScriptData, scriptDataKind } from './script-data.js';
import { StreamFeed } from './stream-feed.js';
import { StreamTimeline } from './stream-timeline.js';
import { mostUrgent, type Urgency } from './urgency.js';
import { colourInfoForReaders } from './video-metadata.js';
import type { WireFormat } from './wire-format.js';
import { countMessage, createStreamCounters, type StreamCounters } from './stream-counters.js';

/** Longest onMetaData kept and passed on, in bytes: it is sent to every player. */
const MAX_METADATA_BYTES = 64 * 1024;

/** Of pictures, whose group has been given up, none is expected any more after so much stream time, in milliseconds. */
const MAX_PICTURE_GAP = 5000;

/** Where a live stream is found and who published it. */
export interface LiveStreamInfo {
  /** Unique in this process: two publishes of one name differ. */
  readonly id: string;
  readonly app: string;
  readonly name: string;
  /** `app/name`. */
  readonly path: string;
  /** When the publish was accepted, milliseconds since 1970. */
  readonly startedAt: number;
}

/**
 * A stream while it is being published. Every message is looked at once, here:
 * what kind it is, whether one can start at it, what it configures. Then it
 * goes to each sink in a plain call; nothing is copied for them.
 *
 * ```
 * live --end()--> ended
 *   '--suspend()--> suspended --continueFrom() of the next publish--> ended, its feeds go on there
 *                       '-----end()--> ended
 * ```
 */
export class LiveStream implements LiveStreamInfo {
  readonly id: string;
  readonly app: string;
  readonly name: string;
  readonly path: string;
  readonly startedAt: number;
  readonly counters: Readonly<StreamCounters> = createStreamCounters();
  /** Back-pressure from sinks to the publisher's connection. */
  readonly publisherHold = new PublisherHold();

  /** The messages since the last key frame. */
  readonly gopCache: GopCache;

  readonly #feeds = new Map<string, StreamFeed>();
  readonly #restingFeeds = new RestingFeeds();
  readonly #configurations = new ConfigurationStore();
  readonly #timeline = new StreamTimeline();
  readonly #onSinkFailure: (error: unknown) => void;
  readonly #message: MediaMessage = { tagType: 0, timestamp: 0, payload: new Uint8Array(0), flags: 0, slab: undefined };
  /** Copied on write: a sink may leave while the stream is handing out a message. */
  #sinks: readonly MediaSink[] = [];
  #metadata: Uint8Array | undefined;
  /** The lowest video track so far; 0 with all encoders we know of. */
  #firstVideoTrack = Infinity;
  #startFlags: number | undefined;
  /** Stream time of the newest picture. */
  #pictureTime = 0;
  #startTime: number | undefined;
  #gopDuration: number | undefined;
  #state: 'live' | 'suspended' | 'ended' = 'live';

  /**
   * @param gop what is kept for players that come later
   * @param onSinkFailure told what a sink has thrown, which then is taken away and ended: neither the publisher nor other
   *   sinks shall suffer from it
   */
  constructor(
    info: LiveStreamInfo,
    gop: Partial<GopCacheLimits> = {},
    onSinkFailure = (error: unknown): void => {
      throw error;
    },
  ) {
    this.gopCache = new GopCache(gop);
    this.#onSinkFailure = onSinkFailure;
    this.id = info.id;
    this.app = info.app;
    this.name = info.name;
    this.path = info.path;
    this.startedAt = info.startedAt;
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Whether its publisher is gone and may come back. */
  get isSuspended(): boolean {
    return this.#state === 'suspended';
  }

  /** The newest onMetaData as the payload of a script tag: the name, then the value. Sinks get this very array. */
  get metadata(): Uint8Array | undefined {
    return this.#metadata;
  }

  /** The newest configuration of every track. */
  get configurations(): StoredConfiguration[] {
    return this.#configurations.values();
  }

  /** Goes up whenever a sequence header changes its bytes. */
  get configurationVersion(): number {
    return this.#configurations.version;
  }

  /** The time of the newest coded message in milliseconds; undefined before the first. */
  get timestamp(): number | undefined {
    return this.#timeline.now;
  }

  get sinkCount(): number {
    return this.#sinks.length;
  }

  /** Whether there is, or is to be, video. */
  get hasVideo(): boolean {
    return this.counters.videoMessages > 0;
  }

  /**
   * Whether a player can begin at a message with these flags: a key frame of
   * the first video track. Further tracks have key frames of their own.
   */
  startsAt(flags: number): boolean {
    return (flags & MediaFlags.KeyFrame) !== 0 && trackIdOf(flags) <= this.#firstVideoTrack;
  }

  /**
   * Flags of the newest message at which a player could begin; undefined before the first, and when pictures have ended
   * while the rest goes on, and that group has been given up: there is nothing to wait for then.
   */
  get startFlags(): number | undefined {
    const hasEnded = !this.gopCache.isOpen && (this.#timeline.now ?? 0) - this.#pictureTime > MAX_PICTURE_GAP;
    return hasEnded ? undefined : this.#startFlags;
  }

  /** Stream time between the last two key frames at which a player could begin, in milliseconds; undefined before the second. */
  get gopDuration(): number | undefined {
    return this.#gopDuration;
  }

  /** What anybody wants of it the moment it comes. */
  get urgency(): Urgency {
    return mostUrgent(this.#sinks);
  }

  /** Whether anybody would go on with the next publish: players, recorders. */
  get isFollowed(): boolean {
    return this.#feeds.size > 0 || this.#sinks.some((sink) => sink.onContinued !== undefined);
  }

  /** The formats this stream is being sent in, with their subscribers. */
  get feeds(): StreamFeed[] {
    return [...this.#feeds.values()];
  }

  /** The stream in a wire format, encoded once for all who ask for it; there for as long as it has subscribers. */
  feed(format: WireFormat, queue: FlushQueue): StreamFeed {
    const known = this.#feeds.get(format.key);
    if (known !== undefined) return known;
    const resting = this.#restingFeeds.take(format.key);
    resting?.wake();
    const feed = resting ?? new StreamFeed(this, format, queue);
    if (!this.isEnded) this.#feeds.set(format.key, feed);
    return feed;
  }

  /** @internal A feed that nobody needs any more. */
  dropFeed(feed: StreamFeed): void {
    if (this.#feeds.get(feed.format.key) === feed) this.#feeds.delete(feed.format.key);
  }

  /** @internal A feed that nobody needs for now, and which has encoded some of the group. */
  restFeed(feed: StreamFeed): void {
    this.dropFeed(feed);
    this.#restingFeeds.put(feed);
  }

  /**
   * Memory for the payload of the message that push() is called with next, which then is not copied for the group;
   * undefined when nothing is kept. push() need not follow.
   */
  memoryFor(length: number): Uint8Array | undefined {
    return this.gopCache.reserve(length);
  }

  /**
   * Takes a message as it came from the publisher. `payload` may be a view
   * that is valid during the call only.
   *
   * @param timestamp milliseconds modulo 2^32
   */
  push(messageTypeId: number, timestamp: number, payload: Uint8Array): void {
    const flags = classifyMedia(messageTypeId, payload);
    countMessage(this.counters, flags, payload.length);
    if (flags & MediaFlags.Invalid || this.#state !== 'live') return;
    const message = this.#message;
    message.tagType = messageTypeId;
    message.flags = flags;
    message.payload = payload;
    message.slab = undefined;
    if (flags & MediaFlags.Coded) {
      message.timestamp = this.#timeline.take(timestamp);
      if (flags & MediaFlags.Video) {
        this.#firstVideoTrack = Math.min(this.#firstVideoTrack, trackIdOf(flags));
        this.#pictureTime = message.timestamp;
      }
      const isStart = this.startsAt(flags);
      if (isStart) this.#beginGroup(message);
      // Before it is handed out: whoever joins meanwhile finds it there.
      this.gopCache.add(message, isStart);
      if (!this.gopCache.isOpen) this.#restingFeeds.clear();
    } else {
      // OBS and FFmpeg send sequence headers at 0 wherever the stream is.
      message.timestamp = this.#timeline.now ?? timestamp;
      if (flags & MediaFlags.Metadata) message.payload = colourInfoForReaders(payload);
      if (flags & CONFIGURATION_FLAGS) this.#takeConfiguration(message);
      else if (flags & MediaFlags.Data && !this.#takeScriptData(message)) return;
    }
    this.#handOut(message);
  }

  /**
   * Adds a sink, which first gets metadata and configurations if there are any.
   *
   * @param options `greet: false` leaves those out
   * @returns a function that takes it away again; onEnd() is not called then
   */
  addSink(sink: MediaSink, { greet = true }: { greet?: boolean } = {}): () => void {
    if (this.isEnded) {
      sink.onEnd();
      return () => {};
    }
    if (greet && !this.#attempt(() => this.#greet(sink))) {
      this.#attempt(() => sink.onEnd());
      return () => {};
    }
    this.#sinks = [...this.#sinks, sink];
    return () => this.#remove(sink);
  }

  /** Ends the stream for all its sinks; may be called twice. */
  end(): void {
    if (this.isEnded) return;
    this.#state = 'ended';
    const sinks = this.#sinks;
    this.#sinks = [];
    for (const sink of sinks) this.#attempt(() => sink.onEnd());
    this.#forgetGroup();
    this.gopCache.release();
  }

  /** The publisher is gone and may come back: sinks that know of it stay and wait, all others are ended. */
  suspend(): void {
    if (this.#state !== 'live') return;
    this.#state = 'suspended';
    const sinks = this.#sinks;
    this.#sinks = sinks.filter((sink) => sink.onSuspend !== undefined);
    this.#forgetGroup();
    this.gopCache.release();
    for (const sink of sinks) {
      if (sink.onSuspend === undefined) this.#attempt(() => sink.onEnd());
      else if (!this.#attempt(() => sink.onSuspend!())) this.#drop(sink);
    }
  }

  /**
   * Takes over the players and recorders of a suspended stream, which ends, and its time:
   * for them one stream goes on. To be called before the first message.
   */
  continueFrom(previous: LiveStream): void {
    this.#timeline.continue(previous.#timeline);
    for (const feed of previous.feeds) {
      this.#feeds.set(feed.format.key, feed);
      feed.moveTo(this);
    }
    previous.#feeds.clear();
    for (const sink of previous.#sinks) this.#attempt(() => sink.onContinued?.(this));
    previous.end();
  }

  #handOut(message: MediaMessage): void {
    const { slab } = message;
    // A sink may end the stream, which lets go of what is kept.
    slab?.hold();
    const sinks = this.#sinks;
    for (let i = 0; i < sinks.length; i++) {
      try {
        sinks[i]!.onMessage(message);
      } catch (error) {
        this.#drop(sinks[i]!);
        this.#onSinkFailure(error);
      }
    }
    slab?.release();
  }

  /** Calls a sink; false when it has thrown. */
  #attempt(call: () => void): boolean {
    try {
      call();
      return true;
    } catch (error) {
      this.#onSinkFailure(error);
      return false;
    }
  }

  /** Nothing goes to it any more, which it is told. */
  #drop(sink: MediaSink): void {
    this.#remove(sink);
    this.#attempt(() => sink.onEnd());
  }

  #remove(sink: MediaSink): void {
    this.#sinks = this.#sinks.filter((other) => other !== sink);
  }

  #beginGroup({ flags, timestamp }: MediaMessage): void {
    if (this.#startTime !== undefined) this.#gopDuration = timestamp - this.#startTime;
    this.#startTime = timestamp;
    this.#startFlags = flags;
    this.#restingFeeds.clear();
  }

  /** What follows depends on what is not there. */
  #forgetGroup(): void {
    this.gopCache.clear();
    this.#restingFeeds.clear();
  }

  #greet(sink: MediaSink): void {
    const timestamp = this.#timeline.now ?? 0;
    if (this.#metadata !== undefined) {
      sink.onMessage({ tagType: TagType.Script, timestamp: 0, payload: this.#metadata, flags: MediaFlags.Data });
    }
    for (const { tagType, flags, payload } of this.#configurations.values()) {
      sink.onMessage({ tagType, timestamp, payload, flags });
    }
  }

  #takeConfiguration(message: MediaMessage): void {
    const { flags } = message;
    const change = this.#configurations.put(message);
    if (change === 'none' || (flags & MediaFlags.SequenceHeader) === 0) return;
    // What came before needs the old one, or none as with codecs that have no sequence header.
    const isFirstVideo = (flags & MediaFlags.Video) !== 0 && trackIdOf(flags) <= this.#firstVideoTrack;
    if (change === 'changed' || isFirstVideo) this.#forgetGroup();
  }

  /** Unwraps a data message and keeps it when it is metadata; false when there is nothing to pass on. */
  #takeScriptData(message: MediaMessage): boolean {
    let body = normaliseScriptData(message.tagType, message.payload);
    message.tagType = TagType.Script;
    message.payload = body;
    switch (scriptDataKind(body)) {
      case 'clear':
        this.#metadata = undefined;
        return false;
      case 'metadata': {
        body = amf0ScriptData(body);
        // GStreamer's flvmux repeats it dozens of times a second.
        const known = this.#metadata;
        if (body.length > MAX_METADATA_BYTES) return false;
        if (known !== undefined && Buffer.compare(known, body) === 0) return false;
        message.payload = this.#metadata = body.slice();
        this.#restingFeeds.clear(); // they may have the one before, which would come last
        message.timestamp = 0; // FFmpeg makes a data stream of it otherwise
        return true;
      }
      default:
        message.payload = amf0ScriptData(body);
        return body.length > 0;
    }
  }
}
