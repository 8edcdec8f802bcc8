import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CommandAdmission } from '../admission/command-admission.js';
import type { Decision } from '../admission/decision.js';
import { answerOf, FULL } from '../http/flv-answer.js';
import type { FlvTarget } from '../http/flv-request.js';
import { HttpPeers } from '../http/http-peers.js';
import type { HttpRequest } from '../http/rtmpt-http-request.js';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { ConnectionLimiter } from '../server/connection-limiter.js';
import { type HlsAnswer, refusalAnswer } from './hls-answer.js';
import { HlsViewer } from './hls-viewer.js';
import { isQueryTooLong, QUERY_TOO_LONG } from './own-query.js';

const NO_ROOM = refusalAnswer(FULL.httpStatus, FULL.code, FULL.description);

/** A decision to let somebody in. */
export type HlsWelcome = Extract<Decision, { isAccepted: true }>;

/** Who comes to watch, and what is done once the application has let them in; undefined when the client has gone. */
export interface HlsVisit {
  readonly target: FlvTarget;
  /** What a player of RTMP says with play: 0 for a recording. */
  readonly start?: number;
  welcome(viewer: HlsViewer, decision: HlsWelcome): Promise<HlsAnswer | undefined>;
}

/** Where viewers come in, of what is live and of recordings: bounded, and asked about as players of RTMP are. */
@Injectable()
export class HlsEntrance {
  readonly #idPrefix = randomBytes(3).toString('hex');
  /** Viewers, and those who wait to be let in, by address. */
  readonly #limiter: ConnectionLimiter;
  #entering = 0;
  #count = 0;

  constructor(
    private readonly admission: CommandAdmission,
    @InjectRtmpOptions() private readonly options: ResolvedRtmpOptions,
    private readonly peers: HttpPeers,
  ) {
    this.#limiter = new ConnectionLimiter(Infinity, options.maxConnectionsPerAddress);
  }

  /**
   * The answer to somebody who comes to watch; one who is not watching afterwards is gone.
   *
   * @param gone aborted when the client is gone
   */
  async enter(request: HttpRequest, visit: HlsVisit, gone: AbortSignal): Promise<HlsAnswer | undefined> {
    if (isQueryTooLong(visit.target.query)) return QUERY_TOO_LONG;
    if (this.#entering >= this.options.maxConnections) return NO_ROOM;
    const viewer = this.#take(request, visit.target);
    if (viewer === undefined) return NO_ROOM;
    const onGone = (): void => viewer.disconnect('closed by the peer');
    gone.addEventListener('abort', onGone);
    this.#entering++;
    try {
      return await this.#letIn(viewer, visit, gone);
    } finally {
      this.#entering--;
      // From here on it comes and goes with every request.
      gone.removeEventListener('abort', onGone);
      if (!viewer.isWatching) viewer.disconnect('never began');
    }
  }

  /**
   * Somebody who was let in before, and has not been heard of for a while.
   *
   * @returns undefined when its address has too many
   */
  comeBack(request: HttpRequest, target: FlvTarget): HlsViewer | undefined {
    return this.#take(request, target);
  }

  #take(request: HttpRequest, target: FlvTarget): HlsViewer | undefined {
    const viewer = new HlsViewer(`${this.#idPrefix}-s${(++this.#count).toString(36)}`, {
      ...target,
      peer: { kind: 'hls', ...this.peers.peerOf(request) },
      userAgent: request.headers['user-agent'] ?? '',
    });
    const { remoteAddress } = viewer.session;
    if (this.#limiter.enter(remoteAddress) !== undefined) return undefined;
    viewer.closed.addEventListener('abort', () => this.#limiter.leave(remoteAddress));
    return viewer;
  }

  async #letIn(viewer: HlsViewer, visit: HlsVisit, gone: AbortSignal): Promise<HlsAnswer | undefined> {
    const decision = await viewer.admit(this.admission, this.options.handlerTimeout, visit.start);
    if (gone.aborted) return undefined;
    if (decision === undefined) {
      return refusalAnswer(503, 'NetStream.Play.Failed', 'The server did not decide in time.');
    }
    if (!decision.isAccepted) {
      const { httpStatus, code, description } = answerOf(decision.status, decision.httpStatus);
      return refusalAnswer(httpStatus, code, description);
    }
    const answer = await visit.welcome(viewer, decision);
    return gone.aborted ? undefined : answer;
  }
}
