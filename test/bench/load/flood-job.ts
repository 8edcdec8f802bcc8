import { monotonicNow } from './clock.js';
import type { FloodJobOptions, FloodResult, LoadJob } from './load-job.js';
import { MediaPattern, type PatternMessage } from './media-pattern.js';
import { OutgoingStream } from './outgoing-stream.js';
import { streamName } from './publish-job.js';
import { RtmpLink } from './rtmp-link.js';

/** Bytes sent in one write. */
const BLOCK_LENGTH = 512 * 1024;
/** Blocks that wait for the server: one is made while another is sent. */
const MAX_BLOCKS = 2;

/** One publisher that sends as fast as the server takes it, as a file published without `-re` is. */
export class FloodJob implements LoadJob {
  readonly #options: FloodJobOptions;
  #link: RtmpLink | undefined;
  #stream: OutgoingStream | undefined;

  constructor(options: FloodJobOptions) {
    this.#options = options;
  }

  /** Connects and publishes, and sends no media yet. */
  async start(): Promise<void> {
    const { port, chunkSize } = this.#options;
    this.#link = await RtmpLink.open({ port });
    const id = await this.#link.publish(streamName(0), chunkSize);
    this.#stream = new OutgoingStream(0, id, chunkSize);
    this.#stream.begin(this.#link);
  }

  beginWindow(): void {}

  endWindow(): void {}

  /** Sends everything, and resolves when the server has taken it. */
  async finish(): Promise<FloodResult> {
    const link = this.#link!;
    const stream = this.#stream!;
    const startedAt = monotonicNow();
    await this.#sendAll(link, stream, startedAt + this.#options.maxSeconds * 1000);
    await link.fence();
    const duration = monotonicNow() - startedAt;
    link.end(stream.messageStreamId);
    return { sent: stream.sent, duration };
  }

  async #sendAll(link: RtmpLink, stream: OutgoingStream, deadline: number): Promise<void> {
    const pattern = new MediaPattern(this.#options.media);
    const free: Buffer[] = Array.from({ length: MAX_BLOCKS }, () => Buffer.allocUnsafeSlow(BLOCK_LENGTH));
    let wake: (() => void) | undefined;
    let pending: PatternMessage | undefined;
    while (stream.sent.bytes < this.#options.bytes && monotonicNow() < deadline) {
      if (link.failure !== undefined) throw link.failure;
      const block = free.pop();
      if (block === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      let at = 0;
      for (;;) {
        pending ??= pattern.next();
        if (at + stream.measure(pending) > block.length) break;
        at = stream.write(block, at, pending, monotonicNow());
        pending = undefined;
      }
      link.write(block.subarray(0, at), () => {
        free.push(block);
        wake?.();
      });
    }
  }
}
