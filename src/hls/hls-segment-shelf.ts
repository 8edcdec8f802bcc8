import { setTimeout as delay } from 'node:timers/promises';
import { type HlsSegment, type Rendition, segmentName } from '#lib/hls';
import { type HlsSegmentKeeper, releaseKept } from './hls-segment-keeper.js';
import type { HlsStorage, HlsStoredBroadcast } from './hls-storage.js';

/** Bytes that may wait to be written; beyond, segments stay in memory. */
const MAX_PENDING = 64 * 1024 * 1024;

/** Milliseconds that writes under way are waited for at the end. */
const LAST_WRITES = 5000;

/** The segments of a broadcast in a storage: out of memory as soon as they are written and their parts are not listed. */
export class HlsSegmentShelf implements HlsSegmentKeeper {
  readonly #stored = new Set<string>();
  readonly #writes = new Set<Promise<unknown>>();
  #pendingBytes = 0;

  /** @param onError something could not be kept; the segment stays in memory */
  constructor(
    private readonly storage: HlsStorage,
    private readonly broadcast: HlsStoredBroadcast,
    private readonly onError: (file: string, error: unknown) => void,
  ) {}

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  put(rendition: Rendition, segment: HlsSegment, rest?: HlsSegment): void {
    this.#put(rendition, segment);
    if (rest !== undefined) this.#put(rendition, rest);
  }

  async get(rendition: Rendition, segment: HlsSegment): Promise<readonly Uint8Array[] | undefined> {
    const file = fileOf(rendition, segment);
    if (!this.#stored.has(file)) return undefined;
    try {
      return [await this.storage.read({ ...this.broadcast, file })];
    } catch (error) {
      this.onError(file, error);
      return undefined;
    }
  }

  remove(rendition: Rendition, segment: HlsSegment): void {
    void this.#remove(fileOf(rendition, segment));
  }

  end(): void {}

  async dispose(): Promise<void> {
    const { storage, broadcast } = this;
    await Promise.race([Promise.all(this.#writes), delay(LAST_WRITES, undefined, { ref: false })]);
    if (storage.discard !== undefined) {
      await storage.discard(broadcast).catch((error: unknown) => this.onError('', error));
      return;
    }
    await Promise.all([...this.#stored].map((file) => this.#remove(file)));
  }

  async #remove(file: string): Promise<void> {
    if (!this.#stored.delete(file)) return;
    await this.storage.remove({ ...this.broadcast, file }).catch((error: unknown) => this.onError(file, error));
  }

  #put(rendition: Rendition, segment: HlsSegment): void {
    const { byteLength } = segment;
    if (segment.isGap || this.#pendingBytes + byteLength > MAX_PENDING) return;
    this.#pendingBytes += byteLength;
    const file = fileOf(rendition, segment);
    const chunks = segment.parts.map(({ bytes }) => bytes);
    const write = this.storage
      .write({ ...this.broadcast, file }, chunks)
      .then(
        () => {
          this.#stored.add(file);
          this.#release(rendition);
        },
        (error: unknown) => this.onError(file, error),
      )
      .finally(() => {
        this.#pendingBytes -= byteLength;
        this.#writes.delete(write);
      });
    this.#writes.add(write);
    this.#release(rendition);
  }

  #release(rendition: Rendition): void {
    releaseKept(rendition, (segment) => this.#stored.has(fileOf(rendition, segment)));
  }
}

function fileOf({ name, extension }: Rendition, { number }: HlsSegment): string {
  return segmentName(name, number, extension);
}
