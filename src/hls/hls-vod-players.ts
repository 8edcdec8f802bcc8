import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { addressUris, parseFileName } from '#lib/hls';
import { CommandAdmission } from '../admission/command-admission.js';
import { answerOf, FULL } from '../http/flv-answer.js';
import type { FlvTarget } from '../http/flv-request.js';
import { HttpPeers } from '../http/http-peers.js';
import type { HttpRequest } from '../http/rtmpt-http-request.js';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { ConnectionLimiter } from '../server/connection-limiter.js';
import { VOD_INDEX } from './finish-hls-vod.js';
import { type HlsAnswer, mediaAnswer, playlistAnswer, refusalAnswer } from './hls-answer.js';
import { HlsViewer } from './hls-viewer.js';
import { HlsVodTokens } from './hls-vod-tokens.js';
import { ownPlaylist, sharedPlaylist } from './playlist-text.js';
import { RtmpHlsVods } from './rtmp-hls-vods.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

const NOT_FOUND = refusalAnswer(404, 'NetStream.Play.StreamNotFound', 'There is no such recording, or file of it.');
const REFUSED = refusalAnswer(
  403,
  'NetStream.Play.Failed',
  'These addresses are not good any more: ask for the recording.',
);
/** RTMP says with it that a recording is wanted, from its beginning. */
const FROM_BEGINNING = 0;

/** A recording, by the parts of its URI. */
export interface HlsVodTarget extends FlvTarget {
  readonly id: string;
}

/** Lets viewers of recordings in, and answers what follows from it. */
@Injectable()
export class HlsVodPlayers {
  readonly #tokens = new HlsVodTokens();
  readonly #idPrefix = randomBytes(3).toString('hex');
  readonly #limiter: ConnectionLimiter;
  #entering = 0;
  #count = 0;

  constructor(
    private readonly admission: CommandAdmission,
    private readonly vods: RtmpHlsVods,
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
  async enter(request: HttpRequest, target: HlsVodTarget, gone: AbortSignal): Promise<HlsAnswer | undefined> {
    const viewer = new HlsViewer(`${this.#idPrefix}-v${(++this.#count).toString(36)}`, {
      ...target,
      peer: { kind: 'hls', ...this.peers.peerOf(request) },
      userAgent: request.headers['user-agent'] ?? '',
    });
    const { remoteAddress } = viewer.session;
    const isFull = this.#entering >= this.options.maxConnections || this.#limiter.enter(remoteAddress) !== undefined;
    if (isFull) return refusalAnswer(FULL.httpStatus, FULL.code, FULL.description);
    this.#entering++;
    const onGone = (): void => viewer.disconnect('closed by the peer');
    gone.addEventListener('abort', onGone);
    try {
      return await this.#letIn(viewer, target, gone);
    } finally {
      this.#entering--;
      this.#limiter.leave(remoteAddress);
      gone.removeEventListener('abort', onGone);
      viewer.disconnect('has been answered');
    }
  }

  /** A media playlist, init segment or segment. */
  async serve({ app, name, id, query }: HlsVodTarget, token: string, file: string): Promise<HlsAnswer> {
    if (!this.#tokens.isGood(recordingOf(app, name, id), token, Date.now())) return REFUSED;
    const kind = parseFileName(file)?.kind;
    if (kind === undefined || kind === 'part') return NOT_FOUND;
    const bytes = await this.vods.read(app, name, id, file);
    if (bytes === undefined) return NOT_FOUND;
    const scope = this.hlsOptions.sessions ? 'private' : 'public';
    if (kind !== 'playlist') return mediaAnswer([bytes], file.endsWith('.ts') ? 'video/mp2t' : 'video/mp4', scope);
    const text = addressUris(Buffer.from(bytes).toString(), '', suffixOf(query));
    return playlistAnswer(sharedPlaylist(Buffer.from(text)), `${scope}, max-age=3600`);
  }

  async #letIn(viewer: HlsViewer, target: HlsVodTarget, gone: AbortSignal): Promise<HlsAnswer | undefined> {
    const { id, query } = target;
    const decision = await viewer.admit(this.admission, this.options.handlerTimeout, FROM_BEGINNING);
    if (gone.aborted) return undefined;
    if (decision === undefined)
      return refusalAnswer(503, 'NetStream.Play.Failed', 'The server did not decide in time.');
    if (!decision.isAccepted) {
      const { httpStatus, code, description } = answerOf(decision.status, decision.httpStatus);
      return refusalAnswer(httpStatus, code, description);
    }
    if (decision.playReply?.recording === false) return NOT_FOUND;
    const { app, name } = decision.play!;
    // Those are the names that were decided about.
    if (app !== target.app || name !== target.name) return NOT_FOUND;
    const vod = await this.vods.find(app, name, id);
    const index = vod && (await this.vods.read(app, name, id, VOD_INDEX));
    if (gone.aborted) return undefined;
    if (index === undefined) return NOT_FOUND;
    const { sessions, vodTimeout } = this.hlsOptions;
    const token = this.#tokens.make(recordingOf(app, name, id), sessions ? Date.now() + vodTimeout : undefined);
    const text = addressUris(Buffer.from(index).toString(), `${id}/${token}/`, suffixOf(query));
    return playlistAnswer(ownPlaylist(Buffer.from(text)), 'no-store');
  }
}

function recordingOf(app: string, name: string, id: string): string {
  return `${app}/${name}/${id}`;
}

function suffixOf(query: string): string {
  return query === '' ? '' : `?${query.replaceAll('"', '%22')}`;
}
