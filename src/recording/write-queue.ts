import type { RecordingWriter } from '../storage/recording-storage.js';
import type { BufferPool } from './buffer-pool.js';
import type { WriteBacklog } from './write-backlog.js';

interface QueuedWrite {
  readonly bytes: Uint8Array;
  /** The buffer that is free again when this has been written. */
  readonly release: Uint8Array | undefined;
}

/**
 * Writes bytes to a storage one after the other, while the caller goes on. It
 * begins before the storage has opened the recording.
 */
export class WriteQueue {
  readonly #pool: BufferPool;
  readonly #backlog: WriteBacklog;
  readonly #onChange: () => void;
  readonly #writer: Promise<RecordingWriter>;
  readonly #queue: QueuedWrite[] = [];
  #queuedBytes = 0;
  #busySince: number | undefined;
  #failure: Error | undefined;
  #idle: Promise<void> = Promise.resolve();

  /**
   * @param writer the recording, when it is open
   * @param backlog counts what waits here among that of others
   * @param onChange called after each write and at the first failure
   */
  constructor(writer: Promise<RecordingWriter>, pool: BufferPool, backlog: WriteBacklog, onChange: () => void) {
    this.#writer = writer;
    this.#pool = pool;
    this.#backlog = backlog;
    this.#onChange = onChange;
  }

  /** Bytes given and not yet written. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** When the write under way began, milliseconds since 1970. */
  get busySince(): number | undefined {
    return this.#busySince;
  }

  /** What ended the queue. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Takes bytes that stay as they are until written; `release` then goes back to the pool. */
  add(bytes: Uint8Array, release?: Uint8Array): void {
    if (this.#failure !== undefined) {
      if (release !== undefined) this.#pool.give(release);
      return;
    }
    this.#queue.push({ bytes, release });
    this.#count(bytes.length);
    if (this.#busySince === undefined) this.#idle = this.#run();
  }

  /** Everything has been written, or the queue has failed. */
  async whenIdle(): Promise<void> {
    while (this.#busySince !== undefined) await this.#idle;
  }

  /** Ends the queue; what waits is dropped. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    // Buffers are left to the garbage collector: the storage may still be reading the first.
    this.#queue.length = 0;
    this.#count(-this.#queuedBytes);
    this.#busySince = undefined;
    this.#onChange();
  }

  #count(bytes: number): void {
    this.#queuedBytes += bytes;
    this.#backlog.bytes += bytes;
  }

  async #run(): Promise<void> {
    this.#busySince = Date.now();
    try {
      const writer = await this.#writer;
      for (let next = this.#queue[0]; next !== undefined && this.#failure === undefined; next = this.#queue[0]) {
        this.#busySince = Date.now();
        await writer.append(next.bytes);
        // A timeout may have failed the queue meanwhile.
        if (this.#failure !== undefined) return;
        this.#queue.shift();
        this.#count(-next.bytes.length);
        if (next.release !== undefined) this.#pool.give(next.release);
        if (this.#queue.length === 0) this.#busySince = undefined;
        this.#onChange();
      }
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
