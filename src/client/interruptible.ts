/**
 * The items, and an end of waiting for the next one: a source that is silent does not keep anybody from it.
 *
 * @param over resolves with why nothing more is wanted
 * @param signal fails it with its reason
 */
export async function* interruptible<T>(
  items: AsyncIterable<T>,
  over: Promise<Error>,
  signal?: AbortSignal,
): AsyncGenerator<T, void> {
  const iterator = items[Symbol.asyncIterator]();
  let interruption: { readonly reason: unknown } | undefined;
  let endWait: ((reason: unknown) => void) | undefined;
  const interrupt = (reason: unknown): void => {
    interruption ??= { reason };
    endWait?.(reason);
  };
  const abort = (): void => interrupt(signal!.reason);
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  void over.then(interrupt);
  let isBegun = false;
  let isOver = false;
  try {
    for (;;) {
      if (isBegun && interruption !== undefined) throw interruption.reason;
      // It has ended by itself when this fails.
      isOver = true;
      const result = await new Promise<IteratorResult<T>>((resolve, reject) => {
        endWait = reject;
        // Also when nothing is wanted from the beginning: a source that has not begun cannot be ended.
        iterator.next().then(resolve, reject);
        if (interruption !== undefined) reject(interruption.reason);
      });
      isBegun = true;
      endWait = undefined;
      if (result.done === true) return;
      isOver = false;
      yield result.value;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    if (!isOver) await iterator.return?.();
    // What is waited for may never come: nor would the end of it.
    else if (interruption !== undefined) void iterator.return?.()?.catch(() => {});
  }
}
