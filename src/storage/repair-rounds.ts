import { MAX_MILLISECONDS } from '../options/check-number.js';

/** Where there may be something unfinished. */
export interface RepairedStorage {
  readonly lookAgainAfter?: number | undefined;
}

/** Repairs what earlier processes left in a storage, again for as long as it says that another look is worth it. */
export class RepairRounds {
  readonly #storage: RepairedStorage;
  readonly #repair: (stopped: AbortSignal) => Promise<void>;
  #round: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  readonly #stopped = new AbortController();

  /** @param repair goes through the storage once, or until it is told to stop; does not reject */
  constructor(storage: RepairedStorage, repair: (stopped: AbortSignal) => Promise<void>) {
    this.#storage = storage;
    this.#repair = repair;
  }

  /** Begins the first round. */
  start(): void {
    this.#round = this.#run();
  }

  /** Begins no more rounds, and has the one under way stop where it can; resolves when it has. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#round;
  }

  async #run(): Promise<void> {
    await this.#repair(this.#stopped.signal);
    const after = this.#storage.lookAgainAfter;
    if (after === undefined || this.#stopped.signal.aborted) return;
    this.#timer = setTimeout(() => this.start(), Math.min(after, MAX_MILLISECONDS)).unref();
  }
}
