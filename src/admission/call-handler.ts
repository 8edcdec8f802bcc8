import { isObservable, type Observable } from 'rxjs';
import type { RtmpContext } from '../ctx-host/rtmp.context.js';
import type { RtmpHandler } from '../handlers/rtmp-handlers.js';
import type { MediaHandlerRun } from '../media/media-handler-run.js';
import type { RtmpMediaOpen } from '../media/rtmp-media-open.js';
import { takeUnattended, witness, type WitnessedCall } from './failure-witness.js';
import { isDefaultFilterResult } from './refusal.js';

/** A handler's pipeline threw. */
export interface HandlerFailure {
  readonly isOk: false;
  /** What came out of the exception filters. */
  readonly result: unknown;
  /** The exception that went into them; undefined when it was not seen. */
  readonly error: unknown;
}

/** How a handler's pipeline ended. */
export type HandlerOutcome = { readonly isOk: true; readonly value: unknown } | HandlerFailure;

/**
 * Calls a handler and settles with its last value; never rejects. Nest's
 * pipeline gives a value, an observable or a promise of either, and errors as
 * observables: with an interceptor the method does not even run until somebody
 * subscribes.
 *
 * @param until once it is aborted the outcome is a failure, whatever the handler still does
 */
export function callHandler(
  handler: RtmpHandler,
  payload: unknown,
  context: RtmpContext,
  until?: AbortSignal,
): Promise<HandlerOutcome> {
  const call: WitnessedCall = { hasFailed: false, error: undefined };
  return witness(call, () => settle(call, until, () => lastValueOf(handler, payload, context, until)));
}

/** How a media handler went on after it was opened. */
export interface MediaHandlerObserver {
  /** It took messages and has failed since. */
  onFailure(failure: HandlerFailure): void;
  /** An interceptor has left it, without an error. */
  onLeft(): void;
}

/**
 * Calls a media handler, whose observable lasts as long as it has something to
 * do, and settles as soon as it takes messages or has refused to.
 *
 * @param signal aborts the opening, not what is open
 */
export function openMediaHandler(
  handler: RtmpHandler,
  open: RtmpMediaOpen,
  context: RtmpContext,
  signal: AbortSignal,
  observer: MediaHandlerObserver,
): Promise<HandlerOutcome> {
  const call: WitnessedCall = { hasFailed: false, error: undefined };
  const { run } = open;
  const start = async (): Promise<unknown> => {
    const result = await (handler.call(open, context) as Promise<unknown>);
    if (!isObservable(result) || signal.aborted) return result;
    return new Promise((resolve, reject) => {
      let hasFailed = false;
      const abort = (): void => subscription.unsubscribe();
      run.whenAttached(() => {
        signal.removeEventListener('abort', abort);
        resolve(undefined);
      });
      const subscription = result.subscribe({
        error: (error: unknown) => {
          hasFailed = true;
          // Once it was open this is no answer any more: the promise has settled.
          if (run.isAttached) observer.onFailure({ isOk: false, result: error, error: causeOf(error, call, run) });
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it came
          reject(error);
        },
        complete: () => resolve(undefined),
      });
      if (!run.isAttached) signal.addEventListener('abort', abort, { once: true });
      subscription.add(() => {
        if (run.wasLeft && !hasFailed) observer.onLeft();
        run.close();
      });
    });
  };
  return witness(call, () => settle(call, signal, start));
}

/** The exception behind what came out of the filters when an open media handler failed; undefined when it was not seen. */
function causeOf(result: unknown, call: WitnessedCall, run: MediaHandlerRun): unknown {
  const unattended = takeUnattended();
  if (call.hasFailed) return call.error;
  return isDefaultFilterResult(result) ? unattended : run.error;
}

async function lastValueOf(
  handler: RtmpHandler,
  payload: unknown,
  context: RtmpContext,
  until: AbortSignal | undefined,
): Promise<unknown> {
  const result = await (handler.call(payload, context) as Promise<unknown>);
  return isObservable(result) ? lastValue(result, until) : result;
}

function lastValue(values: Observable<unknown>, until: AbortSignal | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let last: unknown;
    const subscription = values.subscribe({
      next: (value) => (last = value),
      error: reject,
      complete: () => resolve(last),
    });
    until?.addEventListener('abort', () => subscription.unsubscribe(), { once: true });
  });
}

function settle(
  call: WitnessedCall,
  until: AbortSignal | undefined,
  start: () => Promise<unknown>,
): Promise<HandlerOutcome> {
  return new Promise((resolve) => {
    const abort = (): void => resolve({ isOk: false, result: undefined, error: until?.reason as unknown });
    until?.addEventListener('abort', abort, { once: true });
    start().then(
      (value) => {
        until?.removeEventListener('abort', abort);
        resolve(call.hasFailed ? { isOk: false, result: value, error: call.error } : { isOk: true, value });
      },
      (thrown: unknown) => {
        until?.removeEventListener('abort', abort);
        resolve({ isOk: false, result: thrown, error: call.error });
      },
    );
  });
}
