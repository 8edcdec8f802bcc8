import { Injectable, Logger } from '@nestjs/common';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import type { MediaHandlerRun } from './media-handler-run.js';

/**
 * What may wait for slow handlers of publishes that have ended, over all of them, in backlogs: `media.maxBytes` and
 * `media.maxMessages` bound one. Who publishes anew again and again would fill any number of them.
 */
const MAX_ENDED_BACKLOGS = 16;

/** A media handler, and whose stream it works on, for messages. */
export interface RunningMediaHandler {
  /** `Controller.method`. */
  readonly name: string;
  readonly session: string;
  /** `app/name`. */
  readonly stream: string;
  readonly run: MediaHandlerRun;
}

/** The media handlers that are at work, whether their publish goes on or not. */
@Injectable()
export class RunningMediaHandlers {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  readonly #running = new Set<RunningMediaHandler>();

  add(handler: RunningMediaHandler): void {
    this.#running.add(handler);
    void handler.run.whenIdle.then(() => this.#running.delete(handler));
  }

  /** A publish ended: its handlers get what waits, unless too much waits for those of others that ended before. */
  bound(): void {
    const waiting = [...this.#running].filter(({ run }) => run.hasEnded && run.waitingMessages > 0);
    let bytes = 0;
    let messages = 0;
    // The newest first: those that began before all others give up.
    for (const handler of waiting.toReversed()) {
      const { run } = handler;
      bytes += run.waitingBytes;
      messages += run.waitingMessages;
      const { maxBytes, maxMessages } = run.limits;
      if (bytes <= MAX_ENDED_BACKLOGS * maxBytes && messages <= MAX_ENDED_BACKLOGS * maxMessages) continue;
      bytes -= run.waitingBytes;
      messages -= run.waitingMessages;
      const { name, session, stream } = handler;
      const message = `${name} is too slow: what waited for it at the end of the stream is lost`;
      this.#logger.warn(message, { session, stream, dropped: run.giveUp() });
    }
  }

  /** Settles when none is at work. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running].map(({ run }) => run.whenIdle));
  }

  /** Nobody waits for them any more: what waits is lost, and the log says whose. */
  giveUpAll(): void {
    for (const { name, session, stream, run } of this.#running) {
      this.#logger.error(`Shutdown: gave up waiting for ${name}`, { session, stream, dropped: run.giveUp() });
    }
  }
}
