import { MAX_MILLISECONDS } from '../options/check-number.js';

/** Where there may be something unfinished. */
export interface RepairedStorage {
  readonly lookAgainAfter?: number | undefined;
}

/** Repairs what earlier processes left in a storage, again for as long as it says that another look is worth it. */
export class RepairRounds {
  readonly #storage: RepairedStorage;
  readonly #repair: () => Promise<void>;
  #round: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param repair goes through the storage once; does not reject */
  constructor(storage: RepairedStorage, repair: () => Promise<void>) {
    this.#storage = storage;
    this.#repair = repair;
  }

  /** Begins the first round. */
  start(): void {
    this.#round = this.#run();
  }

  /** Begins no more rounds; resolves when the one under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  async #run(): Promise<void> {
    await this.#repair();
    const after = this.#storage.lookAgainAfter;
    if (after === undefined || this.#isStopped) return;
    this.#timer = setTimeout(() => this.start(), Math.min(after, MAX_MILLISECONDS)).unref();
  }
}
