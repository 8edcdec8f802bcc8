import { STATUS_CODES } from 'node:http';
import type { HttpHeaders } from '../http/http-flv-channel.js';
import type { PlaylistText } from './playlist-text.js';

/** An answer that is asked for again before its head ends in another way is put together, if it has at most so many bytes. */
const MAX_WHOLE = 256 * 1024;
/** Shorter ones always are. */
const ALWAYS_WHOLE = 16 * 1024;

/** What requests are answered: made once, and sent to all who ask for the same. */
export class HlsAnswer {
  readonly length: number;
  #common: HttpHeaders | undefined;
  #fields: readonly string[] = [];
  #head: Buffer | undefined;
  #gzip: HlsAnswer | undefined;
  #endOfHead: Uint8Array | undefined;
  #whole: Buffer | undefined;

  /**
   * @param body one behind the other
   * @param pack makes the same answer with its body in gzip; undefined when that is not worth it
   */
  constructor(
    readonly status: number,
    readonly headers: HttpHeaders,
    readonly body: readonly Uint8Array[],
    private readonly pack?: () => HlsAnswer,
  ) {
    this.length = body.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** Whether a range of it may be asked for. */
  get hasRanges(): boolean {
    return this.status === 200 && 'Accept-Ranges' in this.headers;
  }

  /** The answer for those who accept gzip, packed for the first who does; undefined when there is none. */
  get gzip(): HlsAnswer | undefined {
    this.#gzip ??= this.pack?.();
    return this.#gzip;
  }

  /**
   * Names and values of all its headers in turn.
   *
   * @param common headers of every answer
   */
  fieldsWith(common: HttpHeaders): readonly string[] {
    if (this.#common === common) return this.#fields;
    const all = { ...common, ...this.headers, ...(this.status !== 204 && { 'Content-Length': String(this.length) }) };
    this.#fields = Object.entries(all).flat();
    this.#common = common;
    this.#head = this.#whole = undefined;
    return this.#fields;
  }

  /**
   * Its first line and headers as bytes of HTTP/1.1; what is said about the connection, and the empty line, follow.
   *
   * @param common headers of every answer
   */
  headWith(common: HttpHeaders): Buffer {
    if (this.#head !== undefined && this.#common === common) return this.#head;
    const fields = this.fieldsWith(common);
    let text = `HTTP/1.1 ${this.status} ${STATUS_CODES[this.status] ?? ''}\r\n`;
    for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
    return (this.#head = Buffer.from(text, 'latin1'));
  }

  /**
   * All of it as one piece of HTTP/1.1, which is written for less than several; undefined when it is not worth its copy.
   *
   * @param common headers of every answer
   * @param endOfHead the same object as long as it says the same
   */
  wholeWith(common: HttpHeaders, endOfHead: Uint8Array): Buffer | undefined {
    if (this.length > MAX_WHOLE) return undefined;
    const head = this.headWith(common);
    if (this.#endOfHead !== endOfHead) {
      this.#endOfHead = endOfHead;
      this.#whole = undefined;
      if (this.length > ALWAYS_WHOLE) return undefined;
    }
    return (this.#whole ??= Buffer.concat([head, endOfHead, ...this.body]));
  }
}

/** For answers that nobody may keep. */
export const NO_STORE: HttpHeaders = { 'Cache-Control': 'no-store' };
/** Names are never used again: what is behind one is always the same. */
const FOREVER = 'max-age=3600, immutable';
const SECONDS_TO_WAIT = '1';

/** Who may keep an answer: everybody on the way, or nobody but the viewer whose URI it is. */
export type CacheScope = 'public' | 'private';

/** A playlist. */
export function playlistAnswer({ plain, gzip }: PlaylistText, cacheControl: string): HlsAnswer {
  const headers = {
    'Content-Type': 'application/vnd.apple.mpegurl',
    'Cache-Control': cacheControl,
    Vary: 'Accept-Encoding',
  };
  if (gzip === undefined) return new HlsAnswer(200, headers, [plain]);
  const pack = (): HlsAnswer => new HlsAnswer(200, { ...headers, 'Content-Encoding': 'gzip' }, [gzip()]);
  return new HlsAnswer(200, headers, [plain], pack);
}

/** An init segment, a segment or a part. */
export function mediaAnswer(body: readonly Uint8Array[], contentType: string, scope: CacheScope): HlsAnswer {
  const caching = { 'Cache-Control': `${scope}, ${FOREVER}`, 'Accept-Ranges': 'bytes' };
  return new HlsAnswer(200, { 'Content-Type': contentType, ...caching }, body);
}

/** A refusal, with what is wrong. */
export function refusalAnswer(status: number, code: string, description: string): HlsAnswer {
  const headers: Record<string, string> = { 'Content-Type': 'application/json; charset=utf-8', ...NO_STORE };
  if (status === 503) headers['Retry-After'] = SECONDS_TO_WAIT;
  return new HlsAnswer(status, headers, [Buffer.from(JSON.stringify({ code, description }))]);
}

/** Headers that let pages of other origins play; none when that is not wanted. */
export function corsHeaders(cors: string | false): HttpHeaders {
  if (cors === false) return {};
  return {
    'Access-Control-Allow-Origin': cors,
    'Access-Control-Expose-Headers': 'Content-Length, Content-Range, Age, Date',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Timing-Allow-Origin': cors,
  };
}

/** The answer to a preflight request. */
export function preflightAnswer(cors: string | false): HlsAnswer {
  if (cors === false) return new HlsAnswer(204, {}, []);
  const headers = {
    'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
    'Access-Control-Allow-Headers': 'Range, Authorization',
    'Access-Control-Max-Age': '86400',
  };
  return new HlsAnswer(204, headers, []);
}
