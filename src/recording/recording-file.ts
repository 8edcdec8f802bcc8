import type { LiveStream } from '#lib/live';
import type { RecordingWriter } from '../storage/recording-storage.js';
import type { RecordingInfo } from './recording-events.js';
import { RecordingError } from './recording.errors.js';
import type { SegmentContext } from './recording-segment.js';
import { WriteQueue } from './write-queue.js';

/** What a file is to be told when all of its bytes are written. */
export interface FinalFigures {
  readonly patches: ReadonlyArray<{ readonly position: number; readonly bytes: Uint8Array }>;
  /** Milliseconds. */
  readonly duration: number;
  readonly bytes: number;
}

/** A file of a recording on its way into the storage, whatever is in it: opened, written, then completed or given up. */
export class RecordingFile {
  readonly queue: WriteQueue;
  readonly #context: SegmentContext;
  readonly #info: Omit<RecordingInfo, 'location'>;
  readonly #writer: Promise<RecordingWriter>;
  #resolveWriter!: (writer: Promise<RecordingWriter>) => void;
  #location = '';
  /** When the call that ends it was made, by `performance.now()`. */
  #endingSince: number | undefined;
  readonly #failing: Promise<never>;
  #rejectFailing!: (error: Error) => void;

  /** @param onQueueChange called after each write and at the first failure */
  constructor(stream: LiveStream, context: SegmentContext, onQueueChange: () => void) {
    this.#context = context;
    const { id: streamId, app, name } = stream;
    this.#info = { streamId, app, name, startedAt: Date.now() };
    this.#writer = new Promise((resolve) => (this.#resolveWriter = resolve));
    this.queue = new WriteQueue(this.#writer, context.backlog, onQueueChange);
    this.#writer.catch((error: Error) => this.queue.fail(error));
    this.#failing = new Promise((_, reject) => (this.#rejectFailing = reject));
    this.#failing.catch(() => {});
  }

  get info(): RecordingInfo {
    return { ...this.#info, location: this.#location };
  }

  /** Asks the storage for it; what has been queued by then waits. */
  open(extension: string): void {
    this.#resolveWriter(this.#create(extension));
  }

  /**
   * Gives up when the storage has taken too long for a call, whichever it is. To be called again and again.
   *
   * @param now by `performance.now()`: the time of day may be set meanwhile
   */
  checkTime(now: number): void {
    const { writeTimeout } = this.#context;
    const since = this.#endingSince ?? this.queue.busySince;
    if (since === undefined || now - since <= writeTimeout) return;
    const error = new RecordingError('RECORDING_ERR_WRITE_TIMEOUT', `${writeTimeout} ms`);
    this.#rejectFailing(error);
    this.queue.fail(error);
  }

  /**
   * Completes it when all is written. Reports how it went; does not throw.
   *
   * @param end queues what is left; gives nothing when the file was never opened
   */
  async complete(end: () => FinalFigures | Promise<FinalFigures | undefined>): Promise<void> {
    try {
      const final = await end();
      if (final === undefined) return;
      await this.queue.whenIdle();
      if (this.queue.failure !== undefined) throw this.queue.failure;
      const { patches, duration, bytes } = final;
      const writer = await this.#writer;
      if (writer.patch !== undefined) {
        for (const patch of patches) await this.#inTime(writer.patch(patch.position, patch.bytes));
      }
      await this.#inTime(writer.complete());
      const figures = { duration: duration / 1000, bytes, isRepaired: false };
      this.#context.observer.onCompleted({ ...this.info, ...figures });
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #inTime(call: Promise<void>): Promise<void> {
    this.#endingSince = performance.now();
    try {
      await Promise.race([call, this.#failing]);
    } finally {
      this.#endingSince = undefined;
    }
  }

  /** Lets go of it and reports it. The storage may never have opened it, or hang: it is not waited for. */
  #fail(error: Error): void {
    this.queue.fail(error);
    void this.#writer.then((writer) => writer.abandon()).catch(() => {});
    this.#context.observer.onFailed({ ...this.info, error });
  }

  async #create(extension: string): Promise<RecordingWriter> {
    const { app, name, startedAt } = this.#info;
    const writer = await this.#context.storage.create({ app, name, startedAt, extension });
    this.#location = writer.location;
    // It may have been given up meanwhile.
    if (this.queue.failure === undefined) this.#context.observer.onStarted(this.info);
    return writer;
  }
}
