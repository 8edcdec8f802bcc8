import type { AmfValue } from '#lib/amf';
import {
  type ClientCapabilities,
  ClientSession,
  type ClientSessionEvent,
  type ConnectParameters,
  type MediaEvent,
  type ReplyEvent,
  RtmpProtocolError,
  type RtmpStatus,
} from '#lib/rtmp';
import type { ClientReceiver, ClientTransport } from './client-transport.js';
import type { ResolvedRtmpClientOptions } from './rtmp-client-options.js';
import { RtmpClientError } from './rtmp-client.errors.js';
import type { RtmpUrl, SecretMask } from './rtmp-url.js';

/** What happens on a NetStream. */
export interface NetStreamListener {
  /** An onStatus, its texts masked. */
  onStatus(status: RtmpStatus): void;
  /** The event and its payload are valid during the call. */
  onMedia(event: MediaEvent): void;
  onUserControl(event: number): void;
  /** The connection is gone: the last call. */
  onClose(error: RtmpClientError | undefined): void;
}

/** What happens on the connection and is about no NetStream of ours. */
export interface ConnectionObserver {
  onEvent(event: ClientSessionEvent): void;
  onClose(error: RtmpClientError | undefined): void;
}

interface Waiter {
  readonly resolve: (reply: ReplyEvent) => void;
  readonly reject: (error: unknown) => void;
}

/** What is written within a turn of the event loop leaves together, or earlier when it is so much, in bytes. */
const FLUSH_AT = 64 * 1024;

/** One connection to a server: a session, what carries its bytes, and who waits for what. */
export class ClientConnection implements ClientReceiver {
  readonly session: ClientSession;
  readonly #transport: ClientTransport;
  readonly #options: ResolvedRtmpClientOptions;
  readonly #url: RtmpUrl;
  readonly #mask: SecretMask;
  readonly #waiters = new Map<number, Waiter>();
  readonly #listeners = new Map<number, NetStreamListener>();
  readonly #drained = new Set<() => void>();
  readonly #observer: ConnectionObserver;
  #capabilities: ClientCapabilities | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #deadlineAt = 0;
  /** Playbacks whose readers are behind. */
  #pauses = 0;
  #resumedAt = -Infinity;
  #stall: NodeJS.Timeout | undefined;
  #isFlushing = false;
  #isClosed = false;
  #isClosing = false;
  #failure: RtmpClientError | undefined;
  /** The last error the server told about the connection as such: why it closes it, most of the time. */
  #complaint: RtmpStatus | undefined;

  constructor(
    transport: ClientTransport,
    url: RtmpUrl,
    options: ResolvedRtmpClientOptions,
    mask: SecretMask,
    observer: ConnectionObserver,
  ) {
    this.#transport = transport;
    this.#url = url;
    this.#options = options;
    this.#mask = mask;
    this.#observer = observer;
    this.session = new ClientSession(options.session, now());
    transport.start(this);
    this.flush();
  }

  /** What the server says of its Enhanced RTMP. */
  get capabilities(): ClientCapabilities | undefined {
    return this.#capabilities;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why it is closed, or closes; undefined when somebody asked for it. */
  get failure(): RtmpClientError | undefined {
    return this.#failure;
  }

  /** Bytes that wait to be sent. */
  get waitingBytes(): number {
    return this.session.outputLength + this.#transport.writableLength;
  }

  /** Sends connect and waits for the answer, whatever it is. */
  connect(parameters: ConnectParameters): Promise<ReplyEvent> {
    return this.#wait(() => this.session.connect(parameters));
  }

  /** Calls a command and waits for the answer, whatever it is. */
  call(name: string, ...args: AmfValue[]): Promise<ReplyEvent> {
    return this.#wait(() => this.session.call(name, ...args));
  }

  listen(messageStreamId: number, listener: NetStreamListener): void {
    this.#listeners.set(messageStreamId, listener);
  }

  forget(messageStreamId: number): void {
    this.#listeners.delete(messageStreamId);
  }

  /** Something was given to the session: it leaves with whatever follows in this turn. */
  written(): void {
    if (this.session.outputLength >= FLUSH_AT) this.flush();
    else this.#flushSoon();
  }

  /** Sends bytes that somebody else has made: whole messages in chunks of the session's size. */
  writeChunks(bytes: Uint8Array): void {
    this.flush();
    if (this.#isClosed) return;
    this.#transport.write(bytes);
    this.#watchProgress();
  }

  /** Sends what the session has. */
  flush(): void {
    const bytes = this.session.takeOutput();
    if (bytes !== undefined && !this.#isClosed) {
      this.#transport.write(bytes);
      this.#watchProgress();
    }
    this.#setDeadline();
  }

  /** Calls once when fewer bytes wait than given, or the connection is gone. */
  onceBelow(bytes: number, done: () => void): void {
    const check = (): void => {
      if (!this.#isClosed && this.waitingBytes > bytes) return;
      this.#drained.delete(check);
      done();
    };
    this.#drained.add(check);
    check();
  }

  /** Reads nothing until whoever paused it resumes it; what it does not read is no silence of the server's. */
  pause(): void {
    if (this.#pauses++ > 0) return;
    this.#transport.pause();
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  resume(): void {
    if (--this.#pauses > 0) return;
    this.#resumedAt = now();
    this.#transport.resume();
    this.#setDeadline();
  }

  /** Sends what waits, says that nothing follows, and gives the server a moment to do the same. */
  end(): void {
    if (this.#isClosed || this.#isClosing) return;
    this.flush();
    this.#isClosing = true;
    this.#transport.resume();
    this.#transport.end();
  }

  /** Closes at once. */
  destroy(failure?: RtmpClientError): void {
    if (this.#isClosed) return;
    this.#failure ??= failure;
    this.#isClosing = true;
    this.#transport.destroy();
    this.onClose();
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      this.session.receive(bytes, now());
      for (let event = this.session.poll(); event !== undefined; event = this.session.poll()) {
        this.#handle(event);
        if (this.#isClosed) return;
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.flush();
  }

  onWritten(): void {
    this.#stall?.refresh();
    if (this.#transport.writableLength === 0) {
      clearTimeout(this.#stall);
      this.#stall = undefined;
    }
    for (const check of this.#drained) check();
  }

  onClose(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#stall);
    // A server may answer our end with a reset: it has no time for the rest.
    if (!this.#isClosing) this.#failure ??= this.#lost(error);
    const failure = this.#failure;
    for (const { reject } of this.#waiters.values()) reject(failure ?? this.closedError());
    this.#waiters.clear();
    for (const check of this.#drained) check();
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) listener.onClose(failure);
    this.#observer.onClose(failure);
  }

  /** For whoever uses a connection that is gone. */
  closedError(): RtmpClientError {
    return this.#failure ?? new RtmpClientError('RTMP_CLIENT_ERR_CLOSED', `${this.#url.masked}, by us`);
  }

  /** An error of what the server said no to. */
  refusal(what: string, status: RtmpStatus | undefined): RtmpClientError {
    const said = this.masked(status);
    const text = said === undefined ? 'without a reason' : `${said.code} ${said.description}`.trim();
    return new RtmpClientError('RTMP_CLIENT_ERR_REFUSED', `${what} on ${this.#url.masked}: ${text}`, { status: said });
  }

  /** An error of time. */
  timeout(what: string, milliseconds: number): RtmpClientError {
    const detail = `${what} on ${this.#url.masked}: not within ${milliseconds} ms`;
    return new RtmpClientError('RTMP_CLIENT_ERR_TIMEOUT', detail);
  }

  /** What the server said, without names and keys. Programs read its level and code: they stay, whatever the stream is called. */
  masked(status: RtmpStatus | undefined): RtmpStatus | undefined {
    if (status === undefined) return undefined;
    const entries = Object.entries(status).map(([key, value]) => [
      key,
      typeof value === 'string' && key !== 'level' && key !== 'code' ? this.#mask.mask(value) : value,
    ]);
    return Object.freeze(Object.fromEntries(entries)) as RtmpStatus;
  }

  #wait(send: () => number): Promise<ReplyEvent> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw this.closedError();
      this.#waiters.set(send(), { resolve, reject });
      this.flush();
    });
  }

  #handle(event: ClientSessionEvent): void {
    switch (event.type) {
      case 'media':
        this.#listeners.get(event.messageStreamId)?.onMedia(event);
        return;
      case 'connected':
        this.#capabilities = event.capabilities;
        return;
      case 'reply': {
        const waiter = this.#waiters.get(event.transactionId);
        this.#waiters.delete(event.transactionId);
        waiter?.resolve(event);
        return;
      }
      case 'status': {
        const status = this.masked(event.status)!;
        this.#observer.onEvent({ ...event, status });
        const listener = this.#listenerOf(event.messageStreamId, status.code);
        if (listener === undefined && status.level === 'error') this.#takeComplaint(status);
        listener?.onStatus(status);
        return;
      }
      case 'userControl':
        this.#observer.onEvent(event);
        this.#listeners.get(event.messageStreamId)?.onUserControl(event.event);
        return;
      default:
        this.#observer.onEvent(event);
    }
  }

  /** In front of the answer to connect it stands for it: some servers close the connection then, others leave that to us. */
  #takeComplaint(status: RtmpStatus): void {
    this.#complaint = status;
    if (this.session.isConnected) return;
    for (const { reject } of this.#waiters.values()) reject(this.refusal('connect', status));
    this.#waiters.clear();
  }

  /** Some servers send a NetStream's status on the connection: it means the only one there is. */
  #listenerOf(messageStreamId: number, code: string): NetStreamListener | undefined {
    const listener = this.#listeners.get(messageStreamId);
    if (listener !== undefined || this.#listeners.size !== 1 || !code.startsWith('NetStream.')) return listener;
    return this.#listeners.values().next().value;
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.flush();
    });
  }

  /** A timer that is set fires and looks again: most of the time the deadline has moved on. */
  #setDeadline(): void {
    const silentUntil = this.session.nextDeadline();
    if (silentUntil === undefined || this.#isClosed || this.#pauses > 0) return;
    const next = Math.max(silentUntil, this.#resumedAt + this.#options.timeouts.idle / 2);
    if (this.#deadline !== undefined && this.#deadlineAt <= next) return;
    clearTimeout(this.#deadline);
    this.#deadlineAt = next;
    this.#deadline = setTimeout(() => this.#handleDeadline(), Math.max(1, next - now()));
  }

  #handleDeadline(): void {
    this.#deadline = undefined;
    try {
      this.session.handleDeadline(now());
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.flush();
  }

  /** A server that takes nothing for as long as it may be silent is gone, or does not want us. */
  #watchProgress(): void {
    if (this.#stall !== undefined || this.#transport.writableLength === 0) return;
    const { idle } = this.#options.timeouts;
    this.#stall = setTimeout(() => {
      // In a tunnel nothing goes while nothing is read.
      if (this.#pauses > 0) {
        this.#stall?.refresh();
        return;
      }
      const detail = `${this.#url.masked}: ${this.waitingBytes} bytes wait, none went for ${idle} ms`;
      this.destroy(new RtmpClientError('RTMP_CLIENT_ERR_STALLED', detail));
    }, idle);
  }

  #fail(error: unknown): void {
    if (error instanceof RtmpProtocolError) {
      const isTime = error.code.endsWith('_TIMEOUT');
      const code = isTime ? 'RTMP_CLIENT_ERR_TIMEOUT' : 'RTMP_CLIENT_ERR_PROTOCOL';
      this.destroy(new RtmpClientError(code, `${this.#url.masked}: ${error.message}`, { cause: error }));
      return;
    }
    this.destroy(new RtmpClientError('RTMP_CLIENT_ERR_CLOSED', `${this.#url.masked}, by an error`, { cause: error }));
  }

  #lost(error: Error | undefined): RtmpClientError {
    if (error instanceof RtmpClientError) return error;
    const { code } = (error ?? {}) as NodeJS.ErrnoException;
    const status = this.#complaint;
    const how = error === undefined ? 'by the server' : (code ?? error.message);
    const why = status === undefined ? how : `${how}: ${status.code} ${status.description}`.trim();
    return new RtmpClientError('RTMP_CLIENT_ERR_CLOSED', `${this.#url.masked}, ${why}`, { cause: error, status });
  }
}

/** A clock that does not go back. */
function now(): number {
  return performance.now();
}
