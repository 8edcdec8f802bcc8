import type { TunnelFault } from './errors.js';
import type { SequenceWindow } from './sequence-window.js';
import type { SessionRequest } from './session-request.js';
import type { TunnelEvent } from './tunnel-event.js';
import { refusalResponse, type TunnelResponse } from './tunnel-response.js';

/** The requests of a tunnel that wait for an answer, and what is to be done next. */
export class TunnelOutbox<R> {
  readonly #window: SequenceWindow<R>;
  readonly #events: Array<TunnelEvent<R>> = [];
  #inFlight = 0;

  constructor(window: SequenceWindow<R>) {
    this.#window = window;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  expect(request: SessionRequest<R>): SessionRequest<R> {
    this.#inFlight++;
    return request;
  }

  push(event: TunnelEvent<R>): void {
    this.#events.push(event);
  }

  take(): TunnelEvent<R> | undefined {
    return this.#events.length === 0 ? undefined : this.#events.shift();
  }

  respond(request: SessionRequest<R>, response: TunnelResponse): void {
    this.settle(request);
    this.#events.push({ type: 'response', reply: request.reply, response });
  }

  refuse(request: SessionRequest<R>, fault: TunnelFault): void {
    this.respond(request, refusalResponse(fault));
  }

  /** It needs no answer any more. Its slot, unless that was answered with it, is lost for now. */
  settle(request: SessionRequest<R>): void {
    request.isSettled = true;
    this.#inFlight--;
    const { slot } = request;
    if (slot === undefined) return;
    slot.request = undefined;
    slot.nextWhenLost = this.#window.next;
  }
}
