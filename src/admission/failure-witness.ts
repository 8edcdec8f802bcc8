import { AsyncLocalStorage } from 'node:async_hooks';
import { Catch, type ExceptionFilter } from '@nestjs/common';

/** One call of a handler, as far as its failure goes. */
export interface WitnessedCall {
  hasFailed: boolean;
  /** What was thrown, before any exception filter made something else of it. */
  error: unknown;
}

const calls = new AsyncLocalStorage<WitnessedCall>();
let callsUnderWay = 0;
/** What failed without a call under way, last: media handlers do when they have been open for long. */
let unattended: unknown;

/**
 * A class no exception belongs to. Nest asks `exception instanceof` of every
 * filter in turn, ours first, so it sees each exception that leaves a handler's
 * pipeline and leaves it to the filter Nest would have chosen anyway.
 *
 * This is needed because Nest's own last filter turns what a guard or a pipe
 * throws, a ForbiddenException with its public message, into "Internal server
 * error", and because a filter that swallows an exception (a logger returning
 * EMPTY) must not turn a refusal into an admission.
 */
class Witnessed {
  static [Symbol.hasInstance](exception: unknown): boolean {
    const call = calls.getStore();
    if (call === undefined) {
      unattended = exception;
    } else {
      call.hasFailed = true;
      call.error = exception;
    }
    return false;
  }
}

@Catch(Witnessed)
class FailureWitness implements ExceptionFilter {
  catch(exception: unknown): never {
    throw exception;
  }
}

/** The filter of all methods with our decorators. */
export const FAILURE_WITNESS: ExceptionFilter = new FailureWitness();

/**
 * The exception that went into the filters last, of a call that nobody watches any more. It is the one to ask for as long
 * as nothing was waited for since: Nest's own filter waits for nothing.
 */
export function takeUnattended(): unknown {
  const exception = unattended;
  unattended = undefined;
  return exception;
}

/** Runs `call` so that a failure of the Nest handler inside is seen. */
export function witness<T>(record: WitnessedCall, call: () => Promise<T>): Promise<T> {
  callsUnderWay++;
  return calls.run(record, call).finally(() => {
    // Before Node 24 an enabled AsyncLocalStorage hooks into every promise and every write of the process.
    if (--callsUnderWay === 0) calls.disable();
  });
}
