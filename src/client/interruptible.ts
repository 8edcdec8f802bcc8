/**
 * The items, and an end of waiting for the next one: a source that is silent does not keep anybody from it.
 *
 * @param failed resolves with why nothing more is wanted, or with undefined, which is no reason
 * @param signal fails it with its reason
 */
export async function* interruptible<T>(
  items: AsyncIterable<T>,
  failed: Promise<Error | undefined>,
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
  signal?.addEventListener('abort', abort, { once: true });
  void failed.then((error) => error !== undefined && interrupt(error));
  let isOver = false;
  try {
    for (;;) {
      if (interruption !== undefined) throw interruption.reason;
      // It has ended by itself when this fails.
      isOver = true;
      const result = await new Promise<IteratorResult<T>>((resolve, reject) => {
        endWait = reject;
        iterator.next().then(resolve, reject);
      });
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
