import type { Logger } from '@nestjs/common';
import type { AmfLimits } from '#lib/amf';
import { MediaFlags } from '#lib/flv';
import type { MediaMessage, MediaSink } from '#lib/live';
import type { StreamAddress } from '#lib/rtmp';
import { type HandlerFailure, type HandlerOutcome, openMediaHandler } from '../admission/call-handler.js';
import { logFailure } from '../admission/log-failure.js';
import { RtmpContext } from '../ctx-host/rtmp.context.js';
import type { RtmpMediaHandler } from '../handlers/rtmp-handlers.js';
import type { RtmpSession } from '../session/rtmp-session.js';
import type { MediaBacklogLimits } from './media-backlog.js';
import { ownMediaMessage } from './owned-media-message.js';
import { MediaHandlerRun } from './media-handler-run.js';
import { RtmpMediaOpen } from './rtmp-media-open.js';
import type { RtmpMediaMessage } from './rtmp-media-message.js';
import type { RunningMediaHandlers } from './running-media-handlers.js';

/** Bounds of what media handlers may cost. */
export interface MediaHandlerLimits extends MediaBacklogLimits {
  readonly amf: Readonly<AmfLimits>;
}

/**
 * The media handlers of one publish. A message is copied once for all of them,
 * and only when one of them asked for its kind.
 */
export class MediaHandlerSet implements MediaSink {
  /** What a handler makes of a message may be for somebody who waits. */
  readonly urgency = 'all';
  readonly #limits: MediaHandlerLimits;
  readonly #logger: Logger;
  readonly #session: RtmpSession;
  readonly #address: StreamAddress;
  readonly #running: RunningMediaHandlers;
  readonly #abort = new AbortController();
  readonly #all: Array<{ readonly name: string; readonly run: MediaHandlerRun }> = [];
  readonly #video: RtmpMediaOpen[] = [];
  readonly #audio: RtmpMediaOpen[] = [];
  readonly #data: RtmpMediaOpen[] = [];

  constructor(
    session: RtmpSession,
    address: StreamAddress,
    limits: MediaHandlerLimits,
    running: RunningMediaHandlers,
    logger: Logger,
  ) {
    this.#session = session;
    this.#address = address;
    this.#limits = limits;
    this.#running = running;
    this.#logger = logger;
  }

  /**
   * Runs the pipelines of all handlers, each once.
   *
   * @param signal aborts the opening, not what is open
   * @returns the first refusal, or undefined when all take messages
   */
  async open(
    handlers: readonly RtmpMediaHandler[],
    signal: AbortSignal,
  ): Promise<{ handler: RtmpMediaHandler; outcome: HandlerFailure } | undefined> {
    const context = new RtmpContext([this.#session, this.#abort.signal, undefined, this.#address]);
    const outcomes = await Promise.all(handlers.map((handler) => this.#openOne(handler, context, signal)));
    for (const [index, outcome] of outcomes.entries()) {
      if (!outcome.isOk) return { handler: handlers[index]!, outcome };
    }
    return undefined;
  }

  onMessage(message: MediaMessage): void {
    const { flags } = message;
    const takers = flags & MediaFlags.Video ? this.#video : flags & MediaFlags.Audio ? this.#audio : this.#data;
    if (takers.length === 0) return;
    const owned = ownMediaMessage(message, this.#limits.amf);
    for (let i = 0; i < takers.length; i++) give(takers[i]!, owned);
  }

  onEnd(): void {
    this.end();
  }

  /** Ends all handlers, which still get what waits for them; may be called twice. */
  end(): void {
    if (this.#abort.signal.aborted) return;
    for (const { name, run } of this.#all) {
      run.end();
      const { dropped } = run;
      if (dropped > 0) {
        this.#logger.warn(`${name} was too slow for the stream and lost messages`, { ...this.#about, dropped });
      }
    }
    this.#running.bound();
    this.#abort.abort();
  }

  get #about(): { session: string; stream: string } {
    return { session: this.#session.id, stream: this.#address.path };
  }

  async #openOne(handler: RtmpMediaHandler, context: RtmpContext, signal: AbortSignal): Promise<HandlerOutcome> {
    const { kind, name } = handler.pattern;
    const run = new MediaHandlerRun(this.#limits, (error) => {
      const failure: HandlerFailure = { isOk: false, result: error, error };
      logFailure(this.#logger, `${handler.name} failed after an interceptor had ended it`, this.#about, failure);
    });
    const open = new RtmpMediaOpen(kind, name, this.#address, run);
    this.#all.push({ name: handler.name, run });
    run.whenAttached(() => this.#running.add({ name: handler.name, ...this.#about, run }));
    const ended = `${handler.name} was ended by an interceptor and gets no more of the stream`;
    const outcome = await openMediaHandler(handler, open, context, signal, {
      onFailure: (failure) => {
        const message = run.wasLeft ? ended : `${handler.name} failed and gets no more of the stream`;
        logFailure(this.#logger, message, this.#about, failure);
      },
      onLeft: () => this.#logger.warn(ended, this.#about),
    });
    if (run.isAttached) {
      if (kind === 'video' || kind === 'media') this.#video.push(open);
      if (kind === 'audio' || kind === 'media') this.#audio.push(open);
      if (kind === 'data' || kind === 'media') this.#data.push(open);
    } else if (outcome.isOk) {
      // An interceptor may answer in the handler's place, e.g. to leave a stream out.
      this.#logger.debug(`${handler.name} takes no messages`, this.#about);
    }
    return outcome;
  }
}

function give({ run: { taking }, dataName }: RtmpMediaOpen, message: RtmpMediaMessage): void {
  if (taking === undefined) return;
  if (dataName !== undefined && (message.kind !== 'data' || message.name !== dataName)) return;
  taking.take(message);
}
