import type { HlsSegment, Rendition } from '#lib/hls';
import { type HlsSegmentKeeper, releaseKept } from './hls-segment-keeper.js';
import type { HlsStorage } from './hls-storage.js';
import { type HlsVodObserver, type HlsVodSource, HlsVodWriter } from './hls-vod-writer.js';

/** Segments of a recording, of all its playlists: eleven hours of two seconds each, and a playlist of two megabytes. */
const MAX_SEGMENTS = 20_000;
const MILLISECONDS = 1000;

/**
 * Records a broadcast: its segments go to a storage and stay there. Behind so much time, or so many segments, another
 * recording begins, for all playlists with the segment of the same number.
 */
export class HlsVodRecorder implements HlsSegmentKeeper {
  /** Those there were, the newest last. */
  readonly #writers: HlsVodWriter[] = [];
  #isStopped = false;

  constructor(
    private readonly storage: HlsStorage,
    private readonly source: HlsVodSource,
    private readonly limits: { readonly maxDuration: number; readonly maxSegments?: number },
    private readonly observer: HlsVodObserver,
  ) {}

  get pendingBytes(): number {
    return this.#writers.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
  }

  put(rendition: Rendition, complete: HlsSegment, rest?: HlsSegment): void {
    if (this.#isStopped) return;
    const segment = rest === undefined ? complete : joined(complete, rest);
    if (rendition.isLeading) this.#beginIfDue(segment);
    const writer = this.#writerOf(segment);
    if (writer === undefined) return;
    writer.put(rendition, segment, () => releaseKept(rendition, (one) => this.#reader(rendition, one) !== undefined));
    this.#finishOld(rendition);
  }

  async get(rendition: Rendition, segment: HlsSegment): Promise<readonly Uint8Array[] | undefined> {
    try {
      const bytes = await this.#reader(rendition, segment)?.read(rendition, segment);
      return bytes && [bytes];
    } catch {
      return undefined;
    }
  }

  /** It stays in the recording. */
  remove(): void {}

  end(): void {
    this.#isStopped = true;
    for (const writer of this.#writers) void writer.finish();
  }

  async dispose(): Promise<void> {
    this.end();
    await Promise.all(this.#writers.map((writer) => writer.finish()));
  }

  #beginIfDue({ number, programDateTime }: HlsSegment): void {
    const writer = this.#writers.at(-1);
    const { maxDuration, maxSegments = MAX_SEGMENTS } = this.limits;
    const isFull = writer === undefined || writer.duration * MILLISECONDS >= maxDuration || writer.count >= maxSegments;
    if (isFull) {
      this.#writers.push(new HlsVodWriter(this.storage, this.source, programDateTime, number, this.observer));
    }
  }

  #writerOf({ number }: HlsSegment): HlsVodWriter | undefined {
    return this.#writers.findLast(({ from }) => number >= from);
  }

  #reader(rendition: Rendition, segment: HlsSegment): HlsVodWriter | undefined {
    const writer = this.#writerOf(segment);
    return writer?.has(rendition, segment) === true ? writer : undefined;
  }

  /** Finishes those that all playlists are past, and forgets those that nobody can ask for any more. */
  #finishOld(rendition: Rendition): void {
    const windows = [rendition, ...rendition.others].map(({ window }) => window);
    const reached = Math.min(...windows.map(({ lastNumber }) => lastNumber));
    const oldest = Math.min(...windows.map(({ oldestNumber }) => oldestNumber));
    this.#writers.forEach((writer, index) => {
      const next = this.#writers[index + 1];
      if (next !== undefined && next.from <= reached + 1) void writer.finish();
    });
    while (this.#writers.length > 1 && this.#writers[0]!.isDone && this.#writers[1]!.from <= oldest) {
      this.#writers.shift();
    }
  }
}

/** Two segments as one: all of a recording can be begun at. */
function joined(segment: HlsSegment, rest: HlsSegment): HlsSegment {
  return {
    ...segment,
    parts: [...segment.parts, ...rest.parts],
    duration: segment.duration + rest.duration,
    byteLength: segment.byteLength + rest.byteLength,
  };
}
