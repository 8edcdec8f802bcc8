import { decideReload, type HlsPart, parseReloadRequest, type Rendition } from '#lib/hls';
import { queryOf } from '../http/flv-request.js';
import { type CacheScope, HlsAnswer, mediaAnswer, playlistAnswer, refusalAnswer } from './hls-answer.js';
import type { HlsBroadcast } from './hls-broadcast.js';
import type { HlsExchange } from './hls-exchange.js';
import { HlsPlaylists } from './hls-playlists.js';
import type { HlsQuestion } from './hls-waiting.js';
import { isQueryTooLong, QUERY_TOO_LONG, querySuffix } from './own-query.js';

const MILLISECONDS = 1000;
/** Target durations a request is held (bis §6.2.5.2). */
const MAX_HOLD = 3;
/** Target durations a playlist that was asked for by its number may be kept on the way (bis §6.2.5.2). */
const BLOCKING_MAX_AGE = 6;
/** Milliseconds a request is held while the publisher is away. */
const HOLD_AWAY = 500;
/** Answers that are kept until a playlist changes: more are asked for by those who are behind, or guess. */
const MAX_KEPT = 64;
const NOT_FOUND = refusalAnswer(404, 'NetStream.Play.StreamNotFound', 'There is no such file, or not any more.');

/** A storage gave something that is no file. */
const UNREADABLE = refusalAnswer(503, 'NetStream.Play.Failed', 'The file could not be read.');

/** What is asked for is not there yet. */
interface Wait extends HlsQuestion<HlsAnswer> {
  readonly targetDuration: number;
}

/** An answer that is there, or comes from a storage, or has to be waited for. */
type Found = HlsAnswer | Promise<HlsAnswer> | Wait;

/** Answers requests for the files of a broadcast: playlists, init segments, segments and parts. */
export class HlsFiles {
  readonly #playlists: HlsPlaylists;
  /** By name and query: what was answered since the playlists changed. */
  readonly #kept = new Map<string, HlsAnswer>();
  #keptVersion = -1;

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
   * Answers a request, at once or when there is what it asks for.
   *
   * @param tail name of the file, and the query behind it
   */
  serve(tail: string, exchange: HlsExchange): void {
    const kept = this.#keptAnswer(tail);
    if (kept !== undefined) {
      exchange.answer(kept);
      return;
    }
    // What somebody waits for is not there, or it would have been answered.
    const found = (this.broadcast.waiting.questionOf(tail) as Wait | undefined) ?? this.#find(tail);
    if (found instanceof HlsAnswer) {
      // Refusals are not worth the room.
      if (found.status === 200 && this.#kept.size < MAX_KEPT) this.#kept.set(tail, found);
      exchange.answer(found);
    } else if (found instanceof Promise) {
      exchange.hold(() => {});
      void found.catch(() => UNREADABLE).then((answer) => exchange.answer(answer));
    } else this.#hold(tail, found, exchange);
  }

  /** Answers are the same as long as the playlists are. */
  #keptAnswer(tail: string): HlsAnswer | undefined {
    const { version } = this.broadcast;
    if (version !== this.#keptVersion) {
      this.#kept.clear();
      this.#keptVersion = version;
    }
    return this.#kept.get(tail);
  }

  #find(tail: string): Found {
    const query = queryOf(tail);
    if (isQueryTooLong(query)) return QUERY_TOO_LONG;
    const found = this.broadcast.fileOf(tail.split('?', 1)[0]!);
    if (found === undefined) return NOT_FOUND;
    const { file, rendition } = found;
    switch (file.kind) {
      case 'playlist':
        return this.#playlist(rendition, query);
      case 'init':
        return this.#init(rendition, file.id);
      case 'segment':
        return this.#segment(rendition, file.number);
      default:
        return this.#part(rendition, file.number, file.part);
    }
  }

  #playlist(rendition: Rendition, query: string): Found {
    const request = parseReloadRequest(new URLSearchParams(query));
    if (request === undefined) return badRequest('The delivery directives make no sense.');
    const { number, isDelta } = request;
    const suffix = withoutDirectives(query);
    const isBlocking = number !== undefined;
    const { targetDuration, window } = rendition;
    const now = (): HlsAnswer => {
      const caching =
        isBlocking && !window.isEnded
          ? this.#cachingOfNumbered(targetDuration)
          : `${this.scope}, max-age=${Math.max(1, targetDuration >> 1)}`;
      return playlistAnswer(this.#playlists.text(rendition, isDelta, suffix), caching);
    };
    switch (decideReload(request, rendition)) {
      case 'answer':
        return now();
      case 'bad request':
        return badRequest(`_HLS_msn=${number} is too far ahead.`);
      default: {
        const wasPaused = this.broadcast.isPaused;
        return {
          isReady: () => decideReload(request, rendition) === 'answer',
          answer: now,
          onTimeout: () => this.#late(rendition, suffix, wasPaused),
          targetDuration,
        };
      }
    }
  }

  /**
   * Players keep none of those: video.js asks for the same number again until there is more, and would be shown nothing new
   * by its own browser.
   */
  #cachingOfNumbered(targetDuration: number): string {
    if (this.scope === 'private') return 'private, no-cache';
    return `public, max-age=0, s-maxage=${targetDuration * BLOCKING_MAX_AGE}`;
  }

  /**
   * Nothing came. While the publisher is away that is no fault: players that are refused give up. It may be back by now,
   * and those who began to wait before have a short time only.
   */
  #late(rendition: Rendition, suffix: string, wasPaused: boolean): HlsAnswer {
    if (!wasPaused && !this.broadcast.isPaused)
      return refusalAnswer(503, 'NetStream.Play.Failed', 'Nothing new has come.');
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

  #segment(rendition: Rendition, number: number): Found {
    const answer = (chunks: readonly Uint8Array[] | undefined): HlsAnswer =>
      chunks === undefined ? NOT_FOUND : mediaAnswer(chunks, contentType(rendition), this.scope);
    const chunks = this.broadcast.segment(rendition, number);
    return chunks instanceof Promise ? chunks.then(answer) : answer(chunks);
  }

  #part(rendition: Rendition, number: number, index: number): Found {
    const { window, targetDuration } = rendition;
    if (rendition.partTarget === undefined) return NOT_FOUND;
    const part = (): HlsPart | undefined => window.find(number)?.parts[index];
    const answer = (): HlsAnswer => {
      const { bytes } = part() ?? {};
      return bytes === undefined ? NOT_FOUND : mediaAnswer([bytes], contentType(rendition), this.scope);
    };
    // Only the part that PRELOAD-HINT speaks of is waited for.
    const isHinted = (): boolean => number === window.nextNumber && index === (window.open?.parts.length ?? 0);
    const isReady = (): boolean => part() !== undefined || window.isEnded || !isHinted();
    return isReady() ? answer() : { isReady, answer, onTimeout: () => NOT_FOUND, targetDuration };
  }

  #hold(tail: string, question: Wait, exchange: HlsExchange): void {
    const { waiting, isPaused } = this.broadcast;
    if (waiting.size >= this.maxWaiting) {
      exchange.answer(refusalAnswer(503, 'NetStream.Play.Failed', 'Too many requests wait.'));
      return;
    }
    // While the publisher is away players are answered often enough not to give up.
    const hold = isPaused ? HOLD_AWAY : MAX_HOLD * question.targetDuration * MILLISECONDS;
    exchange.deadline = performance.now() + hold;
    exchange.hold(() => waiting.leave(tail, exchange));
    waiting.join(tail, question, exchange);
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
  return querySuffix(own.join('&'));
}
