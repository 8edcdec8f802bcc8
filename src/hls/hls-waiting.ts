/** Says what a held request is answered by now; undefined while it has to wait. */
export type TryAnswer<T> = () => T | undefined;

interface Waiter {
  readonly deadline: number;
  /** Looks whether it can be answered; it is, and taken away, in that case. */
  readonly look: () => void;
  readonly expire: () => void;
}

/** Requests that are held until there is what they ask for. */
export class HlsWaiting {
  readonly #waiters = new Set<Waiter>();

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Holds a request.
   *
   * @param deadline on the clock of {@link expire}
   * @param gone aborted when the client is gone: the promise is resolved with nothing
   */
  hold<T>(tryAnswer: TryAnswer<T>, onTimeout: () => T, deadline: number, gone: AbortSignal): Promise<T | undefined> {
    return new Promise((resolve) => {
      const settle = (answer: T | undefined): void => {
        this.#waiters.delete(waiter);
        gone.removeEventListener('abort', onGone);
        resolve(answer);
      };
      const onGone = (): void => settle(undefined);
      const waiter: Waiter = {
        deadline,
        look: () => {
          const answer = tryAnswer();
          if (answer !== undefined) settle(answer);
        },
        expire: () => settle(onTimeout()),
      };
      this.#waiters.add(waiter);
      gone.addEventListener('abort', onGone);
    });
  }

  /** Something is there that was not: answers whom it is enough for. */
  wake(): void {
    for (const waiter of this.#waiters) waiter.look();
  }

  /** Answers those who have waited long enough. */
  expire(now: number): void {
    for (const waiter of this.#waiters) if (waiter.deadline <= now) waiter.expire();
  }
}
