import { Inject, Injectable } from '@nestjs/common';
import { addressUris, type HlsFile, isAudioRendition, parseFileName } from '#lib/hls';
import type { FlvTarget } from '../http/flv-request.js';
import type { HttpRequest } from '../http/rtmpt-http-request.js';
import { VOD_INDEX } from './finish-hls-vod.js';
import { type HlsAnswer, mediaAnswer, playlistAnswer, refusalAnswer } from './hls-answer.js';
import { HlsEntrance, type HlsVisit, type HlsWelcome } from './hls-entrance.js';
import type { HlsViewer } from './hls-viewer.js';
import { HlsVodAudience } from './hls-vod-audience.js';
import { ANYBODY, HlsVodTokens } from './hls-vod-tokens.js';
import { PackedPlaylists } from './packed-playlists.js';
import { ownPlaylist } from './playlist-text.js';
import { RtmpHlsVods } from './rtmp-hls-vods.js';
import { isQueryTooLong, QUERY_TOO_LONG, querySuffix } from './own-query.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

const NOT_FOUND = refusalAnswer(404, 'NetStream.Play.StreamNotFound', 'There is no such recording, or file of it.');
const REFUSED = refusalAnswer(
  403,
  'NetStream.Play.Failed',
  'These addresses are not good any more: ask for the recording.',
);
const NO_ROOM = refusalAnswer(503, 'NetStream.Play.Failed', 'Too many watch this recording, or from this address.');
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
  readonly #packed = new PackedPlaylists();

  constructor(
    private readonly entrance: HlsEntrance,
    private readonly vods: RtmpHlsVods,
    private readonly audience: HlsVodAudience,
    @Inject(RTMP_HLS_OPTIONS) private readonly hlsOptions: ResolvedRtmpHlsOptions,
  ) {}

  /**
   * The multivariant playlist, for somebody who comes to watch.
   *
   * @returns undefined when the client has gone meanwhile
   */
  enter(request: HttpRequest, target: HlsVodTarget, gone: AbortSignal): Promise<HlsAnswer | undefined> {
    const welcome: HlsVisit['welcome'] = (viewer, decision) => this.#letIn(viewer, target, decision);
    return this.entrance.enter(request, { target, start: FROM_BEGINNING, welcome }, gone);
  }

  /** A media playlist, init segment or segment. */
  async serve(request: HttpRequest, target: HlsVodTarget, token: string, file: string): Promise<HlsAnswer> {
    const refusal = this.#recognize(request, target, token);
    if (refusal !== undefined) return refusal;
    const { app, name, id, query } = target;
    if (isQueryTooLong(query)) return QUERY_TOO_LONG;
    const named = parseFileName(file);
    if (named === undefined || named.kind === 'part') return NOT_FOUND;
    const bytes = await this.vods.read(app, name, id, file);
    if (bytes === undefined) return NOT_FOUND;
    const scope = this.hlsOptions.sessions ? 'private' : 'public';
    if (named.kind !== 'playlist') return mediaAnswer([bytes], contentTypeOf(file, named), scope);
    const suffix = querySuffix(query);
    const text = Buffer.from(addressUris(Buffer.from(bytes).toString(), '', suffix));
    const key = `${recordingOf(target)}/${file}${suffix}`;
    return playlistAnswer(this.#packed.textOf(key, text), `${scope}, max-age=3600`);
  }

  /** Counts who asks; what it is answered when it may not. */
  #recognize(request: HttpRequest, target: HlsVodTarget, token: string): HlsAnswer | undefined {
    const ticket = this.#tokens.read(recordingOf(target), token, Date.now());
    if (ticket === ANYBODY) return undefined;
    if (ticket === undefined || this.audience.isBanned(ticket)) return REFUSED;
    if (this.audience.hear(target, ticket)) return undefined;
    if (this.audience.isFull(target)) return NO_ROOM;
    const viewer = this.entrance.comeBack(request, target);
    if (viewer === undefined) return NO_ROOM;
    this.audience.add(target, ticket, viewer);
    return undefined;
  }

  async #letIn(viewer: HlsViewer, target: HlsVodTarget, decision: HlsWelcome): Promise<HlsAnswer | undefined> {
    if (decision.playReply?.recording === false) return NOT_FOUND;
    const { app, name } = decision.play!;
    const { id } = target;
    // Those are the names that were decided about.
    if (app !== target.app || name !== target.name) return NOT_FOUND;
    const vod = await this.vods.find(app, name, id);
    const index = vod && (await this.vods.read(app, name, id, VOD_INDEX));
    if (index === undefined) return NOT_FOUND;
    if (viewer.isGone) return REFUSED;
    const { sessions, vodTimeout } = this.hlsOptions;
    const ticket = sessions ? { viewer: viewer.token, until: Date.now() + vodTimeout } : ANYBODY;
    if (ticket !== ANYBODY) {
      if (this.audience.isFull(target)) return NO_ROOM;
      this.audience.add(target, ticket, viewer);
    }
    const base = `${id}/${this.#tokens.make(recordingOf(target), ticket)}/`;
    const text = addressUris(Buffer.from(index).toString(), base, querySuffix(target.query));
    return playlistAnswer(ownPlaylist(Buffer.from(text)), 'no-store');
  }
}

function contentTypeOf(file: string, { rendition }: HlsFile): string {
  if (file.endsWith('.ts')) return 'video/mp2t';
  return isAudioRendition(rendition) ? 'audio/mp4' : 'video/mp4';
}

function recordingOf({ app, name, id }: HlsVodTarget): string {
  return `${app}/${name}/${id}`;
}
