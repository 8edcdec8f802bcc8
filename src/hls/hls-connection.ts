import type { Duplex } from 'node:stream';
import type { HttpHeaders } from '../http/http-flv-channel.js';
import { MAX_REQUEST_HEAD, type RequestHead, RequestHeadReader } from '../http/request-head.js';
import type { ConnectionReceiver } from '../server/connection-transport.js';
import type { SocketTransport } from '../server/socket-transport.js';
import type { HlsAnswer } from './hls-answer.js';
import { type HlsFileTarget, HlsFileTargetReader } from './hls-file-target.js';
import type { HlsReply } from './hls-reply.js';
import { variantOf } from './hls-variant.js';
import { HlsWireReply } from './hls-wire-reply.js';

/** Requests of one connection that wait for something at a time; players send the next when they have their answer. */
const MAX_WAITING = 4;
/** Requests of one connection that are begun before others of the event loop get their turn. */
const MAX_TURN = 32;
/** So many requests for other things in a row, and the connection is none of a player of live streams. */
const MAX_OTHERS = 16;
/** A client that takes nothing of its answer is cut off after so long, in milliseconds. */
const STALL_TIMEOUT = 60_000;
/** Whether a client that waits is still there is seen after so long at the latest, in milliseconds. */
const MAX_UNWATCHED = 2000;
const EMPTY = Buffer.alloc(0);
const TOO_SLOW = Buffer.from('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');

/** How long a connection may take, as its HTTP server says; in milliseconds, 0 for as long as it likes. */
export interface HlsTimeouts {
  readonly headersTimeout: number;
  readonly keepAliveTimeout: number;
}

/** What a connection needs of its socket. */
export type HlsTransport = Pick<
  SocketTransport,
  | 'start'
  | 'write'
  | 'writeShared'
  | 'writeAllShared'
  | 'writableLength'
  | 'unsentLength'
  | 'pause'
  | 'resume'
  | 'end'
  | 'expect'
  | 'watch'
  | 'destroy'
>;

/** What a connection needs of the server it belongs to. */
export interface HlsConnectionServices {
  /** Headers of every answer. */
  readonly headers: HttpHeaders;
  readonly timeouts: HlsTimeouts;
  now(): number;
  /** Answers a request for a file. */
  serve(method: RequestHead['method'], target: HlsFileTarget, reply: HlsReply): void;
  /** The end of every head: what is said about the connection, and when. */
  endOfHead(isLast: boolean): Uint8Array;
  /** Lets the HTTP server answer a request, which stands in `bytes` as it came. */
  serveOther(bytes: Uint8Array, onDone: (isOver: boolean) => void): Duplex;
  /** Nothing is left of it. */
  onClosed(connection: HlsConnection): void;
  /** Something came that is not for us, and everything before is answered: the socket is the HTTP server's. */
  onForeign(rest: Uint8Array): void;
}

/**
 * A connection over which a player of HLS asks for playlists and media, read without a server of node:http, which costs
 * half as much again for each request. Its requests are answered in their order; those for other things by the HTTP server,
 * which is also given the whole connection when something comes that is not strictly a request without a body.
 *
 * A client that does not read costs one answer: nothing is begun while one waits to be taken, or for its turn.
 */
export class HlsConnection implements ConnectionReceiver {
  /** Its requests are few, and answered as they come. */
  readonly urgency = 'none';
  readonly #services: HlsConnectionServices;
  readonly #transport: HlsTransport;
  readonly #reader = new RequestHeadReader();
  readonly #targets = new HlsFileTargetReader();
  /** What has come and is not read: a head that is not whole, or what waits while others are answered. */
  #rest: Buffer = EMPTY;
  /** Requests that are begun, in the order of their answers. */
  readonly #replies: HlsWireReply[] = [];
  /** Over this the HTTP server answers a request. */
  #standIn: Duplex | undefined;
  /** Requests for other things since the last one for a file. */
  #others = 0;
  /** Whether one has its answer before its turn. */
  #isAhead = false;
  #isReading = false;
  #isPaused = false;
  #turn: NodeJS.Immediate | undefined;
  #isForeign = false;
  /** What is begun is answered, and nothing more. */
  #isLast = false;
  /** Nothing is read or answered any more. */
  #isOver = false;
  /** Since when it is as it is: idle, in the middle of a head, or with an answer of which nothing is taken. */
  #since: number;
  #unsent = 0;
  readonly #onAnswered = (): void => {
    if (this.#isReading) return;
    this.#send();
    this.#expect();
  };

  constructor(transport: HlsTransport, services: HlsConnectionServices) {
    this.#transport = transport;
    this.#services = services;
    this.#since = services.now();
  }

  /** Whether its client waits, and has sent nothing behind that. */
  get isHolding(): boolean {
    return this.#replies.length > 0 && this.#rest.length === 0;
  }

  start(): void {
    this.#transport.start(this);
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#isOver || this.#isLast) return;
    const view = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const isBehind = this.#rest.length > 0;
    if (isBehind) this.#rest = Buffer.concat([this.#rest, view]);
    if (this.#turn === undefined) this.#read(isBehind ? this.#rest : view);
    else if (!isBehind) this.#keep(view, 0);
    this.#regulate();
  }

  onDrain(): void {
    this.#send();
  }

  onClose(): void {
    this.#isOver = true;
    clearImmediate(this.#turn);
    this.#standIn?.destroy();
    this.#services.onClosed(this);
    for (const reply of this.#replies.splice(0)) reply.abort();
  }

  /** Closes it when it is idle, or once what is under way is answered. */
  end(): void {
    this.#isLast = true;
    if (this.#isIdle && this.#transport.writableLength === 0) this.destroy();
    else this.#send();
  }

  destroy(): void {
    this.#isOver = true;
    this.#transport.destroy();
  }

  /** Time passed. */
  sweep(now: number): void {
    if (this.#isOver || this.#standIn !== undefined) return;
    const { headersTimeout, keepAliveTimeout } = this.#services.timeouts;
    const waited = now - this.#since;
    if (this.#transport.writableLength > 0) this.#watchUnsent(now);
    else if (this.#replies.length > 0) {
      if (waited > MAX_UNWATCHED) this.#transport.watch();
    } else if (this.#rest.length > 0) {
      if (headersTimeout > 0 && waited > headersTimeout) this.#refuseHead();
    } else if (keepAliveTimeout > 0 && waited > keepAliveTimeout) this.destroy();
  }

  /** Cuts off a client that takes nothing of its answer. */
  #watchUnsent(now: number): void {
    const { unsentLength } = this.#transport;
    if (unsentLength !== this.#unsent) {
      this.#unsent = unsentLength;
      this.#since = now;
    } else if (now - this.#since > STALL_TIMEOUT) this.destroy();
  }

  /** Whether nothing is being answered. */
  get #isIdle(): boolean {
    return this.#replies.length === 0 && this.#standIn === undefined;
  }

  /** Whether a further request may be looked at. */
  get #mayBegin(): boolean {
    if (this.#isForeign || this.#isLast || this.#isOver || this.#isAhead || this.#standIn !== undefined) return false;
    return this.#replies.length < MAX_WAITING && this.#transport.writableLength === 0;
  }

  /** Begins the requests there are. */
  #read(bytes: Buffer): void {
    let at = 0;
    this.#isReading = true;
    for (let turn = 0; at < bytes.length && this.#mayBegin; turn++) {
      if (turn === MAX_TURN) {
        this.#readSoon();
        break;
      }
      const head = this.#reader.read(bytes, at);
      if (head === 'foreign') this.#isForeign = true;
      else if (head !== 'incomplete' && this.#begin(head, bytes, at)) {
        at = head.end;
        continue;
      } else if (at > 0 || this.#rest.length === 0) this.#since = this.#services.now();
      break;
    }
    this.#isReading = false;
    this.#keep(bytes, at);
    if (this.#isForeign) this.#leave();
  }

  /** Keeps the bytes from a place on, which are the transport's unless they were kept before. */
  #keep(bytes: Buffer, at: number): void {
    if (at === bytes.length || this.#isOver) this.#rest = EMPTY;
    else this.#rest = bytes === this.#rest ? bytes.subarray(at) : Buffer.from(bytes.subarray(at));
  }

  /** False when it is not for us, or has to wait. */
  #begin(head: RequestHead, bytes: Buffer, at: number): boolean {
    const target = this.#targets.read(head.target);
    if (target !== undefined) {
      this.#others = 0;
      const reply = new HlsWireReply(head, this.#onAnswered);
      this.#replies.push(reply);
      this.#services.serve(head.method, target, reply);
      this.#write();
      return true;
    }
    if (this.#replies.length > 0) return false;
    if (this.#others >= MAX_OTHERS) {
      this.#isForeign = true;
      return false;
    }
    this.#others++;
    this.#standIn = this.#services.serveOther(Buffer.from(bytes.subarray(at, head.end)), (isOver) =>
      this.#onOtherDone(isOver),
    );
    return true;
  }

  #onOtherDone(isOver: boolean): void {
    this.#standIn = undefined;
    this.#since = this.#services.now();
    if (isOver) this.#isOver = true;
    else this.#send();
  }

  /** Writes answers whose turn it is, as long as they are taken. */
  #write(): void {
    while (!this.#isOver && this.#transport.writableLength === 0) {
      const { head, answer } = this.#replies[0] ?? {};
      if (answer === undefined) break;
      this.#replies.shift();
      const isLast = this.#isLast && this.#replies.length === 0;
      this.#since = this.#services.now();
      this.#writeAnswer(head!, answer, this.#services.endOfHead(isLast));
    }
    this.#isAhead = this.#replies.length > 0 && this.#replies.some(({ answer }) => answer !== undefined);
  }

  #writeAnswer({ method, fields }: RequestHead, answer: HlsAnswer, endOfHead: Uint8Array): void {
    const { headers } = this.#services;
    const variant = variantOf(answer, fields);
    if (method === 'HEAD') {
      this.#transport.writeAllShared([variant.headWith(headers), endOfHead]);
      return;
    }
    const whole = variant.wholeWith(headers, endOfHead);
    if (whole !== undefined) this.#transport.writeShared(whole);
    else this.#transport.writeAllShared([variant.headWith(headers), endOfHead, ...variant.body]);
  }

  /** Something has changed: sends what can be sent, and reads on or gives the connection away. */
  #send(): void {
    if (this.#isReading) return;
    this.#write();
    if (this.#isLast && this.#isIdle) this.#finish();
    else if (this.#isForeign) this.#leave();
    else if (this.#rest.length > 0 && this.#mayBegin) this.#readSoon();
  }

  /** Everything is written. */
  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#transport.watch(); // the client ends its side as well
    this.#transport.end();
  }

  /** A player that was kept waiting has its answer, and asks for what comes next as soon as it has read it. */
  #expect(): void {
    if (this.#isOver || this.#replies.length > 0) return;
    if (this.#rest.length === 0 && this.#transport.writableLength === 0) this.#transport.expect();
    else this.#transport.watch();
  }

  /** Whoever answers is in the middle of something, and others may want their turn. */
  #readSoon(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      if (!this.#mayBegin) return;
      this.#read(this.#rest);
      this.#regulate();
    });
  }

  /** Reads on, or not: so much of requests may wait as one could be long. */
  #regulate(): void {
    if (this.#isOver) return;
    const mustPause = this.#isForeign || this.#rest.length > MAX_REQUEST_HEAD;
    if (mustPause === this.#isPaused) return;
    this.#isPaused = mustPause;
    if (mustPause) this.#transport.pause();
    else this.#transport.resume();
  }

  #refuseHead(): void {
    this.#isOver = true;
    this.#transport.write(TOO_SLOW);
    this.#transport.destroy();
  }

  /** Once everything before is answered. */
  #leave(): void {
    if (this.#isOver || !this.#isIdle || this.#transport.writableLength > 0) return;
    this.#isOver = true;
    this.#services.onClosed(this);
    this.#services.onForeign(this.#rest);
  }
}
