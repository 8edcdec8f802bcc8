import type { TunnelFault } from './errors.js';
import type { RtmptLimits } from './limits.js';
import { OutboundQueue } from './outbound-queue.js';
import { PollingInterval } from './polling-interval.js';
import { PIECE_OVERHEAD, type SequenceSlot } from './sequence-slot.js';
import { SequenceWindow } from './sequence-window.js';
import { abbreviateSessionId } from './session-id.js';
import { SessionRequest, type SessionRequestRole } from './session-request.js';
import { TunnelDeadlines } from './tunnel-deadlines.js';
import type { ClosedEvent, TunnelEvent } from './tunnel-event.js';
import type { TunnelExchange } from './tunnel-exchange.js';
import { TunnelOutbox } from './tunnel-outbox.js';
import { answerResponse } from './tunnel-response.js';

/** The polling byte of an answer, of which there are few. */
const POLLING_BYTES: readonly Uint8Array[] = Array.from({ length: 256 }, (_, value) => Uint8Array.of(value));
/** The polling byte that tells that the session is over. */
const OVER = 0;

const DRAIN = Object.freeze({ type: 'drain' } as const);

/**
 * One RTMP connection carried by HTTP requests. On one side requests come in and answers go out, on the other
 * side stands an RTMP session like on a socket: it gets the bytes, may pause(), write()s what it sends.
 *
 * It holds no server, timer or clock. After every call, from whichever side, call poll() until it gives
 * undefined and do what the events say; come back no later than nextDeadline().
 *
 * Answers go out in the order of sequence numbers. A /send is answered when all before it is, and all of its bytes
 * were polled: while the session is paused it stays unanswered, and the client waits. What the session writes
 * because of those bytes goes with the very same answer. An /idle that finds nothing to fetch is held for a while.
 *
 * ```
 * open --end()--> ending: what was written can still be fetched --fetched--> closed
 *      --/close, destroy(), fault----------------------------------------> closed
 * ```
 */
export class TunnelSession<R> {
  readonly #limits: Readonly<RtmptLimits>;
  readonly #onClosed: (tunnel: TunnelSession<R>) => void;
  /** Said by whoever lets the peer publish: a publishing librtmp reads no answers. */
  hasPublisher = false;
  readonly #window = new SequenceWindow<R>();
  readonly #outbound = new OutboundQueue();
  readonly #interval = new PollingInterval();
  readonly #outbox = new TunnelOutbox<R>(this.#window);
  readonly #deadlines: TunnelDeadlines;
  #state: 'open' | 'ending' | 'closed' = 'open';
  #isAdmitted = false;
  #isPaused = false;
  /** The bytes that wait in the slots, and what keeping them costs. */
  #inboundCost = 0;
  #answeredAt = -Infinity;
  #wantsDrain = false;

  /**
   * Tunnels are made by `TunnelRegistry.open()`.
   *
   * @param id what the peer knows the tunnel by
   * @param address where it was opened from; later requests may come from elsewhere
   * @param onClosed called once
   */
  constructor(
    readonly id: string,
    readonly address: string,
    limits: Readonly<RtmptLimits>,
    now: number,
    onClosed: (tunnel: TunnelSession<R>) => void,
  ) {
    this.#limits = limits;
    this.#onClosed = onClosed;
    this.#deadlines = new TunnelDeadlines(limits, now);
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Bytes that wait to be fetched. */
  get outboundBytes(): number {
    return this.#outbound.length;
  }

  /** Requests that wait for an answer. */
  get requestsInFlight(): number {
    return this.#outbox.inFlight;
  }

  /** The sequence number the next new request must have. */
  get nextSequence(): number {
    return this.#window.next;
  }

  // --- The side of the RTMP session ---

  /** Takes bytes to send, which are the tunnel's from then on; false when they have to wait for a 'drain'. */
  write(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    this.#outbound.push(bytes);
    const { length } = this.#outbound;
    if (length > this.#limits.maxOutboundBytes) {
      this.#fail({ code: 'RTMPT_ERR_OUTBOUND_OVERFLOW', detail: `${length} > ${this.#limits.maxOutboundBytes} bytes` });
      return false;
    }
    if (length <= this.#limits.outboundHighWater) return true;
    this.#wantsDrain = true;
    return false;
  }

  /** The peer is known: from now on its bodies may be as long as `maxBodyBytes`. */
  admit(): void {
    this.#isAdmitted = true;
  }

  /** Gives no bytes until resume(), and leaves requests that brought some unanswered. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(now: number): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#window.head !== undefined) this.#window.head.receivingSince = now;
  }

  /** Nothing more will be written. The tunnel closes when what was is fetched. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    if (this.#outbound.length === 0 && this.#window.head === undefined) this.#close('ended');
  }

  /** Closes at once; what was not fetched is lost, requests in flight are answered with 404. */
  destroy(): void {
    if (this.#state !== 'closed') this.#close('destroyed');
  }

  // --- The side of HTTP ---

  /**
   * Begins a request; {@link SessionRequest} takes it from there. Without a sequence number only a /close can be.
   *
   * @param contentLength undefined when HTTP itself marks the end of the body
   * @param reply handed back with the response
   */
  begin(
    verb: 'send' | 'idle' | 'close',
    sequence: number | undefined,
    contentLength: number | undefined,
    reply: R,
    now: number,
  ): TunnelExchange<R> | TunnelFault {
    if (this.#state === 'closed') return this.#unknown();
    const { maxRequestsInFlight } = this.#limits;
    const limit = this.#bodyLimit(verb);
    if (contentLength !== undefined && contentLength > limit) return tooLarge(contentLength, limit);
    if (this.#outbox.inFlight >= maxRequestsInFlight) {
      return { code: 'RTMPT_ERR_TOO_MANY_REQUESTS', detail: `limit is ${maxRequestsInFlight}` };
    }
    const expect = (role: SessionRequestRole, slot?: SequenceSlot<R>) => {
      this.#deadlines.heard(now);
      return this.#outbox.expect(new SessionRequest(this, reply, role, sequence, slot, contentLength, limit));
    };
    // FFmpeg closes after an error without regard to the sequence.
    if (sequence === undefined || (verb === 'close' && sequence !== this.#window.next)) return expect('close');
    const place = this.#window.place(verb, sequence, contentLength, now);
    if (place === 'repeat') return expect('repeat');
    if ('code' in place) return place;
    if (place.request !== undefined) {
      this.#outbox.refuse(place.request, { code: 'RTMPT_ERR_SUPERSEDED', detail: `${verb} ${sequence}` });
    }
    place.receivingSince = now;
    return (place.request = expect('try', place));
  }

  /**
   * The connection that carried the last request is closed. The client may come back on another one, some change
   * it all the time, but not for as long as the `idleTimeout`.
   */
  connectionClosed(now: number): void {
    this.#deadlines.disconnected(now);
  }

  /** @internal See {@link SessionRequest}. */
  handsOn({ slot, isSettled }: SessionRequest<R>): boolean {
    if (isSettled || slot === undefined || slot.isComplete) return true; // it is discarded
    return !this.#isPaused && this.#window.head === slot && slot.isDrained;
  }

  /** @internal See {@link SessionRequest}. */
  receiveBody(request: SessionRequest<R>, bytes: Uint8Array, now: number): boolean {
    if (request.isSettled || this.#state === 'closed') return true; // to be discarded
    this.#deadlines.heard(now);
    const before = request.seen;
    request.seen += bytes.length;
    if (request.seen > request.bodyLimit) {
      this.#outbox.refuse(request, tooLarge(request.seen, request.bodyLimit));
      return false;
    }
    const { slot } = request;
    if (slot === undefined || slot.verb !== 'send' || slot.isComplete) return true;
    const known = slot.received - before; // an earlier try brought it
    if (known >= bytes.length) return true;
    this.#take(slot, known > 0 ? bytes.subarray(known) : bytes);
    if (this.#inboundCost > this.#limits.maxInboundBytes) {
      this.#fail({ code: 'RTMPT_ERR_INBOUND_OVERFLOW', detail: `more than ${this.#limits.maxInboundBytes} bytes` });
      return false;
    }
    request.isStopped = this.#inboundCost > this.#limits.inboundHighWater;
    return !request.isStopped;
  }

  /** @internal See {@link SessionRequest}. */
  endBody(request: SessionRequest<R>, now: number): void {
    if (request.isSettled) return;
    if (this.#state === 'closed') {
      this.#outbox.refuse(request, this.#unknown());
      return;
    }
    this.#deadlines.heard(now);
    const { seen, contentLength, slot, sequence } = request;
    if (contentLength !== undefined && seen !== contentLength) {
      const detail = `${seen} bytes, ${contentLength} declared`;
      this.#outbox.refuse(request, { code: 'RTMPT_ERR_BODY_LENGTH', detail });
    } else if (request.role === 'repeat') {
      this.#repeat(request);
    } else if (slot === undefined) {
      this.#closeFor(request);
    } else if (slot.isComplete) {
      // Sent again in full; it waits for the answer like the earlier try did.
    } else if (seen < slot.received) {
      const detail = `send ${sequence} of ${seen} bytes, ${slot.received} were sent before`;
      this.#outbox.refuse(request, { code: 'RTMPT_ERR_RETRY_DIFFERS', detail });
    } else {
      slot.isComplete = true;
      slot.heldUntil = Math.max(now, this.#answeredAt + this.#limits.pollHold);
    }
  }

  /** @internal See {@link SessionRequest}. */
  abortRequest(request: SessionRequest<R>, now: number): void {
    if (request.isSettled) return;
    this.#outbox.settle(request);
    this.#deadlines.disconnected(now);
  }

  // --- Events and time ---

  /** What there is to do, or undefined when there is nothing for now. */
  poll(now: number): TunnelEvent<R> | undefined {
    for (;;) {
      const event = this.#outbox.take();
      if (event !== undefined) return event;
      if (this.#state === 'closed') return undefined;
      const { head } = this.#window;
      if (head === undefined) return this.#pollDrain();
      if (!this.#isPaused) {
        const bytes = head.take();
        if (bytes !== undefined) {
          this.#inboundCost -= bytes.length + PIECE_OVERHEAD;
          return { type: 'bytes', bytes };
        }
        const { request } = head;
        if (request?.isStopped === true) {
          request.isStopped = false;
          return { type: 'resume', reply: request.reply };
        }
      }
      if (!head.isDrained) return this.#pollDrain(); // paused
      const close = head.request === undefined ? this.#completeClose() : undefined;
      if (close !== undefined && !head.isComplete) this.#closeFor(close.request);
      else if (head.isComplete && (close !== undefined || !this.#waits(head, now))) this.#answer(head, now);
      else return this.#pollDrain();
    }
  }

  /** When to call handleDeadline() and poll(), on the clock of `now`; undefined when nothing is waited for. */
  nextDeadline(): number | undefined {
    if (this.#state === 'closed') return undefined;
    const { head } = this.#window;
    if (head?.request === undefined) return this.#deadlines.next();
    if (head.isComplete) return head.isPoll ? head.heldUntil : undefined;
    return this.#isPaused ? undefined : head.receivingSince + this.#limits.requestTimeout;
  }

  /** Time passed; poll() tells what comes of it. */
  handleDeadline(now: number): void {
    if (this.#state === 'closed') return;
    const request = this.#window.head?.request;
    if (request === undefined) {
      const fault = this.#deadlines.fault(now);
      if (fault !== undefined) this.#fail(fault);
      return;
    }
    const deadline = this.nextDeadline();
    if (request.slot!.isComplete || deadline === undefined || now < deadline) return;
    const detail = `${request.seen} bytes in ${this.#limits.requestTimeout} ms`;
    this.#outbox.refuse(request, { code: 'RTMPT_ERR_REQUEST_TIMEOUT', detail });
    this.#deadlines.disconnected(now);
  }

  #bodyLimit(verb: 'send' | 'idle' | 'close'): number {
    if (verb !== 'send') return this.#limits.maxOtherBodyBytes;
    return this.#isAdmitted ? this.#limits.maxBodyBytes : this.#limits.maxUnadmittedBodyBytes;
  }

  #take(slot: SequenceSlot<R>, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    slot.push(bytes);
    this.#inboundCost += bytes.length + PIECE_OVERHEAD;
  }

  #pollDrain(): TunnelEvent<R> | undefined {
    if (!this.#wantsDrain || this.#outbound.length > this.#limits.outboundHighWater / 2) return undefined;
    this.#wantsDrain = false;
    return this.#state === 'open' ? DRAIN : undefined;
  }

  /** Whether a complete request is not yet to be answered. */
  #waits(head: SequenceSlot<R>, now: number): boolean {
    const { next, slots } = this.#window;
    // Lost; it may be sent again, unless the client went on, knowing that it was lost.
    if (head.request === undefined) return next === head.nextWhenLost;
    if (slots.length > 1) return false; // the client does not wait for this answer
    return head.isPoll && this.#outbound.length === 0 && this.#state === 'open' && now < head.heldUntil;
  }

  #answer(head: SequenceSlot<R>, now: number): void {
    const { request } = head;
    if (head.verb === 'close') {
      this.#closeFor(request);
      return;
    }
    this.#window.slots.shift();
    if (this.#window.head !== undefined) this.#window.head.receivingSince = now;
    // Nobody is there to take an answer that the client did not wait for: it gets no data.
    const body: Uint8Array[] = [POLLING_BYTES[OVER]!];
    const length = request === undefined ? 0 : this.#outbound.takeInto(body, this.#limits.maxAnswerBytes);
    const isOver = this.#state === 'ending' && this.#outbound.length === 0;
    if (!isOver) body[0] = POLLING_BYTES[this.#interval.next(length === 0)]!;
    this.#window.last = { sequence: head.sequence, body, bodyLength: length + 1 };
    if (request !== undefined) {
      this.#answeredAt = now;
      this.#deadlines.heard(now);
      this.#outbox.respond(request, answerResponse(body, length + 1));
    }
    if (isOver) this.#close('ended');
  }

  #repeat(request: SessionRequest<R>): void {
    const { last } = this.#window;
    if (last !== undefined && last.sequence === request.sequence) {
      this.#outbox.respond(request, answerResponse(last.body, last.bodyLength));
      return;
    }
    const detail = `${request.sequence}, expected is ${this.#window.next}`;
    this.#outbox.refuse(request, { code: 'RTMPT_ERR_SEQUENCE_REPLAYED', detail });
  }

  /** A /close in its turn. Behind it nothing is sent again, so that what is lost before it need not be waited for. */
  #completeClose(): SequenceSlot<R> | undefined {
    return this.#window.slots.find((slot) => slot.verb === 'close' && slot.isComplete);
  }

  #closeFor(request: SessionRequest<R> | undefined): void {
    if (request !== undefined) this.#outbox.respond(request, answerResponse([POLLING_BYTES[OVER]!], 1));
    this.#close('peer');
  }

  #fail(fault: TunnelFault): void {
    this.#close('fault', fault);
  }

  #close(reason: ClosedEvent['reason'], fault?: TunnelFault): void {
    this.#state = 'closed';
    const gone = fault ?? this.#unknown();
    for (const { request } of this.#window.slots.splice(0)) {
      if (request !== undefined) this.#outbox.refuse(request, gone);
    }
    this.#window.last = undefined;
    this.#outbound.clear();
    this.#inboundCost = 0;
    this.#outbox.push({ type: 'closed', reason, fault });
    this.#onClosed(this);
  }

  #unknown(): TunnelFault {
    return { code: 'RTMPT_ERR_UNKNOWN_SESSION', detail: abbreviateSessionId(this.id) };
  }
}

function tooLarge(length: number, limit: number): TunnelFault {
  return { code: 'RTMPT_ERR_BODY_TOO_LARGE', detail: `${length} > ${limit} bytes` };
}
