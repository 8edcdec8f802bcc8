import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplication, LoggerService } from '@nestjs/common';

/** Milliseconds that calls of the file system have to return when everything else has ended. */
const LAST_CALLS = 1000;
const LOOK_INTERVAL = 20;
/** How Node calls them (`process.getActiveResourcesInfo()`). */
const FILE_SYSTEM_CALLS = new Set(['FSReqPromise', 'FSReqCallback']);

/**
 * Closes the application when the process gets one of the signals, and ends it with 0. Further signals change nothing.
 *
 * Nest's own shutdown hooks end the process by `process.exit()`, which waits for threads whose calls of the file system do not
 * return: with a disk that does not answer, for ever. With such calls the process ends as by `kill -9`.
 */
export function endOnSignals(
  app: Pick<INestApplication, 'close'>,
  logger: LoggerService,
  signals: readonly NodeJS.Signals[],
): void {
  let isEnding = false;
  const end = async (): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    try {
      await app.close();
    } catch (error) {
      logger.error('Shutdown failed', (error as Error).stack);
      process.exitCode = 1;
    }
    for (let waited = 0; areCallsUnderWay() && waited < LAST_CALLS; waited += LOOK_INTERVAL) await delay(LOOK_INTERVAL);
    if (areCallsUnderWay()) {
      logger.error('Shutdown: the file system does not answer, the process ends without it');
      process.kill(process.pid, 'SIGKILL');
    }
    process.exit();
  };
  for (const signal of signals) process.on(signal, () => void end());
}

function areCallsUnderWay(): boolean {
  return process.getActiveResourcesInfo().some((name) => FILE_SYSTEM_CALLS.has(name));
}
