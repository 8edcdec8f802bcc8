import { type PlaylistText, sharedPlaylist } from './playlist-text.js';

/** Of plain and packed texts: a hundred recordings of hours. */
const MAX_BYTES = 16 * 1024 * 1024;

interface Packed {
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array;
  readonly bytes: number;
}

/** Playlists in gzip that are the same for a long time, packed once. What was not asked for longest is forgotten first. */
export class PackedPlaylists {
  readonly #byName = new Map<string, Packed>();
  #bytes = 0;

  /** @param maxBytes of all that is kept */
  constructor(private readonly maxBytes = MAX_BYTES) {}

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * A playlist as it is now.
   *
   * @param name of it, and whatever its text depends on
   */
  textOf(name: string, plain: Uint8Array): PlaylistText {
    const text = sharedPlaylist(plain);
    const { gzip: pack } = text;
    return pack === undefined ? text : { plain, gzip: () => this.#pack(name, plain, pack) };
  }

  #pack(name: string, plain: Uint8Array, pack: () => Uint8Array): Uint8Array {
    const known = this.#byName.get(name);
    if (known !== undefined) this.#forget(name, known);
    const isSame = known !== undefined && Buffer.compare(known.plain, plain) === 0;
    // Copies: what zlib and Buffer give lies in memory that may be many times as long.
    const kept = isSame ? known : { plain: new Uint8Array(plain), gzip: new Uint8Array(pack()) };
    const { gzip } = kept;
    // A character takes two bytes at most.
    const bytes = plain.length + gzip.length + 2 * name.length;
    if (bytes > this.maxBytes) return gzip;
    this.#byName.set(name, { ...kept, bytes });
    this.#bytes += bytes;
    for (const [oldest, packed] of this.#byName) {
      if (this.#bytes <= this.maxBytes) break;
      this.#forget(oldest, packed);
    }
    return gzip;
  }

  #forget(name: string, { bytes }: Packed): void {
    this.#byName.delete(name);
    this.#bytes -= bytes;
  }
}
