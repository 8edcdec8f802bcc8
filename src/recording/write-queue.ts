import type { RecordingWriter } from '../storage/recording-storage.js';
import { pieceBytes, type WriteBacklog } from './write-backlog.js';

/** Bytes a storage is given at a time when they come fast and it has not said what it likes. */
const WRITE_SIZE = 2 * 1024 * 1024;

interface QueuedWrite {
  readonly chunks: readonly Uint8Array[];
  /** Bytes it takes in memory. */
  readonly size: number;
  readonly onWritten: (() => void) | undefined;
}

/**
 * Writes bytes to a storage one after the other, while the caller goes on. It
 * begins before the storage has opened the recording.
 */
export class WriteQueue {
  readonly #backlog: WriteBacklog;
  readonly #onChange: () => void;
  readonly #writer: Promise<RecordingWriter>;
  readonly #queue: QueuedWrite[] = [];
  #writeSize = WRITE_SIZE;
  #queuedBytes = 0;
  #busySince: number | undefined;
  #failure: Error | undefined;
  #idle: Promise<void> = Promise.resolve();
  readonly #failed: Promise<void>;
  #resolveFailed!: () => void;

  /**
   * @param writer the recording, when it is open
   * @param backlog counts what waits here among that of others
   * @param onChange called after each write and at the first failure
   */
  constructor(writer: Promise<RecordingWriter>, backlog: WriteBacklog, onChange: () => void) {
    this.#writer = writer;
    this.#backlog = backlog;
    this.#onChange = onChange;
    this.#failed = new Promise((resolve) => (this.#resolveFailed = resolve));
  }

  /** Bytes given and not yet written, with what their pieces take in memory. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Bytes to give at a time where there are many. */
  get writeSize(): number {
    return this.#writeSize;
  }

  /** When the write under way began, by `performance.now()`. */
  get busySince(): number | undefined {
    return this.#busySince;
  }

  /** What ended the queue. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Takes bytes that follow each other and stay as they are until they are written.
   *
   * @param onWritten called when they may change; never when writing them was begun and failed
   */
  add(chunks: readonly Uint8Array[], onWritten?: () => void): void {
    if (this.#failure !== undefined) {
      onWritten?.();
      return;
    }
    const size = chunks.reduce((sum, chunk) => sum + pieceBytes(chunk), 0);
    this.#queue.push({ chunks, size, onWritten });
    this.#count(size);
    if (this.#busySince === undefined) this.#idle = this.#run();
  }

  /** Everything has been written, or the queue has failed. */
  async whenIdle(): Promise<void> {
    while (this.#busySince !== undefined) await Promise.race([this.#idle, this.#failed]);
  }

  /** Ends the queue; what waits is dropped. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    // Their memory is left to the garbage collector: the storage may still be reading the first.
    this.#queue.length = 0;
    this.#count(-this.#queuedBytes);
    this.#busySince = undefined;
    this.#resolveFailed();
    this.#onChange();
  }

  #count(bytes: number): void {
    this.#queuedBytes += bytes;
    this.#backlog.bytes += bytes;
  }

  async #run(): Promise<void> {
    this.#busySince = performance.now();
    try {
      const writer = await this.#writer;
      this.#writeSize = writer.writeSize ?? WRITE_SIZE;
      for (let next = this.#queue[0]; next !== undefined && this.#failure === undefined; next = this.#queue[0]) {
        this.#busySince = performance.now();
        await append(writer, next.chunks);
        // A timeout may have failed the queue meanwhile.
        if (this.#failure !== undefined) return;
        this.#queue.shift();
        this.#count(-next.size);
        next.onWritten?.();
        if (this.#queue.length === 0) this.#busySince = undefined;
        this.#onChange();
      }
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

async function append(writer: RecordingWriter, chunks: readonly Uint8Array[]): Promise<void> {
  if (writer.appendAll !== undefined && chunks.length > 1) {
    await writer.appendAll(chunks);
    return;
  }
  for (const chunk of chunks) await writer.append(chunk);
}
