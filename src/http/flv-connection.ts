import { parseStreamQuery, type PlayCommand, type PublishCommand } from '#lib/rtmp';
import type { Decision } from '../admission/decision.js';
import { refusal } from '../admission/refusal.js';
import { ConnectionLog, maskedName } from '../server/connection-log.js';
import type { ConnectionServices } from '../server/connection-services.js';
import type { Deadlined } from '../server/deadline-sweep.js';
import { PendingCommand } from '../server/pending-command.js';
import type { ConnectionSeat, ServerConnection } from '../server/server-connection.js';
import { RtmpSession, type SessionConnection } from '../session/rtmp-session.js';
import type { RtmpPublication } from '../streams/rtmp-publication.js';
import { answerOf, type FlvAnswer } from './flv-answer.js';
import type { FlvChannel } from './flv-channel.js';
import { connectOf, type FlvRequest } from './flv-request.js';

/** After an answer the peer has so long to read it and to close, in milliseconds. */
const LINGER = 1000;

/** A decision to let somebody in. */
export type Admitted = Extract<Decision, { isAccepted: true }>;

/**
 * Somebody who plays or publishes over HTTP or WebSocket. The handlers of
 * RTMP decide, and events and limits are the same.
 *
 * ```
 * deciding --accepted--> open --end(), answer()--> ending --close--> closed
 *     '------refused, handlerTimeout------------------^
 * ```
 */
export abstract class FlvConnection implements SessionConnection, ServerConnection, Deadlined {
  readonly session: RtmpSession;
  readonly whenClosed: Promise<void>;
  dueAt = Infinity;
  protected readonly services: ConnectionServices;
  protected readonly log: ConnectionLog;
  readonly #leave: () => void;
  readonly #closed = new AbortController();
  #resolveClosed!: () => void;
  #state: 'deciding' | 'open' | 'ending' | 'closed' = 'deciding';
  #pending: PendingCommand | undefined;
  #reason: string | undefined;
  #errorCode: string | undefined;
  #isAccepted = false;

  constructor(
    seat: ConnectionSeat,
    protected readonly request: FlvRequest,
    protected readonly channel: FlvChannel,
    private readonly command: PlayCommand | PublishCommand,
  ) {
    this.services = seat.services;
    this.#leave = seat.leave;
    this.whenClosed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.session = new RtmpSession(seat.id, request.peer, this);
    this.session.begin(connectOf(request), request.app, parseStreamQuery(request.query));
    this.log = new ConnectionLog(seat.services, this.session);
  }

  abstract get bytesReceived(): number;
  abstract get publications(): readonly RtmpPublication[];

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  protected get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Asks who decides. */
  start(): void {
    const { admission, deadlines, options } = this.services;
    const pending = new PendingCommand(this.command, this.session, this.services.now() + options.handlerTimeout);
    this.#pending = pending;
    this.dueAt = pending.deadline;
    deadlines.add(this);
    Promise.resolve(admission.decide(pending))
      .then((decision) => this.#settle(pending, decision))
      .catch((error: unknown) => {
        this.log.error('internal error, the connection is closed', {}, error);
        this.destroy('internal error');
      });
  }

  onDue(now: number): void {
    this.dueAt = Infinity;
    if (this.#state === 'ending') {
      this.channel.destroy();
    } else if (this.#pending !== undefined) {
      const { handlerTimeout } = this.services.options;
      const { name } = this.command;
      const pending = this.#pending;
      pending.abort(`The handler took longer than ${handlerTimeout} ms.`);
      this.log.error(`the handler of ${name} took too long`, { timeout: handlerTimeout });
      const status = refusal(name, 'The server did not decide in time.');
      this.#settle(pending, { isAccepted: false, status, httpStatus: 503 });
    } else {
      this.onIdle(now);
    }
  }

  /** The peer, or what carried it, is gone. */
  onClose(reason = 'closed by the peer'): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#pending?.abort('The connection was closed.');
    this.#pending = undefined;
    this.services.deadlines.delete(this);
    this.onGone();
    this.#closed.abort();
    this.#reportClosed(this.#reason ?? reason);
    this.#leave();
    this.#resolveClosed();
  }

  beginShutdown(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const description = 'The server is shutting down.';
    pending.abort(description);
    this.#settle(pending, { isAccepted: false, status: refusal(this.command.name, description), httpStatus: 503 });
  }

  abstract disconnect(reason: string): void;

  destroy(reason: string): void {
    if (this.#state === 'closed') return;
    this.#reason ??= reason;
    this.channel.destroy();
    this.onClose();
  }

  /** It may begin. */
  protected abstract onAccepted(decision: Admitted): void;

  /** `dueAt` has come. */
  protected abstract onIdle(now: number): void;

  /** Nothing can be sent any more. */
  protected abstract onGone(): void;

  /** Says how it ended, and closes soon. */
  protected answer(answer: FlvAnswer): void {
    this.#end(answer.description, LINGER, () => this.channel.answer(answer));
  }

  /**
   * Nothing follows what has been written.
   *
   * @param timeout how long the peer may take to read it, in milliseconds
   */
  protected end(reason: string, timeout = LINGER): void {
    this.#end(reason, timeout, () => this.channel.end());
  }

  /** The peer broke the format: remembered for the event of its end. */
  protected fault(code: string): void {
    this.#errorCode = code;
  }

  #end(reason: string, timeout: number, act: () => void): void {
    if (this.#state === 'ending' || this.#state === 'closed') return;
    this.#state = 'ending';
    this.#reason ??= reason;
    this.dueAt = this.services.now() + timeout;
    act();
  }

  /** A decision that nobody waits for any more is void. */
  #settle(pending: PendingCommand, decision: Decision): void {
    if (this.#pending !== pending) {
      if (decision.isAccepted) decision.publish?.media?.end();
      return;
    }
    this.#pending = undefined;
    this.dueAt = Infinity;
    if (!decision.isAccepted) {
      this.refuse(answerOf(decision.status, decision.httpStatus));
      return;
    }
    this.#state = 'open';
    this.#isAccepted = true;
    const { sessions, events } = this.services;
    const { session } = this;
    sessions.add(session);
    events.emit('connect', { command: session.connect! }, { app: session.app, session });
    this.onAccepted(decision);
  }

  /** It may not, or could not. */
  protected refuse(answer: FlvAnswer): void {
    const { code, description } = answer;
    const { name } = this.command;
    const asked = name === 'publish' ? { name: maskedName(this.request.name) } : undefined;
    this.log.warn(`${name} refused`, { ...asked, code, description });
    this.answer(answer);
  }

  #reportClosed(reason: string): void {
    if (!this.#isAccepted) return;
    const { sessions, events } = this.services;
    const { session, bytesReceived } = this;
    sessions.remove(session);
    const code = this.#errorCode === undefined ? undefined : { code: this.#errorCode };
    const duration = Date.now() - session.connectedAt;
    events.emit('disconnect', { reason, ...code, bytesReceived, duration }, { app: session.app, session });
  }
}
