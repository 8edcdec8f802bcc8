import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  Optional,
} from '@nestjs/common';
import type { MuxingLibrary, OutgrownReason } from '#lib/hls';
import { type LiveStream, StreamRegistry } from '#lib/live';
import { loadMuxingLibrary } from '../media/load-muxing-library.js';
import { RtmpPlayback } from '../playback/rtmp-playback.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { Deadline } from '../server/deadline.js';
import type { RtmpExtension } from '../server/rtmp-extension.js';
import { RtmpServer } from '../server/rtmp-server.js';
import type { RtmpPublication } from '../streams/rtmp-publication.js';
import { RtmpStreams } from '../streams/rtmp-streams.js';
import { type BroadcastOwner, HlsBroadcast } from './hls-broadcast.js';
import { HlsMemory } from './hls-memory.js';
import type { HlsSegmentKeeper } from './hls-segment-keeper.js';
import { HlsSegmentShelf } from './hls-segment-shelf.js';
import type { HlsViewer } from './hls-viewer.js';
import { HlsViewerSessions } from './hls-viewer-sessions.js';
import { HLS_STORAGE, type HlsStorage } from './hls-storage.js';
import { HlsVods } from './hls-vods.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

/** How often deadlines are looked at, milliseconds. */
const SWEEP_INTERVAL = 250;
/** Milliseconds that storages have to remove what is not to stay when the application has closed. */
const LAST_REMOVALS = 5000;

/** The broadcasts of a server: which streams are being packaged, and for how long. */
@Injectable()
export class HlsBroadcasts implements BroadcastOwner, RtmpExtension, OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  /** The newest of each stream. */
  readonly #byPath = new Map<string, HlsBroadcast>();
  readonly #byRun = new Map<string, HlsBroadcast>();
  /** Broadcasts that are over and still write. */
  readonly #leaving = new Set<Promise<void>>();
  /** Who publishes a broadcast's stream: it says why that ended. */
  readonly #publications = new WeakMap<HlsBroadcast, RtmpPublication>();
  readonly memory: HlsMemory;
  #library: MuxingLibrary | undefined;
  #stopObserving: (() => void) | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  /** Nothing is left to be recorded. */
  #isDrained = false;

  constructor(
    private readonly registry: StreamRegistry,
    private readonly streams: RtmpStreams,
    private readonly sessions: HlsViewerSessions,
    private readonly playback: RtmpPlayback,
    @Inject(RTMP_HLS_OPTIONS) private readonly options: ResolvedRtmpHlsOptions,
    private readonly vods: HlsVods,
    @Optional() @Inject(HLS_STORAGE) private readonly storage: HlsStorage | undefined,
    server: RtmpServer,
  ) {
    server.extend(this);
    this.memory = new HlsMemory(options.maxTotalBytes, (broadcast) => this.#giveUp(broadcast));
    playback.addViewerSource({ protocol: 'hls', count: (path) => this.#byPath.get(path)?.viewers.size ?? 0 });
  }

  /** @throws {RtmpConfigurationError} mediabunny is not installed */
  async onApplicationBootstrap(): Promise<void> {
    if (this.options.container === 'fmp4') this.#library = await loadMuxingLibrary('hls');
    this.#stopObserving = this.registry.observe({ onAdd: (stream) => this.#onAdd(stream) });
    for (const stream of this.registry.list()) this.#onAdd(stream);
  }

  /** Ends all broadcasts, which can be seen for as long as the application answers; resolves when recordings are finished. */
  async drain(): Promise<void> {
    this.#isDrained = false;
    await Promise.all([...this.#byRun.values()].map((broadcast) => broadcast.finish()).concat(...this.#leaving));
    this.#isDrained = true;
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopObserving?.();
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    for (const broadcast of this.#byRun.values()) this.#drop(broadcast);
    // The server has given up waiting for a storage that does not answer.
    if (this.#isDrained) await Deadline.within(LAST_REMOVALS, Promise.all(this.#leaving));
  }

  /** All there are, those that have ended a moment ago included. */
  list(): HlsBroadcast[] {
    return [...this.#byRun.values()];
  }

  find(run: string): HlsBroadcast | undefined {
    return this.#byRun.get(run);
  }

  /**
   * The broadcast of a stream, begun if there is none; once its playlists have something in them.
   *
   * @returns 'not found' when nobody publishes it, 'not ready' when it takes too long, 'no memory' when those that there
   * are need all of it
   */
  async open(path: string, gone: AbortSignal): Promise<HlsBroadcast | 'not found' | 'not ready' | 'no memory'> {
    const broadcast = await this.#whenThere(path, gone);
    if (broadcast === undefined) return this.registry.get(path) === undefined ? 'not found' : 'no memory';
    return (await this.#whenReady(broadcast, gone)) ? broadcast : 'not ready';
  }

  /** Somebody begins to watch. */
  addViewer(broadcast: HlsBroadcast, viewer: HlsViewer): void {
    broadcast.viewers.set(viewer.token, viewer);
    this.sessions.begin(viewer, broadcast.path);
  }

  onStreamEnd(broadcast: HlsBroadcast): void {
    const reason = this.#publications.get(broadcast)?.endReason;
    const mayComeBack = reason === 'disconnected' || reason === 'replaced' || reason === 'handed over';
    if (mayComeBack && this.options.publisherGrace > 0) broadcast.suspend();
    else broadcast.end();
  }

  onInitFailed(broadcast: HlsBroadcast, error: unknown): void {
    this.#logger.error('HLS cannot be made of this stream', { stream: broadcast.path, error: String(error) });
  }

  onOutgrown(broadcast: HlsBroadcast, reason: OutgrownReason): void {
    const { path } = broadcast;
    this.#logger.log('HLS begins anew', { stream: path, reason });
    // It is in the middle of something.
    queueMicrotask(() => {
      const { stream } = broadcast;
      broadcast.end();
      const isCurrent = this.#byPath.get(path) === broadcast && this.registry.get(path) === stream;
      if (isCurrent && stream !== undefined) this.#start(stream);
    });
  }

  onLeftOut({ path }: HlsBroadcast, what: string): void {
    this.#logger.warn('HLS leaves out a track', { stream: path, what, container: this.options.container });
  }

  onGrowth(broadcast: HlsBroadcast): void {
    if (this.#byRun.has(broadcast.run)) this.memory.update(broadcast);
  }

  #onAdd(stream: LiveStream): void {
    const broadcast = this.#byPath.get(stream.path);
    if (broadcast?.state === 'away') this.#attach(broadcast, stream);
    else if (this.options.start === 'always' && !this.options.record) this.#start(stream);
    else if (this.options.start === 'always' || this.options.record) {
      // What its handler said about recording is known a moment later.
      queueMicrotask(() => {
        const isThere = this.registry.get(stream.path) === stream && this.#byPath.get(stream.path)?.state !== 'live';
        if (isThere && (this.options.start === 'always' || this.#isRecorded(stream))) this.#start(stream);
      });
    }
  }

  /** Whether a stream is to be recorded: as the options say, unless its publish handler said no. */
  #isRecorded({ path }: LiveStream): boolean {
    return this.options.record && this.streams.get(path)?.reply.record !== false;
  }

  /** @returns undefined when there is no memory left */
  #start(stream: LiveStream): HlsBroadcast | undefined {
    const { path } = stream;
    if (!this.memory.admit()) {
      this.#logger.warn('HLS not started: maxTotalBytes', { stream: path, bytes: this.memory.bytes });
      return undefined;
    }
    const broadcast = new HlsBroadcast(path, this.#isRecorded(stream), this.options, this.#library, this, (made) =>
      this.#keeperOf(made, stream),
    );
    this.#byPath.set(path, broadcast);
    this.#byRun.set(broadcast.run, broadcast);
    this.#logger.log('HLS started', { stream: path });
    this.#attach(broadcast, stream);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL).unref();
    return broadcast;
  }

  #keeperOf(broadcast: HlsBroadcast, { path, app, name }: LiveStream): HlsSegmentKeeper | undefined {
    const { storage } = this;
    if (storage === undefined) return undefined;
    if (broadcast.isRecorded) return this.vods.record(storage, broadcast, { app, name });
    if (this.options.storage === 'recordings') return undefined;
    const { run, startedAt } = broadcast;
    return new HlsSegmentShelf(storage, { app, name, run, startedAt }, (file, error) =>
      this.#logger.error('HLS storage failed', { stream: path, file, error: String(error) }),
    );
  }

  /** There is no memory for it: nothing is left to be given up but all of it. */
  #giveUp(broadcast: HlsBroadcast): void {
    this.#logger.error('HLS given up: maxTotalBytes', { stream: broadcast.path, bytes: broadcast.byteLength });
    // It may be in the middle of something.
    queueMicrotask(() => {
      if (this.#byRun.has(broadcast.run)) this.#drop(broadcast);
    });
  }

  #attach(broadcast: HlsBroadcast, stream: LiveStream): void {
    broadcast.attach(stream);
    // The publication of a stream that is just being added is known a moment later.
    queueMicrotask(() => {
      const publication = this.streams.get(stream.path);
      if (publication?.stream !== stream) return;
      this.#publications.set(broadcast, publication);
      if (publication.reply.record === false) broadcast.stopRecording();
    });
  }

  #whenThere(path: string, gone: AbortSignal): Promise<HlsBroadcast | undefined> {
    const known = this.#byPath.get(path);
    if (known !== undefined && known.state !== 'ended') return Promise.resolve(known);
    const live = this.registry.get(path);
    if (live !== undefined) return Promise.resolve(this.#start(live));
    // What has ended and can be seen from its beginning.
    if (known !== undefined && this.options.playlist === 'event') return Promise.resolve(known);
    return new Promise((resolve) => {
      const stop = this.playback.whenLive(
        path,
        (stream) => resolve(this.#current(stream)),
        () => resolve(undefined),
      );
      gone.addEventListener('abort', () => {
        stop();
        resolve(undefined);
      });
    });
  }

  #current(stream: LiveStream): HlsBroadcast | undefined {
    const known = this.#byPath.get(stream.path);
    return known !== undefined && known.state !== 'ended' ? known : this.#start(stream);
  }

  async #whenReady(broadcast: HlsBroadcast, gone: AbortSignal): Promise<boolean> {
    if (broadcast.packager.prepare()) return true;
    const deadline = performance.now() + this.options.startTimeout;
    const question = {
      isReady: () => broadcast.packager.prepare() || broadcast.state === 'ended',
      answer: () => true,
      onTimeout: () => false,
    };
    const isReady = await broadcast.waiting.hold(question, deadline, gone);
    return isReady === true && broadcast.packager.isReady && this.#byRun.has(broadcast.run);
  }

  #sweep(): void {
    const now = performance.now();
    for (const broadcast of this.#byRun.values()) {
      this.onGrowth(broadcast);
      broadcast.waiting.expire(now);
      this.#expireViewers(broadcast, now);
      const { state, stateSince, lastRequest } = broadcast;
      if (state === 'away' && now - stateSince >= this.options.publisherGrace) broadcast.end();
      if (state === 'ended' && now - stateSince >= this.options.endedTimeout) this.#drop(broadcast);
      const mayGo = this.options.start === 'demand' && this.options.playlist === 'live' && !broadcast.isRecorded;
      if (mayGo && broadcast.waiting.size === 0 && state !== 'ended' && now - lastRequest >= this.options.idleTimeout)
        this.#drop(broadcast);
    }
    if (this.#byRun.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #expireViewers({ viewers }: HlsBroadcast, now: number): void {
    for (const [token, viewer] of viewers) {
      if (!this.sessions.isSilent(viewer, now) && !viewer.isGone) continue;
      viewers.delete(token);
      this.sessions.end(viewer);
    }
  }

  #drop(broadcast: HlsBroadcast): void {
    this.#byRun.delete(broadcast.run);
    if (this.#byPath.get(broadcast.path) === broadcast) this.#byPath.delete(broadcast.path);
    this.memory.remove(broadcast);
    const viewers = [...broadcast.viewers.values()];
    const leaving = broadcast.dispose().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    for (const viewer of viewers) this.sessions.end(viewer);
    this.#logger.log('HLS stopped', { stream: broadcast.path });
  }
}
