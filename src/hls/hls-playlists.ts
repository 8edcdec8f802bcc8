import { type Rendition, renderMediaPlaylist, skippableSegments } from '#lib/hls';
import type { HlsBroadcast } from './hls-broadcast.js';

interface Rendered {
  version: number;
  readonly texts: Map<string, Uint8Array>;
}

/** Queries a playlist is kept for: more than a few are viewers' own tickets. */
const MAX_TEXTS = 8;

/** Media playlists of a broadcast, each rendered once for all who ask for the same. */
export class HlsPlaylists {
  readonly #rendered = new Map<Rendition, Rendered>();

  constructor(private readonly broadcast: HlsBroadcast) {}

  /** @param query appended to every URI, with its `?` */
  text(rendition: Rendition, isDelta: boolean, query: string): Uint8Array {
    const { version } = this.broadcast;
    let rendered = this.#rendered.get(rendition);
    if (rendered?.version !== version) {
      rendered = { version, texts: new Map() };
      this.#rendered.set(rendition, rendered);
    }
    const isShort = isDelta && skippableSegments(rendition) > 0;
    const key = `${isShort ? 'delta' : 'whole'}${query}`;
    const known = rendered.texts.get(key);
    if (known !== undefined) return known;
    const text = Buffer.from(renderMediaPlaylist(rendition, { isDelta: isShort, query }));
    if (rendered.texts.size < MAX_TEXTS) rendered.texts.set(key, text);
    return text;
  }
}
