import { Logger } from '@nestjs/common';
import { HookClient, type HookTarget } from './hook-client.js';

/** Messages that wait for a backend that does not answer. */
const MAX_WAITING = 10_000;
const FIRST_RETRY = 1000;
const MAX_RETRY = 60_000;
/** How often one message may be refused by its answer before the others go on without it. */
const MAX_REFUSALS = 10;
/** Too slow, and too much: answers that say nothing of the message. */
const NO_REFUSALS: ReadonlySet<number> = new Set([408, 429]);

/** How long to wait between attempts; tests wait less. */
export interface RetryWaits {
  /** After the first failure, in milliseconds; it doubles with each. */
  readonly first: number;
  readonly most: number;
}

interface Waiting {
  readonly message: object;
  readonly sent: () => void;
  /** Answers of 400 to 499. */
  refusals: number;
}

/**
 * Tells a backend what happens: one message after the other, in order, each
 * again and again until it is taken. What is too much for its memory is dropped,
 * oldest first, and so is what the backend refuses each time; the log says so.
 */
export class EventHook {
  readonly #logger = new Logger('Hooks');
  readonly #client: HookClient;
  readonly #waiting: Waiting[] = [];
  readonly #ended = new AbortController();
  #isSending = false;
  #isHurried = false;
  #dropped = 0;
  /** Ends the wait before the next attempt. */
  #wake: () => void = () => {};

  constructor(
    target: HookTarget,
    private readonly waits: RetryWaits = { first: FIRST_RETRY, most: MAX_RETRY },
  ) {
    this.#client = new HookClient(target);
  }

  /**
   * Resolves when the message was taken, or will not be; or when another waits behind it, which is taken later. So whoever
   * waits for the newest waits for all, and all others let go of what the messages are about: connections and streams.
   */
  tell(message: object): Promise<void> {
    return new Promise((sent) => {
      this.#waiting.at(-1)?.sent();
      if (this.#waiting.length >= MAX_WAITING) {
        this.#dropped++;
        this.#waiting.splice(1, 1);
      }
      this.#waiting.push({ message, sent, refusals: 0 });
      if (!this.#isSending) void this.#send();
    });
  }

  /** The application is about to end: there is an attempt at once, and then often. */
  hurry(): void {
    this.#isHurried = true;
    this.#wake();
  }

  /** Sends nothing more. */
  close(): void {
    this.#ended.abort();
    this.#wake();
    for (const { sent } of this.#waiting.splice(0)) sent();
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    let wait = this.waits.first;
    let failures = 0;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const problem = await this.#attempt(next);
      if (this.#ended.signal.aborted) break;
      if (next.refusals >= MAX_REFUSALS) {
        this.#logger.error('the backend refuses an event, which is given up', { error: problem, event: next.message });
      } else if (problem !== undefined) {
        if (failures++ === 0) {
          this.#logger.error('the backend cannot be told', { error: problem, waiting: this.#waiting.length });
        }
        await this.#pause(this.#isHurried ? this.waits.first : wait);
        wait = Math.min(this.waits.most, wait * 2);
        continue;
      }
      if (failures > 0 && problem === undefined)
        this.#logger.log('the backend is told again', { failures, dropped: this.#dropped });
      failures = this.#dropped = 0;
      wait = this.waits.first;
      this.#waiting.shift();
      next.sent();
    }
    this.#isSending = false;
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** @returns why it was not taken */
  async #attempt(waiting: Waiting): Promise<string | undefined> {
    try {
      const { status } = await this.#client.post(waiting.message, this.#ended.signal);
      if (status >= 400 && status < 500 && !NO_REFUSALS.has(status)) waiting.refusals++;
      return status >= 200 && status < 300 ? undefined : `it answers ${status}`;
    } catch (error) {
      return (error as Error).message;
    }
  }
}
