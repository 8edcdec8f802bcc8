import {
  type HttpRequestHead,
  readHttpRequestHead,
  type TunnelExchange,
  type TunnelResponse,
  type TunnelRouter,
  writeHttpAnswer,
} from '#lib/rtmpt';
import type { ConnectionReceiver, ConnectionTransport } from '../server/connection-transport.js';
import type { RtmptReply } from './rtmpt-reply.js';
import type { RtmptRequest, RtmptRequestOwner } from './rtmpt-request.js';
import type { RtmptPeer } from './rtmpt-transport.js';

/**
 * Bytes of answers that may wait on a connection of somebody who was let in to publish, about 100 each; a stream of 70
 * packets a second makes 25 MB an hour, and a publishing librtmp reads none.
 */
export const MAX_UNREAD_ANSWERS = 64 * 1024 * 1024;
/** The same on any other connection: all clients read there, and the longest answer has 256 KiB. */
export const MAX_UNREAD_ANSWERS_OF_OTHERS = 1024 * 1024;
/** Requests whose answers wait for that of one before them; beyond, no more are read. A tunnel has at most 1,024 by default. */
export const MAX_WAITING_REQUESTS = 4096;
/** A connection on which nothing comes is closed after so long, in milliseconds. */
const IDLE_TIMEOUT = 60_000;
/** A request must be here after so long, in milliseconds; a tunnel's own limits are shorter. */
const REQUEST_TIMEOUT = 60_000;
/** After the last answer the peer has so long to read it, in milliseconds. */
const LINGER = 1000;
/** Most of a body that is handed on at a time, in bytes: what a tunnel takes before it asks to wait. */
const MAX_PIECE = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** What all connections of a server share. */
export interface RtmptConnectionServices extends RtmptRequestOwner {
  readonly router: TunnelRouter<RtmptReply>;
  /** Nothing is left of it. */
  onClosed(connection: RtmptConnection): void;
  /** Something came that is not the tunnel's, and everything before is answered: the socket is somebody else's. */
  onForeign(rest: Uint8Array): void;
}

/** One request on the way. */
class WireRequest implements RtmptRequest {
  exchange: TunnelExchange<RtmptReply> | undefined;
  response: TunnelResponse | undefined;

  constructor(readonly connection: RtmptConnection) {}

  get peer(): RtmptPeer {
    return this.connection.peer;
  }

  answer(response: TunnelResponse): void {
    if (this.response !== undefined) return;
    this.response = response;
    this.connection.onAnswered(response);
  }

  readOn(): void {
    this.connection.readOn();
  }
}

/**
 * A connection over which an RTMPT client speaks HTTP/1.1, read without a server of node:http: a post of a packet
 * costs a fraction there, many are read and answered at once, and a client that reads no answers stops nothing.
 *
 * Whatever it does not know, it leaves to node:http, from the first byte of that request on.
 */
export class RtmptConnection implements ConnectionReceiver {
  /** Its posts are answered. */
  readonly urgency = 'all';
  readonly #services: RtmptConnectionServices;
  readonly #transport: ConnectionTransport;
  /** In the order of their answers. */
  readonly #requests: WireRequest[] = [];
  /** The one whose body comes. */
  #receiving: WireRequest | undefined;
  #bodyLeft = 0;
  /** A head that is not whole, or what waits while nothing may be read. */
  #rest: Buffer = EMPTY;
  #isStopped = false;
  #isHandling = false;
  #isPaused = false;
  #isForeign = false;
  /** There is an answer that ends it. */
  #isOver = false;
  #isClosed = false;
  #endedAt: number | undefined;
  #heardAt: number;
  /** When the first byte of the request came that is not whole. */
  #begunAt: number | undefined;
  #lastTunnel: TunnelExchange<RtmptReply>['tunnel'];

  constructor(
    readonly peer: RtmptPeer,
    transport: ConnectionTransport,
    services: RtmptConnectionServices,
  ) {
    this.#transport = transport;
    this.#services = services;
    this.#heardAt = services.now();
  }

  /** Bytes of answers that the peer has not read. */
  get unreadBytes(): number {
    return this.#transport.writableLength;
  }

  start(): void {
    this.#transport.start(this);
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#isOver || this.#isClosed) return;
    const now = this.#services.now();
    this.#heardAt = now;
    if (this.#begunAt !== undefined && now - this.#begunAt > REQUEST_TIMEOUT) {
      this.destroy();
      return;
    }
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#handle(this.#rest.length === 0 ? view : Buffer.concat([this.#rest, view]), now);
  }

  onDrain(): void {}

  onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const now = this.#services.now();
    for (const request of this.#requests.splice(0)) this.#abort(request, now);
    const tunnel = this.#lastTunnel;
    if (tunnel !== undefined && !tunnel.isClosed) tunnel.connectionClosed(now);
    this.#services.onClosed(this);
  }

  /** One of its requests has an answer, which may not be its turn yet. */
  onAnswered({ closesConnection }: TunnelResponse): void {
    if (closesConnection) this.#isOver = true;
    if (!this.#isHandling) this.#send();
  }

  /** A body may be read on. */
  readOn(): void {
    this.#isStopped = false;
    if (!this.#isPaused || this.#isHandling) return;
    // Later, since whoever resumes is in the middle of something.
    queueMicrotask(() => {
      if (this.#isStopped || this.#isClosed || !this.#isPaused) return;
      this.#begunAt = undefined;
      this.#handle(this.#rest, this.#services.now());
    });
  }

  /** Sends what there is and closes it. */
  end(): void {
    if (this.#endedAt !== undefined || this.#isClosed) return;
    this.#isOver = true;
    this.#endedAt = this.#services.now();
    for (const request of this.#requests.splice(0)) this.#abort(request, this.#endedAt);
    this.#transport.end();
    this.#regulate();
  }

  /** Closes it when it is silent, or has been told to end, for too long. */
  sweep(now: number): void {
    if (this.#endedAt !== undefined ? now - this.#endedAt > LINGER : now - this.#heardAt > IDLE_TIMEOUT) this.destroy();
  }

  destroy(): void {
    this.#transport.destroy();
  }

  #handle(bytes: Buffer, now: number): void {
    this.#isHandling = true;
    try {
      const at = this.#readRequests(bytes, now);
      // The transport reuses the bytes. Behind an answer that ends the connection nothing is of interest.
      this.#rest = at === bytes.length || this.#isOver ? EMPTY : Buffer.from(bytes.subarray(at));
      if (at < bytes.length || this.#receiving !== undefined) this.#begunAt ??= now;
    } finally {
      this.#isHandling = false;
    }
    this.#send();
    this.#regulate();
  }

  /** Reads what can be read; how far. */
  #readRequests(bytes: Buffer, now: number): number {
    let at = 0;
    while (!this.#isStopped && !this.#isForeign && !this.#isOver && at < bytes.length) {
      if (this.#receiving === undefined) {
        if (this.#requests.length >= MAX_WAITING_REQUESTS) this.#send();
        if (this.#requests.length >= MAX_WAITING_REQUESTS || this.#isOver || this.#isClosed) break;
        const head = readHttpRequestHead(bytes, at);
        if (head === 'incomplete') break;
        if (head === 'foreign') {
          this.#isForeign = true;
          break;
        }
        at = head.end;
        this.#begin(head, now);
      } else {
        const piece = bytes.subarray(at, at + Math.min(this.#bodyLeft, MAX_PIECE));
        at += piece.length;
        this.#receive(this.#receiving, piece, now);
      }
    }
    return at;
  }

  #begin(head: HttpRequestHead, now: number): void {
    const request = new WireRequest(this);
    const { remoteAddress: address } = this.peer;
    const exchange = this.#services.router.begin({ ...head, address }, request, now)!;
    request.exchange = exchange;
    this.#requests.push(request);
    this.#lastTunnel = exchange.tunnel ?? this.#lastTunnel;
    this.#services.onProgress(request);
    this.#bodyLeft = head.contentLength ?? 0;
    this.#receiving = request;
    if (this.#bodyLeft === 0) this.#complete(request, now);
  }

  #receive(request: WireRequest, piece: Buffer, now: number): void {
    const exchange = request.exchange!;
    this.#bodyLeft -= piece.length;
    if (request.response === undefined) {
      // What a tunnel cannot hand on at once it keeps.
      const bytes = exchange.handsOn ? piece : Buffer.from(piece);
      if (!exchange.receive(bytes, now)) this.#isStopped = true;
      this.#services.onProgress(request);
    }
    if (request.response !== undefined) this.#isStopped = false; // what is left is discarded
    if (this.#bodyLeft === 0) this.#complete(request, now);
  }

  #complete(request: WireRequest, now: number): void {
    this.#receiving = undefined;
    this.#begunAt = undefined;
    if (request.response !== undefined) return;
    const exchange = request.exchange!;
    exchange.end(now);
    this.#lastTunnel = exchange.tunnel ?? this.#lastTunnel;
    this.#services.onProgress(request);
  }

  /** Reads on, or not. */
  #regulate(): void {
    if (this.#isClosed) return;
    const isFull = this.#receiving === undefined && this.#requests.length >= MAX_WAITING_REQUESTS;
    const mustPause = (this.#isStopped || this.#isForeign || isFull) && !this.#isOver;
    if (mustPause === this.#isPaused) return;
    this.#isPaused = mustPause;
    if (mustPause) this.#transport.pause();
    else this.#transport.resume();
  }

  /** Sends the answers whose turn it is, in one write. */
  #send(): void {
    if (this.#isClosed || this.#endedAt !== undefined) return;
    const answers: Buffer[] = [];
    let isLast = false;
    while (!isLast) {
      const response = this.#requests[0]?.response;
      if (response === undefined) break;
      this.#requests.shift();
      answers.push(writeHttpAnswer(response));
      isLast = response.closesConnection;
    }
    if (answers.length > 0) this.#transport.write(answers.length === 1 ? answers[0]! : Buffer.concat(answers));
    if (isLast) this.end();
    else if (this.unreadBytes > this.#unreadLimit) this.destroy();
    else if (this.#isForeign && this.#requests.length === 0) this.#leave();
    else if (answers.length > 0 && !this.#isStopped && !this.#isForeign) this.readOn(); // it may have been too many
  }

  get #unreadLimit(): number {
    return this.#lastTunnel?.hasPublisher === true ? MAX_UNREAD_ANSWERS : MAX_UNREAD_ANSWERS_OF_OTHERS;
  }

  #leave(): void {
    this.#isClosed = true;
    this.#services.onClosed(this);
    this.#services.onForeign(this.#rest);
  }

  #abort(request: WireRequest, now: number): void {
    request.exchange!.abort(now);
    this.#services.onProgress(request);
  }
}
