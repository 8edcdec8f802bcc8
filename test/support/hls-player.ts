import { PlaylistChecker, multivariantProblems } from './playlist-checker.js';
import { type MediaPlaylist, playlistLines } from './playlist-tags.js';

/** A file that was fetched. */
export interface HlsFetch {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** Fetches a file of HLS; waits no longer than that. */
export async function fetchHls(url: string | URL, init: RequestInit = {}): Promise<HlsFetch> {
  const response = await fetch(url, { signal: AbortSignal.timeout(15_000), ...init });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

/** Follows one media playlist as a player of Low-Latency HLS does, and checks everything it gets. */
export class LowLatencyPlayer {
  readonly checker = new PlaylistChecker();
  /** Everything it was given of each part and segment, by URI. */
  readonly files = new Map<string, Buffer>();
  playlist: MediaPlaylist | undefined;

  constructor(readonly url: URL) {}

  /** Loads the playlist as it is now. */
  async load(): Promise<MediaPlaylist> {
    return this.#take(await fetchHls(this.url));
  }

  /** Asks for what comes next and for the hinted part at the same time; false when the stream has ended. */
  async next(): Promise<boolean> {
    const { preloadHint, segments, mediaSequence } = this.playlist!;
    if (this.playlist!.isEnded) return false;
    const last = segments.at(-1);
    const isOpen = last !== undefined && last.uri === undefined;
    const reload = new URL(this.url);
    const number = isOpen ? last.number : (last?.number ?? mediaSequence - 1) + 1;
    reload.searchParams.set('_HLS_msn', String(number));
    reload.searchParams.set('_HLS_part', String(isOpen ? last.parts.length : 0));
    const [playlist, part] = await Promise.all([
      fetchHls(reload),
      preloadHint === undefined ? undefined : fetchHls(new URL(preloadHint, this.url)),
    ]);
    const now = this.#take(playlist);
    if (part !== undefined && preloadHint !== undefined) {
      const isListed = now.segments.some(({ parts }) => parts.some(({ uri }) => uri === preloadHint));
      if (part.status === 200) this.files.set(preloadHint, part.bytes);
      if (isListed && part.status !== 200)
        this.checker.problems.push(`${preloadHint} is listed, and was ${part.status}`);
      if (!isListed && part.status === 200)
        this.checker.problems.push(`${preloadHint} was hinted and sent, but is not listed`);
    }
    return !now.isEnded;
  }

  /** Fetches a file of the playlist. */
  async fetch(uri: string): Promise<Buffer> {
    const { status, bytes } = await fetchHls(new URL(uri, this.url));
    if (status !== 200) throw new Error(`${uri} was answered with ${status}: ${bytes.toString()}`);
    this.files.set(uri, bytes);
    return bytes;
  }

  #take({ status, bytes }: HlsFetch): MediaPlaylist {
    if (status !== 200) throw new Error(`The playlist was answered with ${status}: ${bytes.toString()}`);
    this.playlist = this.checker.add(bytes.toString());
    return this.playlist;
  }
}

/** Enters a stream: the media playlists of its multivariant playlist, which has to be a good one. */
export async function enterHls(url: string): Promise<{ text: string; playlists: URL[] }> {
  const { status, bytes } = await fetchHls(url);
  const text = bytes.toString();
  if (status !== 200) throw new Error(`${url} was answered with ${status}: ${text}`);
  const problems = multivariantProblems(text);
  if (problems.length > 0) throw new Error(`${problems.join('; ')}:\n${text}`);
  const lines = playlistLines(text);
  const uris = lines.map(({ tag, value, attributes }) => (tag === '' ? value : attributes.get('URI')));
  return { text, playlists: uris.filter((uri) => uri !== undefined).map((uri) => new URL(uri, url)) };
}
