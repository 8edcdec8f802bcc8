/** Bytes that may wait: some ten seconds of the best of streams. */
const MAX_PENDING = 64 * 1024 * 1024;
/** Milliseconds a storage may take for a step. */
export const STEP_TIMEOUT = 30_000;

interface Step {
  readonly bytes: number;
  run(): Promise<void>;
}

/** A step that a queue waits for. */
interface Lane {
  readonly steps: Step[];
  running: Promise<void> | undefined;
}

/**
 * Writes of a recording: of each playlist one after the other, of several at the same time. It fails once, and forgets then
 * what waits: when a write does, takes too long, or too many bytes wait for it.
 */
export class HlsWriteQueue {
  readonly #lanes = new Map<string, Lane>();
  readonly #failed = new AbortController();
  #pendingBytes = 0;

  constructor(
    private readonly onFailed: (error: Error) => void,
    private readonly limits = { maxPending: MAX_PENDING, timeout: STEP_TIMEOUT },
  ) {}

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get hasFailed(): boolean {
    return this.#failed.signal.aborted;
  }

  /** @param bytes that are held until the step is done */
  add(lane: string, bytes: number, run: () => Promise<void>): void {
    if (this.hasFailed) return;
    if (this.#pendingBytes + bytes > this.limits.maxPending) {
      this.fail(new Error(`${this.#pendingBytes} bytes wait: the storage is too slow`));
      return;
    }
    this.#pendingBytes += bytes;
    let entry = this.#lanes.get(lane);
    if (entry === undefined) this.#lanes.set(lane, (entry = { steps: [], running: undefined }));
    entry.steps.push({ bytes, run });
    entry.running ??= this.#drain(entry);
  }

  /** Resolves when nothing waits, or it has failed. */
  async settled(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map(({ running = Promise.resolve() }) => running));
  }

  /** Nothing is done any more. */
  fail(error: Error): void {
    if (this.hasFailed) return;
    this.#failed.abort();
    this.#pendingBytes = 0;
    for (const { steps } of this.#lanes.values()) steps.length = 0;
    this.onFailed(error);
  }

  async #drain(lane: Lane): Promise<void> {
    // Not before `running` says so.
    await Promise.resolve();
    for (let step = lane.steps.shift(); step !== undefined && !this.hasFailed; step = lane.steps.shift()) {
      try {
        await this.#inTime(step.run());
      } catch (error) {
        this.fail(error as Error);
      }
      this.#pendingBytes = this.hasFailed ? 0 : this.#pendingBytes - step.bytes;
    }
    lane.running = undefined;
  }

  /** A storage that never answers must not hold up anything, nor one whose recording has failed. */
  #inTime(step: Promise<void>): Promise<void> {
    const { signal } = this.#failed;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the storage took longer than ${this.limits.timeout} ms`)),
        this.limits.timeout,
      ).unref(); // a process that has closed its server, and gave up on this, may end
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onFail);
      };
      const onFail = (): void => {
        settle();
        resolve();
      };
      signal.addEventListener('abort', onFail);
      step.then(
        () => {
          settle();
          resolve();
        },
        (error: unknown) => {
          settle();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }
}
