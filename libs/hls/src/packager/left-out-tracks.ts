import type { CodecName } from '../track/track-reader.js';
import { describeTrack, describeUnknownTrack } from '../track/unknown-track.js';

/** What a stream has that no playlist can have: each kind in each codec is told of once. */
export class LeftOutTracks {
  /** Codecs of tracks that are left out. */
  readonly #codecs = new Map<number, string>();
  /** What is not told yet: a configuration may still come. */
  readonly #untold = new Map<number, string>();
  readonly #told = new Set<string>();

  /** @param tell takes words for the log: `audio in speex` */
  constructor(private readonly tell: (what: string) => void) {}

  /** Something of a track that can not be understood, for now. */
  addUnknown(key: number, codec: CodecName): void {
    if (this.#isNew(key, codec)) this.#untold.set(key, describeUnknownTrack(key, codec));
  }

  /** A track that the container can not have. */
  addUnusable(key: number, codec: string): void {
    if (this.#isNew(key, codec)) this.#untold.set(key, describeTrack(key, codec));
  }

  /** It has a configuration now. */
  remove(key: number): void {
    this.#codecs.delete(key);
    this.#untold.delete(key);
  }

  /** There is no more waiting for configurations. */
  tellAll(): void {
    for (const what of this.#untold.values()) {
      if (this.#told.has(what)) continue;
      this.#told.add(what);
      this.tell(what);
    }
    this.#untold.clear();
  }

  #isNew(key: number, codec: string): boolean {
    if (this.#codecs.get(key) === codec) return false;
    this.#codecs.set(key, codec);
    return true;
  }
}
