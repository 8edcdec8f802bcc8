/** What is waited for by all who ask the same. */
export interface HlsQuestion<T> {
  /** Whether there is an answer by now. */
  readonly isReady: () => boolean;
  /** The answer, made when the first of them gets it. */
  readonly answer: () => T;
  /** The answer to those who have waited too long. */
  readonly onTimeout: () => T;
}

/** Somebody who waits for an answer. */
export interface HlsWaiter<T> {
  /** On the clock of {@link HlsWaiting.expire}. */
  readonly deadline: number;
  answer(answer: T): void;
}

interface Group {
  readonly question: HlsQuestion<unknown>;
  readonly waiters: Set<HlsWaiter<unknown>>;
}

/** Whose answer is there, and who of them have been told. */
interface Answered {
  readonly question: HlsQuestion<unknown>;
  readonly waiters: Iterator<HlsWaiter<unknown>>;
  answer?: unknown;
}

/** Waiters that are answered before others of the event loop get their turn: some milliseconds of writing. */
const BATCH = 256;

/** Requests that are held until there is what they ask for; those that ask the same are answered together. */
export class HlsWaiting {
  readonly #groups = new Map<unknown, Group>();
  /** In the order in which they came to be. */
  readonly #answered: Answered[] = [];
  #turn: NodeJS.Immediate | undefined;
  #size = 0;

  /** Those who wait. */
  get size(): number {
    return this.#size;
  }

  /**
   * Waits together with all who wait for the same.
   *
   * @param key the same for all who ask the same
   * @param question what they ask; that of the first of them counts
   */
  join<T>(key: unknown, question: HlsQuestion<T>, waiter: HlsWaiter<T>): void {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { question, waiters: new Set() };
      this.#groups.set(key, group);
    }
    group.waiters.add(waiter as HlsWaiter<unknown>);
    this.#size++;
  }

  /** What those ask who wait for that; undefined when nobody does. */
  questionOf(key: unknown): HlsQuestion<unknown> | undefined {
    return this.#groups.get(key)?.question;
  }

  /** It does not wait any more; nothing is answered. */
  leave<T>(key: unknown, waiter: HlsWaiter<T>): void {
    const group = this.#groups.get(key);
    if (group?.waiters.delete(waiter as HlsWaiter<unknown>) !== true) return;
    this.#size--;
    if (group.waiters.size === 0) this.#groups.delete(key);
  }

  /**
   * Waits alone.
   *
   * @param deadline on the clock of {@link expire}
   * @param gone aborted when the client is gone: the promise is resolved with nothing
   */
  hold<T>(question: HlsQuestion<T>, deadline: number, gone: AbortSignal): Promise<T | undefined> {
    return new Promise((resolve) => {
      const key = Symbol('alone');
      const waiter = { deadline, answer: resolve };
      this.join(key, question, waiter);
      gone.addEventListener('abort', () => {
        this.leave(key, waiter);
        resolve(undefined);
      });
    });
  }

  /** Something is there that was not: answers whom it is enough for. */
  wake(): void {
    for (const [key, { question, waiters }] of this.#groups) {
      if (!question.isReady()) continue;
      this.#groups.delete(key);
      this.#size -= waiters.size;
      this.#answered.push({ question, waiters: waiters.values() });
    }
    if (this.#turn === undefined) this.#answerSome();
  }

  /** Answers those who have waited long enough. */
  expire(now: number): void {
    for (const [key, { question, waiters }] of this.#groups) {
      const late = [...waiters].filter(({ deadline }) => deadline <= now);
      if (late.length === 0) continue;
      const answer = question.onTimeout();
      for (const waiter of late) {
        this.leave(key, waiter);
        waiter.answer(answer);
      }
    }
  }

  #answerSome(): void {
    for (let count = 0; count < BATCH && this.#answered.length > 0; count++) {
      const first = this.#answered[0]!;
      const { value, done } = first.waiters.next();
      if (done === true) this.#answered.shift();
      else value.answer((first.answer ??= first.question.answer()));
    }
    this.#turn = this.#answered.length === 0 ? undefined : setImmediate(() => this.#answerSome());
  }
}
