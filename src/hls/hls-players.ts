import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CommandAdmission } from '../admission/command-admission.js';
import { answerOf, FULL } from '../http/flv-answer.js';
import type { FlvTarget } from '../http/flv-request.js';
import type { HttpRequest } from '../http/rtmpt-http-request.js';
import { HttpPeers } from '../http/http-peers.js';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { ConnectionLimiter } from '../server/connection-limiter.js';
import { type HlsAnswer, playlistAnswer, refusalAnswer } from './hls-answer.js';
import type { HlsBroadcast } from './hls-broadcast.js';
import { HlsBroadcasts } from './hls-broadcasts.js';
import { type HlsExchange, UNKNOWN_VIEWER } from './hls-exchange.js';
import { EVERYBODY, type HlsFileTarget } from './hls-file-target.js';
import { HlsFiles } from './hls-files.js';
import { HlsViewer } from './hls-viewer.js';
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
  readonly #idPrefix = randomBytes(3).toString('hex');
  /** Viewers, and those who wait to be let in, by address. */
  readonly #limiter: ConnectionLimiter;
  #entering = 0;
  #count = 0;

  constructor(
    private readonly admission: CommandAdmission,
    private readonly broadcasts: HlsBroadcasts,
    @InjectRtmpOptions() private readonly options: ResolvedRtmpOptions,
    private readonly peers: HttpPeers,
    @Inject(RTMP_HLS_OPTIONS) private readonly hlsOptions: ResolvedRtmpHlsOptions,
  ) {
    this.#limiter = new ConnectionLimiter(Infinity, options.maxConnectionsPerAddress);
  }

  /**
   * The multivariant playlist, for somebody who comes to watch.
   *
   * @returns undefined when the client has gone meanwhile
   */
  async enter(request: HttpRequest, target: FlvTarget, gone: AbortSignal): Promise<HlsAnswer | undefined> {
    const viewer = this.#viewer(request, target);
    const { remoteAddress } = viewer.session;
    const isFull = this.#entering >= this.options.maxConnections || this.#limiter.enter(remoteAddress) !== undefined;
    if (isFull) return refusalAnswer(FULL.httpStatus, FULL.code, FULL.description);
    viewer.closed.addEventListener('abort', () => this.#limiter.leave(remoteAddress));
    this.#entering++;
    try {
      return await this.#letIn(viewer, target, gone);
    } finally {
      this.#entering--;
      if (!viewer.isWatching) viewer.disconnect('never began');
    }
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
      if (viewer.waiting >= MAX_WAITING_PER_VIEWER) {
        exchange.answer(VIEWER_WAITS);
        return;
      }
      exchange.viewer = viewer;
    }
    this.#filesOf(broadcast).serve(tail, exchange);
  }

  async #letIn(viewer: HlsViewer, target: FlvTarget, gone: AbortSignal): Promise<HlsAnswer | undefined> {
    const onGone = (): void => viewer.disconnect('closed by the peer');
    gone.addEventListener('abort', onGone);
    const decision = await viewer.admit(this.admission, this.options.handlerTimeout);
    if (gone.aborted) return undefined;
    if (decision === undefined)
      return refusalAnswer(503, 'NetStream.Play.Failed', 'The server did not decide in time.');
    if (!decision.isAccepted) {
      const { httpStatus, code, description } = answerOf(decision.status, decision.httpStatus);
      return refusalAnswer(httpStatus, code, description);
    }
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
    // From here on it comes and goes with every request.
    gone.removeEventListener('abort', onGone);
    return this.#welcome(viewer, broadcast, target);
  }

  #welcome(viewer: HlsViewer, broadcast: HlsBroadcast, { name, query }: FlvTarget): HlsAnswer {
    if (broadcast.viewers.size >= this.hlsOptions.maxViewers) {
      return refusalAnswer(503, 'NetStream.Play.Failed', 'Too many watch this stream.');
    }
    broadcast.lastRequest = performance.now();
    let token = EVERYBODY;
    if (this.hlsOptions.sessions) {
      ({ token } = viewer);
      viewer.isWatching = true;
      viewer.lastSeen = performance.now();
      this.broadcasts.addViewer(broadcast, viewer);
    }
    // Relative, so that it holds behind a proxy with a path of its own.
    const base = `${encodeURIComponent(name.split('/').at(-1)!)}/hls/${token}/${broadcast.run}/`;
    const suffix = query === '' ? '' : `?${query.replaceAll('"', '%22')}`;
    const plain = Buffer.from(broadcast.packager.multivariant(base, suffix));
    return playlistAnswer(ownPlaylist(plain), PRIVATE);
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

  #viewer(request: HttpRequest, target: FlvTarget): HlsViewer {
    return new HlsViewer(`${this.#idPrefix}-s${(++this.#count).toString(36)}`, {
      ...target,
      peer: { kind: 'hls', ...this.peers.peerOf(request) },
      userAgent: request.headers['user-agent'] ?? '',
    });
  }
}
