import { decideReload, parseReloadRequest, type Rendition } from '#lib/hls';
import { type CacheScope, type HlsAnswer, mediaAnswer, playlistAnswer, refusalAnswer } from './hls-answer.js';
import type { HlsBroadcast } from './hls-broadcast.js';
import { HlsPlaylists } from './hls-playlists.js';
import type { TryAnswer } from './hls-waiting.js';

const MILLISECONDS = 1000;
/** Target durations a request is held (bis §6.2.5.2). */
const MAX_HOLD = 3;
/** Target durations a playlist that was asked for by its number may be kept: the answer to it does not change. */
const BLOCKING_MAX_AGE = 6;
/** Milliseconds a request is held while the publisher is away. */
const HOLD_AWAY = 500;
const NOT_FOUND = refusalAnswer(404, 'NetStream.Play.StreamNotFound', 'There is no such file, or not any more.');

/** Answers requests for the files of a broadcast: playlists, init segments, segments and parts. */
export class HlsFiles {
  readonly #playlists: HlsPlaylists;

  /**
   * @param maxWaiting requests that may be held
   * @param scope 'private' when URIs are one viewer's own: a cache between would go on serving one that was sent away
   */
  constructor(
    private readonly broadcast: HlsBroadcast,
    private readonly maxWaiting: number,
    private readonly scope: CacheScope,
  ) {
    this.#playlists = new HlsPlaylists(broadcast);
  }

  /**
   * @param gone aborted when the client is gone: nothing is answered then
   */
  answer(name: string, query: string, gone: () => AbortSignal): HlsAnswer | Promise<HlsAnswer | undefined> {
    const found = this.broadcast.fileOf(name);
    if (found === undefined) return NOT_FOUND;
    const { file, rendition } = found;
    switch (file.kind) {
      case 'playlist':
        return this.#playlist(rendition, query, gone);
      case 'init':
        return this.#init(rendition, file.id);
      case 'segment':
        return this.#segment(rendition, file.number);
      default:
        return this.#part(rendition, file.number, file.part, gone);
    }
  }

  #playlist(rendition: Rendition, query: string, gone: () => AbortSignal): HlsAnswer | Promise<HlsAnswer | undefined> {
    const request = parseReloadRequest(new URLSearchParams(query));
    if (request === undefined) return badRequest('The delivery directives make no sense.');
    const { number, isDelta } = request;
    const suffix = withoutDirectives(query);
    const isBlocking = number !== undefined;
    const now = (): HlsAnswer => {
      const { targetDuration, window } = rendition;
      const seconds =
        isBlocking && !window.isEnded ? targetDuration * BLOCKING_MAX_AGE : Math.max(1, targetDuration >> 1);
      return playlistAnswer(this.#playlists.text(rendition, isDelta, suffix), `${this.scope}, max-age=${seconds}`);
    };
    switch (decideReload(request, rendition)) {
      case 'answer':
        return now();
      case 'bad request':
        return badRequest(`_HLS_msn=${number} is too far ahead.`);
      default:
        return this.#hold(
          () => (decideReload(request, rendition) === 'answer' ? now() : undefined),
          () => this.#late(rendition, suffix),
          rendition,
          gone,
        );
    }
  }

  /** Nothing came. While the publisher is away that is no fault: players that are refused give up. */
  #late(rendition: Rendition, suffix: string): HlsAnswer {
    if (!this.broadcast.isPaused) return refusalAnswer(503, 'NetStream.Play.Failed', 'Nothing new has come.');
    return playlistAnswer(this.#playlists.text(rendition, false, suffix), 'no-store');
  }

  async #init(rendition: Rendition, id: number): Promise<HlsAnswer> {
    try {
      const bytes = await this.broadcast.init(rendition, id);
      return bytes === undefined ? NOT_FOUND : mediaAnswer([bytes], contentType(rendition), this.scope);
    } catch {
      return NOT_FOUND; // its owner has been told why
    }
  }

  #segment(rendition: Rendition, number: number): HlsAnswer | Promise<HlsAnswer> {
    const answer = (chunks: readonly Uint8Array[] | undefined): HlsAnswer =>
      chunks === undefined ? NOT_FOUND : mediaAnswer(chunks, contentType(rendition), this.scope);
    const chunks = this.broadcast.segment(rendition, number);
    return chunks instanceof Promise ? chunks.then(answer) : answer(chunks);
  }

  #part(
    rendition: Rendition,
    number: number,
    index: number,
    gone: () => AbortSignal,
  ): HlsAnswer | Promise<HlsAnswer | undefined> {
    const { window } = rendition;
    if (rendition.partTarget === undefined) return NOT_FOUND;
    const tryAnswer = (): HlsAnswer | undefined => {
      const part = window.find(number)?.parts[index];
      if (part !== undefined) return mediaAnswer([part.bytes], contentType(rendition), this.scope);
      // Only the part that PRELOAD-HINT speaks of is waited for.
      const isHinted = number === window.nextNumber && index === (window.open?.parts.length ?? 0);
      return isHinted && !window.isEnded ? undefined : NOT_FOUND;
    };
    return tryAnswer() ?? this.#hold(tryAnswer, () => NOT_FOUND, rendition, gone);
  }

  #hold(
    tryAnswer: TryAnswer<HlsAnswer>,
    onTimeout: () => HlsAnswer,
    { targetDuration }: Rendition,
    gone: () => AbortSignal,
  ): HlsAnswer | Promise<HlsAnswer | undefined> {
    const { waiting, isPaused } = this.broadcast;
    if (waiting.size >= this.maxWaiting) return refusalAnswer(503, 'NetStream.Play.Failed', 'Too many requests wait.');
    // While the publisher is away players are answered often enough not to give up.
    const hold = isPaused ? HOLD_AWAY : MAX_HOLD * targetDuration * MILLISECONDS;
    return waiting.hold(tryAnswer, onTimeout, performance.now() + hold, gone());
  }
}

function badRequest(description: string): HlsAnswer {
  return refusalAnswer(400, 'NetConnection.Call.BadRequest', description);
}

function contentType({ extension, tracks }: Rendition): string {
  if (extension === 'ts') return 'video/mp2t';
  return tracks.some(({ format }) => format.kind === 'video') ? 'video/mp4' : 'audio/mp4';
}

/** What the viewer's own query is appended to every URI as: without what was meant for us. */
function withoutDirectives(query: string): string {
  const own = query.split('&').filter((parameter) => parameter !== '' && !parameter.startsWith('_HLS_'));
  return own.length === 0 ? '' : `?${own.join('&').replaceAll('"', '%22')}`;
}
