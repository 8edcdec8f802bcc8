import { type Rendition, renderMediaPlaylist, skippableSegments } from '#lib/hls';
import type { HlsBroadcast } from './hls-broadcast.js';
import { ownPlaylist, type PlaylistText, sharedPlaylist } from './playlist-text.js';

interface Rendered {
  version: number;
  /** With a mark where the query stands: the whole, and the delta update. */
  readonly templates: Map<boolean, string>;
  readonly texts: Map<string, PlaylistText>;
}

/** Queries a playlist is kept for: more than a few are viewers' own tickets. */
const MAX_TEXTS = 8;
/** No query can hold it. */
const QUERY_MARK = '\0';

/** Media playlists of a broadcast, each rendered once for all who ask for the same. */
export class HlsPlaylists {
  readonly #rendered = new Map<Rendition, Rendered>();

  constructor(private readonly broadcast: HlsBroadcast) {}

  /** @param query appended to every URI, with its `?` */
  text(rendition: Rendition, isDelta: boolean, query: string): PlaylistText {
    const { version } = this.broadcast;
    let rendered = this.#rendered.get(rendition);
    if (rendered?.version !== version) {
      rendered = { version, templates: new Map(), texts: new Map() };
      this.#rendered.set(rendition, rendered);
    }
    const isShort = isDelta && skippableSegments(rendition) > 0;
    const key = `${isShort ? 'delta' : 'whole'}${query}`;
    const known = rendered.texts.get(key);
    if (known !== undefined) return known;
    let template = rendered.templates.get(isShort);
    if (template === undefined) {
      template = renderMediaPlaylist(rendition, { isDelta: isShort, query: QUERY_MARK });
      rendered.templates.set(isShort, template);
    }
    const plain = Buffer.from(template.replaceAll(QUERY_MARK, () => query));
    if (rendered.texts.size >= MAX_TEXTS) return ownPlaylist(plain);
    const text = sharedPlaylist(plain);
    rendered.texts.set(key, text);
    return text;
  }
}
