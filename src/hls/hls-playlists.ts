import { constants, gzipSync } from 'node:zlib';
import { type Rendition, renderMediaPlaylist, skippableSegments } from '#lib/hls';
import type { PlaylistText } from './hls-answer.js';
import type { HlsBroadcast } from './hls-broadcast.js';

interface Rendered {
  version: number;
  /** With a mark where the query stands: the whole, and the delta update. */
  readonly templates: Map<boolean, string>;
  readonly texts: Map<string, PlaylistText>;
}

/** Queries a playlist is kept for: more than a few are viewers' own tickets. */
const MAX_TEXTS = 8;
/** Shorter ones fit into one packet as they are. */
const LEAST_PACKED = 1024;
/** Playlists repeat themselves so much that more does not make them shorter. */
const LEVEL = constants.Z_BEST_SPEED;
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
    // What is sent to one viewer alone is not worth packing.
    if (rendered.texts.size >= MAX_TEXTS) return { plain, gzip: undefined };
    const text = { plain, gzip: plain.length < LEAST_PACKED ? undefined : packerOf(plain) };
    rendered.texts.set(key, text);
    return text;
  }
}

function packerOf(plain: Buffer): () => Uint8Array {
  let packed: Buffer | undefined;
  return () => (packed ??= gzipSync(plain, { level: LEVEL }));
}
