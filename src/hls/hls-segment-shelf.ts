import { type HlsSegment, type Rendition, segmentName } from '#lib/hls';
import type { HlsStorage, HlsStoredFile } from './hls-storage.js';

/** Target durations a segment stays in memory, for as long as playlists have its parts. */
const TARGET_DURATIONS_IN_MEMORY = 4;

/** The segments of a broadcast in a storage: out of memory as soon as they are written and their parts are not listed. */
export class HlsSegmentShelf {
  readonly #stored = new Set<string>();

  /** @param onError something could not be kept; the segment stays in memory */
  constructor(
    private readonly storage: HlsStorage,
    private readonly broadcast: Omit<HlsStoredFile, 'file'>,
    private readonly onError: (file: string, error: unknown) => void,
  ) {}

  put(rendition: Rendition, segment: HlsSegment): void {
    const file = segmentName(rendition.name, segment.number, rendition.extension);
    const chunks = segment.parts.map(({ bytes }) => bytes);
    this.write(file, chunks).then(
      () => {
        this.#stored.add(file);
        this.#release(rendition);
      },
      () => {},
    );
    this.#release(rendition);
  }

  /** Keeps any file. Rejects when it cannot, which has been told by then. */
  async write(file: string, chunks: readonly Uint8Array[]): Promise<void> {
    try {
      await this.storage.write({ ...this.broadcast, file }, chunks);
    } catch (error) {
      this.onError(file, error);
      throw error;
    }
  }

  async get(rendition: Rendition, { number }: HlsSegment): Promise<readonly Uint8Array[] | undefined> {
    const file = segmentName(rendition.name, number, rendition.extension);
    if (!this.#stored.has(file)) return undefined;
    try {
      return [await this.storage.read({ ...this.broadcast, file })];
    } catch (error) {
      this.onError(file, error);
      return undefined;
    }
  }

  remove(rendition: Rendition, { number }: HlsSegment): void {
    this.#remove(segmentName(rendition.name, number, rendition.extension));
  }

  /** The broadcast is over and nobody sees it any more. */
  dispose(): void {
    for (const file of this.#stored) this.#remove(file);
  }

  #remove(file: string): void {
    if (!this.#stored.delete(file)) return;
    this.storage.remove({ ...this.broadcast, file }).catch((error: unknown) => this.onError(file, error));
  }

  #release(rendition: Rendition): void {
    const { window, targetDuration, name, extension } = rendition;
    let behind = 0;
    for (let i = window.segments.length - 1; i >= 0; i--) {
      const { number, duration } = window.segments[i]!;
      if (
        behind > TARGET_DURATIONS_IN_MEMORY * targetDuration &&
        this.#stored.has(segmentName(name, number, extension))
      ) {
        window.release(number);
      }
      behind += duration;
    }
  }
}
