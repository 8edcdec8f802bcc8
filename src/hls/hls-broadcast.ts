import { randomBytes } from 'node:crypto';
import {
  type HlsFile,
  HlsPackager,
  type HlsInit,
  type HlsSegment,
  type MuxingLibrary,
  type OutgrownReason,
  type PackagerReceiver,
  parseFileName,
  type Rendition,
  writeInitSegment,
} from '#lib/hls';
import type { LiveStream, MediaMessage, MediaSink } from '#lib/live';
import type { HlsViewer } from './hls-viewer.js';
import { HlsWaiting } from './hls-waiting.js';
import type { ResolvedRtmpHlsOptions } from './rtmp-hls-options.js';
import type { HlsSegmentKeeper } from './hls-segment-keeper.js';

const RUN_BYTES = 12;
/** Milliseconds that what is kept of a stream is old, at most. */
const MAX_AGE = 60_000;

/** What a broadcast tells. */
export interface BroadcastOwner {
  /** Its stream has ended. */
  onStreamEnd(broadcast: HlsBroadcast): void;
  onInitFailed(broadcast: HlsBroadcast, error: unknown): void;
  /** It can not go on, and is to end: another one is made of what follows. */
  onOutgrown(broadcast: HlsBroadcast, reason: OutgrownReason): void;
  /** Something of its stream can be in no playlist: `audio in speex`. */
  onLeftOut(broadcast: HlsBroadcast, what: string): void;
  /** It holds more than before. */
  onGrowth(broadcast: HlsBroadcast): void;
}

/**
 * A live stream as HLS, under URIs of its own.
 *
 * ```
 * live <--the next publish-- away
 *   '---connection lost-------^ '--publisherGrace--> ended
 *   '---the publisher said goodbye-------------------^
 * ```
 */
export class HlsBroadcast implements MediaSink, PackagerReceiver {
  /** The part of its URIs that no other broadcast has, and nobody can guess. */
  readonly run = randomBytes(RUN_BYTES).toString('base64url');
  readonly startedAt = Date.now();
  readonly packager: HlsPackager;
  readonly viewers = new Map<string, HlsViewer>();
  readonly waiting = new HlsWaiting();
  /** Since when it is in its state, and when it was last asked for anything: `performance.now()`. */
  stateSince = performance.now();
  lastRequest = performance.now();
  private readonly keeper: HlsSegmentKeeper | undefined;
  #state: 'live' | 'away' | 'ended' = 'live';
  /** There as long as a segment needs them: a publisher may change its formats as often as it likes. */
  readonly #inits = new WeakMap<HlsInit, Promise<Uint8Array>>();
  #stream: LiveStream | undefined;
  #detach: (() => void) | undefined;
  /** The version at which the publisher went. */
  #pausedAt: number | undefined;

  constructor(
    readonly path: string,
    readonly isRecorded: boolean,
    options: ResolvedRtmpHlsOptions,
    private readonly library: MuxingLibrary | undefined,
    private readonly owner: BroadcastOwner,
    keeperOf: (broadcast: HlsBroadcast) => HlsSegmentKeeper | undefined,
  ) {
    this.keeper = keeperOf(this);
    this.packager = new HlsPackager(options, this);
  }

  get state(): 'live' | 'away' | 'ended' {
    return this.#state;
  }

  /** The stream it is made of; undefined while there is none. */
  get stream(): LiveStream | undefined {
    return this.#stream;
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.packager.byteLength + (this.keeper?.pendingBytes ?? 0);
  }

  /** Goes up whenever a playlist changes. */
  get version(): number {
    return this.packager.renditions.reduce((sum, { window }) => sum + window.version, 0);
  }

  /** Its publisher is gone for now, or is back and nothing new has come yet. */
  get isPaused(): boolean {
    return this.version === this.#pausedAt;
  }

  /** Begins with what is kept of the stream since its newest key frame, or goes on with another publish. */
  attach(stream: LiveStream): void {
    if (this.#stream !== undefined) this.#leave();
    const wasPaused = this.isPaused;
    if (this.packager.renditions.length > 0) this.packager.discontinue();
    if (wasPaused) this.#pausedAt = this.version;
    this.#setState('live');
    this.#stream = stream;
    if (stream.gopDuration !== undefined) this.packager.expectKeyFrames(stream.gopDuration);
    const { videoMessages, audioMessages } = stream.counters;
    this.packager.expectKinds({ video: videoMessages > 0, audio: audioMessages > 0 });
    this.#detach = stream.addSink(this);
    const now = Date.now();
    const end = stream.timestamp ?? 0;
    stream.gopCache.forEach((message) => {
      // A publisher's clock may have jumped since.
      const age = Math.min(Math.max(0, end - message.timestamp), MAX_AGE);
      this.packager.push(message, now - age);
    });
  }

  /** Its publisher is gone for now. The part that is being written waits: the last one of all is another than others. */
  suspend(): void {
    if (this.packager.renditions[0]?.partTarget === undefined) this.packager.discontinue();
    this.#leave();
    this.#setState('away');
    this.#pausedAt = this.version;
    // What they wait for may take longer than they do.
    this.waiting.expire(Infinity);
  }

  /** Nothing follows. */
  end(): void {
    if (this.#state === 'ended') return;
    this.#leave();
    this.packager.end();
    this.keeper?.end();
    this.#setState('ended');
    this.waiting.wake();
  }

  /** Nothing of it goes to a recording any more. */
  stopRecording(): void {
    if (this.isRecorded) this.keeper?.end();
  }

  /** Nothing follows; resolves when what is recorded of it is written. */
  async finish(): Promise<void> {
    this.end();
    if (this.isRecorded) await this.keeper?.dispose();
  }

  /** Gives up what it holds. Resolves when what is to stay is written. */
  dispose(): Promise<void> {
    this.end();
    for (const viewer of this.viewers.values()) viewer.disconnect('the broadcast is over');
    this.viewers.clear();
    return this.keeper?.dispose() ?? Promise.resolve();
  }

  onMessage(message: MediaMessage): void {
    this.packager.push(message, Date.now());
  }

  onEnd(): void {
    this.#detach = undefined;
    this.owner.onStreamEnd(this);
  }

  onInit(init: HlsInit): void {
    if (this.library === undefined) return;
    const written = writeInitSegment(this.library, init.formats);
    written.catch((error: unknown) => this.owner.onInitFailed(this, error));
    this.#inits.set(init, written);
  }

  onPart(): void {
    this.owner.onGrowth(this);
    this.waiting.wake();
  }

  onSegment(rendition: Rendition, segment: HlsSegment, rest?: HlsSegment): void {
    this.keeper?.put(rendition, segment, rest);
  }

  onOutgrown(reason: OutgrownReason): void {
    this.owner.onOutgrown(this, reason);
  }

  onLeftOut(what: string): void {
    this.owner.onLeftOut(this, what);
  }

  onRemove(rendition: Rendition, segment: HlsSegment): void {
    this.keeper?.remove(rendition, segment);
  }

  /** The bytes of an init segment, whose playlist may not list it any more. */
  initOf(init: HlsInit): Promise<Uint8Array> | undefined {
    return this.#inits.get(init);
  }

  /** What a name stands for, and the rendition it belongs to. */
  fileOf(name: string): { file: HlsFile; rendition: Rendition } | undefined {
    const file = parseFileName(name);
    const rendition = file === undefined ? undefined : this.packager.find(file.rendition);
    return file === undefined || rendition === undefined ? undefined : { file, rendition };
  }

  /** An init segment, which may still be on its way. */
  init({ window }: Rendition, id: number): Promise<Uint8Array> | undefined {
    const init = window.findInit(id);
    return init === undefined ? undefined : this.#inits.get(init);
  }

  /** The bytes of a complete segment; a promise when they are in a storage. */
  segment(
    rendition: Rendition,
    number: number,
  ): readonly Uint8Array[] | Promise<readonly Uint8Array[] | undefined> | undefined {
    const segment = rendition.window.find(number);
    if (segment === undefined || !segment.isComplete || segment.isGap) return undefined;
    return segment.parts.length > 0 ? segment.parts.map(({ bytes }) => bytes) : this.keeper?.get(rendition, segment);
  }

  #leave(): void {
    this.#detach?.();
    this.#detach = undefined;
    this.#stream = undefined;
  }

  #setState(state: 'live' | 'away' | 'ended'): void {
    this.#state = state;
    this.stateSince = performance.now();
  }
}
