import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { HlsViewer } from './hls-viewer.js';
import { HlsViewerSessions } from './hls-viewer-sessions.js';
import type { HlsVodTicket } from './hls-vod-tokens.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

/** A recording that is being watched. */
export interface WatchedVod {
  readonly app: string;
  readonly name: string;
  readonly id: string;
  /** By what their tokens say. */
  readonly viewers: ReadonlyMap<string, HlsViewer>;
}

/** How often it is looked who is gone, milliseconds. */
const SWEEP_INTERVAL = 500;
/** Viewers sent away who are remembered; of more the first may come back, as long as their addresses are good. */
const MAX_BANNED = 100_000;

/**
 * Who watches recordings. Somebody who asks for nothing for a while is not counted any more, and is again when it goes on:
 * of those who pause nothing is kept but what their addresses say.
 */
@Injectable()
export class HlsVodAudience implements OnApplicationShutdown {
  readonly #watched = new Map<string, WatchedVod & { readonly viewers: Map<string, HlsViewer> }>();
  /** Who was sent away, and until when its addresses would be good. */
  readonly #banned = new Map<string, number>();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly sessions: HlsViewerSessions,
    @Inject(RTMP_HLS_OPTIONS) private readonly options: ResolvedRtmpHlsOptions,
  ) {}

  onApplicationShutdown(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    for (const [key, { viewers }] of this.#watched) {
      for (const [id, viewer] of viewers) this.#remove(key, id, viewer, 'the server closes');
    }
  }

  list(): WatchedVod[] {
    return [...this.#watched.values()];
  }

  /** Whether nobody else can watch a recording now. */
  isFull(recording: Omit<WatchedVod, 'viewers'>): boolean {
    return (this.#watched.get(keyOf(recording))?.viewers.size ?? 0) >= this.options.maxViewers;
  }

  isBanned({ viewer }: HlsVodTicket): boolean {
    return this.#banned.has(viewer);
  }

  /** Somebody asks for a file; false when it is not counted now. */
  hear(recording: Omit<WatchedVod, 'viewers'>, ticket: HlsVodTicket): boolean {
    const viewer = this.#watched.get(keyOf(recording))?.viewers.get(ticket.viewer);
    if (viewer === undefined) return false;
    viewer.lastSeen = performance.now();
    return true;
  }

  /** Somebody begins to watch, or goes on. */
  add({ app, name, id }: Omit<WatchedVod, 'viewers'>, ticket: HlsVodTicket, viewer: HlsViewer): void {
    const key = keyOf({ app, name, id });
    let watched = this.#watched.get(key);
    if (watched === undefined) this.#watched.set(key, (watched = { app, name, id, viewers: new Map() }));
    const { viewers } = watched;
    viewers.set(ticket.viewer, viewer);
    viewer.isWatching = true;
    viewer.lastSeen = performance.now();
    // Those who are silent are taken out before they are disconnected.
    viewer.closed.addEventListener('abort', () => {
      if (viewers.get(ticket.viewer) !== viewer) return;
      this.#ban(ticket);
      this.#remove(key, ticket.viewer, viewer);
    });
    this.sessions.begin(viewer, `${app}/${name}`);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL).unref();
  }

  #remove(key: string, id: string, viewer: HlsViewer, reason?: string): void {
    const watched = this.#watched.get(key);
    watched?.viewers.delete(id);
    if (watched?.viewers.size === 0) this.#watched.delete(key);
    this.sessions.end(viewer, reason);
  }

  #ban({ viewer, until }: HlsVodTicket): void {
    if (this.#banned.size >= MAX_BANNED) this.#banned.delete(this.#banned.keys().next().value!);
    this.#banned.set(viewer, until);
  }

  #sweep(): void {
    const now = performance.now();
    for (const [key, { viewers }] of this.#watched) {
      for (const [id, viewer] of viewers) if (this.sessions.isSilent(viewer, now)) this.#remove(key, id, viewer);
    }
    const time = Date.now();
    for (const [viewer, until] of this.#banned) if (until <= time) this.#banned.delete(viewer);
    if (this.#watched.size > 0 || this.#banned.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

function keyOf({ app, name, id }: Omit<WatchedVod, 'viewers'>): string {
  return `${app}/${name}/${id}`;
}
