/** How long something may take. */
export interface WaitLimits {
  /** Milliseconds. */
  readonly timeout: number;
  /** What to fail with when they have passed. */
  readonly late: () => Error;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs something with a signal of its own, which aborts when time is up or the
 * caller's signal does; the reason is what the run should fail with.
 */
export function withinTime<T>(
  { timeout, late, signal }: WaitLimits,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withController(signal, async (controller) => {
    const timer = setTimeout(() => controller.abort(late()), timeout);
    try {
      return await run(controller.signal);
    } finally {
      clearTimeout(timer);
    }
  });
}

/** Runs something with a signal that aborts as the caller's does, but not when the run is over: what it made stays. */
export function untilDone<T>(signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return withController(signal, (controller) => run(controller.signal));
}

async function withController<T>(
  signal: AbortSignal | undefined,
  run: (controller: AbortController) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await run(controller);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** The promise, or the signal's reason if that comes first. The promise goes on. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
