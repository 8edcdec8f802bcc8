import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  FLUSH_PROFILES,
  FlushQueue,
  type LiveStream,
  type LiveSubscriber,
  type SlowSubscriberLimits,
  StreamRegistry,
  type SubscribeOptions,
  type SubscriberSink,
  type WireFormat,
} from '#lib/live';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { SlowSubscribers } from './slow-subscribers.js';
import type { RtmpSession } from '../session/rtmp-session.js';

/** How a subscriber begins, and what becomes of one that is slow. */
export interface PlaybackSubscribeOptions extends SubscribeOptions {
  /** Instead of the option `playback.slowSubscriber` and the application's policy, which are for players. */
  readonly slow?: Readonly<SlowSubscriberLimits>;
}

/** Can make streams live that somebody asks for. */
export interface StreamSource {
  /** Whether a stream that is not live may come from here. @param path `app/name` */
  has(path: string): boolean;
  /**
   * Somebody waits for such a stream.
   *
   * @param session who, when it is a connection
   * @param onMissing called later, when an attempt to get it has failed, the last one before included
   * @returns a function to be called when they do not wait any more; undefined when it cannot come
   */
  want(path: string, session: RtmpSession | undefined, onMissing: () => void): (() => void) | undefined;
}

/** Who waits for a stream, and for what. */
export interface StreamWait {
  /** When it is a connection. */
  readonly session?: RtmpSession;
  /** It only wants to know whether the stream is there, or can be had now: it waits for no publisher. */
  readonly isAsking?: boolean;
}

/** Knows of viewers who are no subscribers of a stream, as those who fetch segments. */
export interface ViewerSource {
  /** What they use, e.g. `hls`. */
  readonly protocol: string;
  /** How many watch a stream now. @param path `app/name` */
  count(path: string): number;
}

/**
 * Sends live streams to their players, whatever the protocol: it owns the
 * clock that flushes what was encoded.
 *
 * @publicApi
 */
@Injectable()
export class RtmpPlayback implements OnApplicationShutdown {
  readonly #queue: FlushQueue;
  readonly #viewerSources: ViewerSource[] = [];
  readonly #streamSources: StreamSource[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  /** @internal */
  constructor(
    @InjectRtmpOptions() private readonly options: ResolvedRtmpOptions,
    private readonly registry: StreamRegistry,
    private readonly slowSubscribers: SlowSubscribers,
  ) {
    this.#queue = new FlushQueue(FLUSH_PROFILES[options.latency], performance.now());
  }

  /** Whether players are sent only what they announced of Enhanced RTMP. */
  get announcedOnly(): boolean {
    return this.options.playback.enhanced === 'announced';
  }

  /** Bytes that may wait in a player's socket before it is sent no more. */
  get maxQueuedBytes(): number {
    return this.options.playback.slowSubscriber.maxQueuedBytes;
  }

  /** Sends a stream in a format to a sink, from its newest key frame on. */
  subscribe(
    stream: LiveStream,
    format: WireFormat,
    sink: SubscriberSink,
    { slow, ...options }: PlaybackSubscribeOptions = {},
  ): LiveSubscriber {
    const now = performance.now();
    this.#queue.setNow(now);
    const feed = stream.feed(format, this.#queue);
    if (slow !== undefined) return feed.subscribe(sink, slow, now, options);
    const { slowSubscriber } = this.options.playback;
    return feed.subscribe(sink, slowSubscriber, now, { ...options, policy: this.slowSubscribers });
  }

  /** Adds where streams can come from that nobody publishes. */
  addStreamSource(source: StreamSource): void {
    this.#streamSources.push(source);
  }

  /** Whether a stream that is not live may become so because somebody asks for it. @param path `app/name` */
  canBeFetched(path: string): boolean {
    return this.#streamSources.some((source) => source.has(path));
  }

  /** Adds viewers who are no subscribers to what {@link viewersOf} counts. */
  addViewerSource(source: ViewerSource): void {
    this.#viewerSources.push(source);
  }

  /** How many watch a stream now, by protocol; without those nobody uses. */
  viewersOf(stream: LiveStream): Record<string, number> {
    const counts: Record<string, number> = {};
    const add = (protocol: string, count: number) => {
      if (count > 0) counts[protocol] = (counts[protocol] ?? 0) + count;
    };
    for (const feed of stream.feeds) {
      for (const [kind = 'other', count] of feed.kinds) add(kind, count);
    }
    for (const source of this.#viewerSources) add(source.protocol, source.count(stream.path));
    return counts;
  }

  /** The stream of a path that is live, or whose publisher may come back. */
  find(path: string): LiveStream | undefined {
    return this.registry.get(path) ?? this.registry.getSuspended(path);
  }

  /**
   * The stream when it is live, or as soon as it is.
   *
   * @param path `app/name`
   * @param onLive called once, perhaps at once
   * @param onTimeout called instead when `waitForPublisher` has passed; of what can be pulled, `relay.connectTimeout`
   * if that is longer. For who is only asking, when no source has it, and after `relay.connectTimeout` at the latest
   * @returns a function that stops waiting
   */
  whenLive(
    path: string,
    onLive: (stream: LiveStream) => void,
    onTimeout: () => void,
    { session, isAsking = false }: StreamWait = {},
  ): () => void {
    const stream = this.find(path);
    if (stream !== undefined) {
      onLive(stream);
      return () => {};
    }
    const { waitForPublisher } = this.options.playback;
    const { connectTimeout } = this.options.relay;
    const longest = this.canBeFetched(path) ? Math.max(waitForPublisher, connectTimeout) : waitForPublisher;
    let wishes: ReadonlyArray<() => void> = [];
    let isOver = false;
    const stop = () => {
      isOver = true;
      clearTimeout(timer);
      endObservation();
      for (const letGo of wishes) letGo();
    };
    const giveUp = () => {
      if (isOver) return;
      stop();
      onTimeout();
    };
    const timer = setTimeout(giveUp, isAsking ? Math.min(longest, connectTimeout) : longest);
    const endObservation = this.registry.onceAdded(path, (added) => {
      stop();
      onLive(added);
    });
    const missing = new Set<StreamSource>();
    const onMissing = (source: StreamSource) => {
      missing.add(source);
      if (isAsking && missing.size === wishes.length) giveUp();
    };
    wishes = this.#streamSources.flatMap((source) => source.want(path, session, () => onMissing(source)) ?? []);
    if (isAsking && wishes.length === 0) queueMicrotask(giveUp);
    return stop;
  }

  /**
   * @internal Media is about to come: messages are taken to come now, or before.
   *
   * @param waited how long the oldest may have waited to be read, in milliseconds
   */
  beforeMedia(now: number, waited = 0): void {
    this.#queue.setNow(now, waited);
  }

  /** @internal Media came: sends what is due and arranges for the rest. */
  afterMedia(now: number): void {
    if (!this.#queue.isEmpty) this.#flush(now);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Infinity;
  }

  #flush(now: number): void {
    const next = this.#queue.flushDue(now);
    if (next === undefined || next >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity;
        this.#flush(performance.now());
      },
      Math.max(1, next - now),
    );
  }
}
