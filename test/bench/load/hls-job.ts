import { setTimeout as sleep } from 'node:timers/promises';
import { type HlsBook, HlsClient } from './hls-client.js';
import type { HlsJobOptions, HlsResult, LoadJob } from './load-job.js';
import { Samples } from './samples.js';

/** One in so many looks into what it gets, which takes time of the others. */
const LOOKING_INSIDE = 25;
/** How long clients wait for their first file, in milliseconds. */
const PATIENCE = 20_000;

/** Clients of HLS that watch one stream. */
export class HlsJob implements LoadJob {
  readonly #options: HlsJobOptions;
  readonly #clients: HlsClient[] = [];
  readonly #book: HlsBook = {
    isMeasuring: false,
    latency: new Samples(),
    lengths: new Map(),
    requests: 0,
    mediaBytes: 0,
    playlistBytes: 0,
    files: 0,
  };

  constructor(options: HlsJobOptions) {
    this.#options = options;
  }

  /** Resolves when every client has got something to play, or has waited long enough. */
  async start(): Promise<void> {
    const { count, ramp } = this.#options;
    const openings: Array<Promise<void>> = [];
    for (let index = 0; index < count; index++) {
      if (index > 0) await sleep(1000 / ramp);
      const client = new HlsClient(this.#options, this.#book, index % LOOKING_INSIDE === 0);
      this.#clients.push(client);
      openings.push(client.open());
    }
    const patience = new AbortController();
    const waiting = sleep(PATIENCE, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([Promise.all(openings), waiting]);
    patience.abort();
  }

  beginWindow(): void {
    this.#book.isMeasuring = true;
  }

  endWindow(): void {
    this.#book.isMeasuring = false;
  }

  async finish(): Promise<HlsResult> {
    const { requests, mediaBytes, playlistBytes, files, latency } = this.#book;
    const sum = (count: (client: HlsClient) => number): number =>
      this.#clients.reduce((total, one) => total + count(one), 0);
    const result = {
      count: this.#clients.length,
      requests,
      mediaBytes,
      playlistBytes,
      files,
      disconnected: sum(({ isDisconnected }) => Number(isDisconnected)),
      gaps: sum(({ gaps }) => gaps),
      missing: sum(({ missing }) => missing),
      problems: this.#clients.flatMap(({ problems }) => problems),
      latency: { p50: latency.percentile(0.5), p99: latency.percentile(0.99) },
    };
    for (const client of this.#clients) client.close();
    return result;
  }
}
