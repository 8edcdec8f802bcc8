import { monotonicNow } from './clock.js';
import type { ConnectJobOptions, ConnectResult, IdleResult, LoadJob } from './load-job.js';
import { RtmpLink } from './rtmp-link.js';
import { Samples } from './samples.js';

/** Connections that connect and create a stream, then do nothing. */
export class ConnectJob implements LoadJob {
  readonly #options: ConnectJobOptions;
  readonly #links: RtmpLink[] = [];

  constructor(options: ConnectJobOptions) {
    this.#options = options;
  }

  /** Opens all of them, so many at a time. */
  async start(): Promise<ConnectResult> {
    const { count, concurrency } = this.#options;
    const latency = new Samples();
    const startedAt = monotonicNow();
    let opened = 0;
    let failed = 0;
    const worker = async (): Promise<void> => {
      while (opened < count) {
        opened++;
        if (!(await this.#open(latency))) failed++;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    const duration = monotonicNow() - startedAt;
    const { length: connected } = this.#links;
    return { connected, failed, duration, latency: { p50: latency.percentile(0.5), p99: latency.percentile(0.99) } };
  }

  beginWindow(): void {}

  endWindow(): void {}

  async finish(): Promise<IdleResult> {
    const dropped = this.#links.filter(({ isClosed }) => isClosed).length;
    for (const link of this.#links) link.destroy();
    return { dropped };
  }

  async #open(latency: Samples): Promise<boolean> {
    const startedAt = monotonicNow();
    try {
      const link = await RtmpLink.open({ port: this.#options.port });
      this.#links.push(link);
      await link.createStream();
      latency.add(monotonicNow() - startedAt);
      return true;
    } catch {
      return false;
    }
  }
}
