/**
 * Reads the first item, so that what is wrong with a source is known before
 * something else is begun. Undefined when there is none.
 */
export async function begun<T>(source: AsyncIterable<T>): Promise<AsyncIterable<T> | undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<T>> | undefined = iterator.next();
  if ((await first).done === true) return undefined;
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const result = first ?? iterator.next();
        first = undefined;
        return result;
      },
      return: async () => {
        await iterator.return?.();
        return { value: undefined, done: true };
      },
    }),
  };
}
