import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL = 20;

/** How long to wait for a condition. */
export interface UntilOptions {
  /** Milliseconds. Defaults to 15,000. */
  timeout?: number;
  /** Said when it never came: what there is instead. */
  instead?: () => string;
}

/** Waits for a condition; what it returned when it was neither undefined nor false. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeout = 15_000, instead }: UntilOptions = {},
): Promise<Exclude<T, undefined | false>> {
  for (let waited = 0; ; waited += INTERVAL) {
    const result = await condition();
    if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
    if (waited >= timeout) {
      const found = instead === undefined ? '' : `:\n${instead()}`;
      throw new Error(`${what}: not within ${timeout} ms${found}`);
    }
    await sleep(INTERVAL);
  }
}
