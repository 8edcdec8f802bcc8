import { randomBytes } from 'node:crypto';
import { parseStreamQuery } from '#lib/rtmp';
import type { CommandAdmission } from '../admission/command-admission.js';
import type { Decision } from '../admission/decision.js';
import { connectOf, type FlvRequest, playOf } from '../http/flv-request.js';
import { SECRET_BYTES } from './hls-file-target.js';
import { RtmpSession, type SessionConnection } from '../session/rtmp-session.js';

/** `start` of a player that does not say which it wants. */
const LIVE_OR_RECORDED = -2;

/** Somebody who watches HLS: many requests, held together by a token in their URIs. */
export class HlsViewer implements SessionConnection {
  /** The part of its URIs that says who it is; nobody can guess it. */
  readonly token = randomBytes(SECRET_BYTES).toString('base64url');
  readonly session: RtmpSession;
  readonly bytesReceived = 0;
  readonly publications = [];
  /** When the last request came, on the clock of `performance.now()`. */
  lastSeen = performance.now();
  /** It was let in, and is counted until it is gone. */
  isWatching = false;
  /** It has asked for something behind what it was let in with. */
  hasAsked = false;
  /** Requests of it that are held. */
  waiting = 0;
  readonly #closed = new AbortController();
  #reason: string | undefined;

  constructor(
    id: string,
    private readonly request: FlvRequest,
  ) {
    this.session = new RtmpSession(id, request.peer, this);
    this.session.begin(connectOf(request), request.app, parseStreamQuery(request.query));
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** It is gone, or was sent away. */
  get isGone(): boolean {
    return this.#reason !== undefined;
  }

  /** Why it is gone. */
  get reason(): string {
    return this.#reason ?? 'gone';
  }

  /**
   * Asks the application, as for every player.
   *
   * @param timeout milliseconds it may take
   * @param start what a player of RTMP says with play: 0 for a recording
   * @returns undefined when it has not decided in time, or the viewer is gone
   */
  async admit(admission: CommandAdmission, timeout: number, start = LIVE_OR_RECORDED): Promise<Decision | undefined> {
    const abandon = new AbortController();
    const { signal } = abandon;
    const given = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
    const giveUp = (reason: string): void => abandon.abort(new DOMException(reason, 'AbortError'));
    const onGone = (): void => giveUp('The viewer is gone.');
    if (this.closed.aborted) onGone();
    this.closed.addEventListener('abort', onGone);
    const timer = setTimeout(() => giveUp(`The handler took longer than ${timeout} ms.`), timeout);
    const command = { ...playOf(this.request), start };
    try {
      return await Promise.race([admission.decide({ command, session: this.session, signal }), given]);
    } finally {
      // Aborting costs more than all the rest, and there may be thousands.
      clearTimeout(timer);
      this.closed.removeEventListener('abort', onGone);
    }
  }

  /** It is gone, or sent away: its URIs are good for nothing any more. */
  disconnect(reason: string): void {
    this.#reason ??= reason;
    this.#closed.abort();
  }
}
