import { Inject, Injectable } from '@nestjs/common';
import type { FlvTarget } from '../http/flv-request.js';
import type { HttpRequest } from '../http/rtmpt-http-request.js';
import { type HlsAnswer, playlistAnswer, refusalAnswer } from './hls-answer.js';
import type { HlsBroadcast } from './hls-broadcast.js';
import { HlsBroadcasts } from './hls-broadcasts.js';
import { HlsEntrance, type HlsVisit, type HlsWelcome } from './hls-entrance.js';
import { type HlsExchange, UNKNOWN_VIEWER } from './hls-exchange.js';
import { EVERYBODY, type HlsFileTarget } from './hls-file-target.js';
import { HlsFiles } from './hls-files.js';
import type { HlsViewer } from './hls-viewer.js';
import { HlsViewerSessions } from './hls-viewer-sessions.js';
import { querySuffix } from './own-query.js';
import { ownPlaylist } from './playlist-text.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

/** Requests of one viewer that may be held: a playlist and a part of each of a few renditions. */
const MAX_WAITING_PER_VIEWER = 16;
/** A playlist that is one viewer's own. */
const PRIVATE = 'no-store';

const OVER = refusalAnswer(404, 'NetStream.Play.StreamNotFound', 'This broadcast is over.');
const VIEWER_WAITS = refusalAnswer(503, 'NetStream.Play.Failed', 'Too many requests of this viewer wait.');

/** Lets viewers in at the multivariant playlist, and answers all that follows from it. */
@Injectable()
export class HlsPlayers {
  readonly #files = new WeakMap<HlsBroadcast, HlsFiles>();
  /** Viewers who have asked for nothing yet, the first to come first. */
  readonly #newcomers = new WeakMap<HlsBroadcast, Set<HlsViewer>>();

  constructor(
    private readonly entrance: HlsEntrance,
    private readonly broadcasts: HlsBroadcasts,
    private readonly viewerSessions: HlsViewerSessions,
    @Inject(RTMP_HLS_OPTIONS) private readonly hlsOptions: ResolvedRtmpHlsOptions,
  ) {}

  /**
   * The multivariant playlist, for somebody who comes to watch.
   *
   * @returns undefined when the client has gone meanwhile
   */
  enter(request: HttpRequest, target: FlvTarget, gone: AbortSignal): Promise<HlsAnswer | undefined> {
    const welcome: HlsVisit['welcome'] = (viewer, decision) => this.#letIn(viewer, target, decision, gone);
    return this.entrance.enter(request, { target, welcome }, gone);
  }

  /** Answers a request for a playlist, init segment, segment or part. */
  serve(exchange: HlsExchange, { token, run, tail }: HlsFileTarget): void {
    const broadcast = this.broadcasts.find(run);
    if (broadcast === undefined) {
      exchange.answer(OVER);
      return;
    }
    const now = performance.now();
    broadcast.lastRequest = now;
    if (this.hlsOptions.sessions) {
      const viewer = broadcast.viewers.get(token);
      if (viewer === undefined || viewer.isGone) {
        exchange.answer(UNKNOWN_VIEWER);
        return;
      }
      viewer.lastSeen = now;
      if (!viewer.hasAsked) {
        viewer.hasAsked = true;
        this.#newcomersOf(broadcast).delete(viewer);
      }
      if (viewer.waiting >= MAX_WAITING_PER_VIEWER) {
        exchange.answer(VIEWER_WAITS);
        return;
      }
      exchange.viewer = viewer;
    }
    this.#filesOf(broadcast).serve(tail, exchange);
  }

  async #letIn(
    viewer: HlsViewer,
    target: FlvTarget,
    decision: HlsWelcome,
    gone: AbortSignal,
  ): Promise<HlsAnswer | undefined> {
    const { path } = decision.play!;
    const broadcast = await this.broadcasts.open(path, gone);
    if (gone.aborted) return undefined;
    if (broadcast === 'not found') return refusalAnswer(404, 'NetStream.Play.StreamNotFound', `${path} is not live.`);
    if (broadcast === 'no memory') {
      return refusalAnswer(503, 'NetStream.Play.Failed', 'The streams that are watched need all memory for HLS.');
    }
    if (broadcast === 'not ready') {
      return refusalAnswer(503, 'NetStream.Play.Failed', `${path} has nothing yet that HLS could be made of.`);
    }
    return this.#welcome(viewer, broadcast, target);
  }

  #welcome(viewer: HlsViewer, broadcast: HlsBroadcast, { name, query }: FlvTarget): HlsAnswer {
    if (broadcast.viewers.size >= this.hlsOptions.maxViewers && !this.#makeRoom(broadcast)) {
      return refusalAnswer(503, 'NetStream.Play.Failed', 'Too many watch this stream.');
    }
    broadcast.lastRequest = performance.now();
    let token = EVERYBODY;
    if (this.hlsOptions.sessions) {
      ({ token } = viewer);
      viewer.isWatching = true;
      viewer.lastSeen = performance.now();
      this.broadcasts.addViewer(broadcast, viewer);
      const newcomers = this.#newcomersOf(broadcast).add(viewer);
      viewer.closed.addEventListener('abort', () => newcomers.delete(viewer));
    }
    // Relative, so that it holds behind a proxy with a path of its own.
    const base = `${encodeURIComponent(name.split('/').at(-1)!)}/hls/${token}/${broadcast.run}/`;
    const plain = Buffer.from(broadcast.packager.multivariant(base, querySuffix(query)));
    return playlistAnswer(ownPlaylist(plain), PRIVATE);
  }

  /**
   * Whoever watches asks for a playlist as soon as it has this one. Those who only come are anybody's, by the thousand:
   * the first of them gives its place up.
   *
   * @returns false when all that there are watch
   */
  #makeRoom(broadcast: HlsBroadcast): boolean {
    const [viewer] = this.#newcomersOf(broadcast);
    if (viewer === undefined) return false;
    broadcast.viewers.delete(viewer.token);
    this.viewerSessions.end(viewer, 'asked for nothing, and others came');
    return true;
  }

  #newcomersOf(broadcast: HlsBroadcast): Set<HlsViewer> {
    let newcomers = this.#newcomers.get(broadcast);
    if (newcomers === undefined) this.#newcomers.set(broadcast, (newcomers = new Set()));
    return newcomers;
  }

  #filesOf(broadcast: HlsBroadcast): HlsFiles {
    let files = this.#files.get(broadcast);
    if (files === undefined) {
      const { maxWaiting, sessions } = this.hlsOptions;
      files = new HlsFiles(broadcast, maxWaiting, sessions ? 'private' : 'public');
      this.#files.set(broadcast, files);
    }
    return files;
  }
}
