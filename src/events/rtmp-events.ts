import { Injectable, Logger } from '@nestjs/common';
import type { StreamAddress } from '#lib/rtmp';
import { callHandler } from '../admission/call-handler.js';
import { logFailure } from '../admission/log-failure.js';
import { RtmpContext } from '../ctx-host/rtmp.context.js';
import { type RtmpHandler, RtmpHandlers } from '../handlers/rtmp-handlers.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import type { RtmpSession } from '../session/rtmp-session.js';
import type { RtmpEventMap, RtmpEventName } from './rtmp-event-map.js';

/** What an event is about. */
export interface RtmpEventSource {
  /** Handlers of this app and those of all apps are told. */
  readonly app: string;
  readonly session?: RtmpSession | undefined;
  readonly stream?: StreamAddress | undefined;
}

const NEVER_ABORTED = new AbortController().signal;

/**
 * Tells `@RtmpEvent()` handlers what has happened.
 *
 * @publicApi
 */
@Injectable()
export class RtmpEvents {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  readonly #underWay = new Set<Promise<void>>();

  /** @internal */
  constructor(private readonly handlers: RtmpHandlers) {}

  /** Calls all handlers of the event; returns before they are done. An error in one is logged and that is all. */
  emit<TName extends RtmpEventName>(name: TName, payload: RtmpEventMap[TName], source: RtmpEventSource): void {
    const handlers = this.handlers.event(name, source.app);
    if (handlers.length === 0) return;
    const signal = source.session?.closed ?? NEVER_ABORTED;
    for (const handler of handlers) {
      const run = this.#run(handler, name, payload, source, signal);
      this.#underWay.add(run);
      void run.finally(() => this.#underWay.delete(run));
    }
  }

  /** @internal Settles when no handler is running. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #run(
    handler: RtmpHandler,
    name: RtmpEventName,
    payload: unknown,
    source: RtmpEventSource,
    signal: AbortSignal,
  ): Promise<void> {
    const context = new RtmpContext([source.session, signal, undefined, source.stream]);
    const outcome = await callHandler(handler, payload, context);
    if (outcome.isOk) return;
    logFailure(this.#logger, `${handler.name} failed on '${name}'`, { session: source.session?.id }, outcome);
  }
}
