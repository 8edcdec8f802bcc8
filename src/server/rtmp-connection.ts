import type { Urgency } from '#lib/live';
import {
  MessageTypeId,
  type ReconnectRequest,
  RtmpProtocolError,
  ServerSession,
  type ServerSessionEvent,
} from '#lib/rtmp';
import { RtmpSession, type SessionConnection } from '../session/rtmp-session.js';
import { ConnectionPlayers } from '../playback/connection-players.js';
import type { PublicationConnection, PublicationEnd, RtmpPublication } from '../streams/rtmp-publication.js';
import { ConnectionCommands } from './connection-commands.js';
import { ConnectionLog } from './connection-log.js';
import { ConnectionPublications } from './connection-publications.js';
import type { ConnectionServices } from './connection-services.js';
import type { ConnectionReceiver, ConnectionTransport } from './connection-transport.js';
import type { Deadlined } from './deadline-sweep.js';
import type { ServerConnection } from './server-connection.js';

/** After end() the peer has so long to read what was sent and to close, in milliseconds. */
const LINGER = 1000;

/**
 * One peer: its bytes go into a {@link ServerSession}, its commands to the
 * admission, its media to the live streams.
 *
 * ```
 * open --end()--> ending: sends what waits, discards what comes --close--> closed
 *      --protocol error, destroy()------------------------------close--> closed
 * ```
 */
export class RtmpConnection
  implements ConnectionReceiver, Deadlined, SessionConnection, PublicationConnection, ServerConnection
{
  readonly session: RtmpSession;
  dueAt: number;

  readonly #transport: ConnectionTransport;
  readonly #services: ConnectionServices;
  readonly #core: ServerSession;
  readonly #publications: ConnectionPublications;
  readonly #players: ConnectionPlayers;
  readonly #commands: ConnectionCommands;
  readonly #log: ConnectionLog;
  readonly #onClosed: () => void;
  /** No deadline that the session sets from now on is sooner than this; it is asked again by then. */
  readonly #shortestTimeout: number;
  #resolveClosed: (() => void) | undefined;
  #state: 'open' | 'ending' | 'closed' = 'open';
  #closed: AbortController | undefined;
  /** Why it was closed, when we closed it. */
  #reason: string | undefined;
  #errorCode: string | undefined;
  #holds = 0;
  #isPaused = false;
  /** Bytes are being taken, or a decision applied: what comes of that may make others look at this connection. */
  #isBusy = false;

  /** @param onClosed called once, when nothing of it is left */
  constructor(id: string, transport: ConnectionTransport, services: ConnectionServices, onClosed: () => void) {
    this.#transport = transport;
    this.#services = services;
    this.#onClosed = onClosed;
    this.#core = new ServerSession(services.sessionOptions, services.now(), {
      ownsInput: true,
      memoryFor: (messageTypeId, messageStreamId, length) =>
        messageTypeId === MessageTypeId.Audio || messageTypeId === MessageTypeId.Video
          ? this.#publications.get(messageStreamId)?.stream.memoryFor(length)
          : undefined,
    });
    this.session = new RtmpSession(id, transport, this);
    this.#log = new ConnectionLog(services, this.session);
    const { session } = this;
    this.#players = new ConnectionPlayers(
      {
        session,
        transport,
        core: this.#core,
        chunkSize: services.options.session.chunkSize,
        get capabilities() {
          return session.connect?.capabilities;
        },
        flush: () => this.#flush(),
        end: (reason) => this.#end(reason),
        endIfIdle: (reason) => this.#endIfIdle(reason),
      },
      services.playback,
    );
    this.#publications = new ConnectionPublications(this, this.#core, services, this.#log);
    this.#commands = new ConnectionCommands(
      {
        session,
        core: this.#core,
        publications: this.#publications,
        players: this.#players,
        log: this.#log,
        admit: () => transport.admit?.(),
        admitPublisher: () => transport.admitPublisher?.(),
        flush: () => this.#flush(),
        goOn: (apply) => this.#goOn(apply),
        fail: (error) => this.#fail(error),
      },
      services,
    );
    const { handshakeTimeout, connectTimeout, idleTimeout, publisherTimeout } = services.options.session;
    this.#shortestTimeout = Math.min(handshakeTimeout, connectTimeout, idleTimeout / 2, publisherTimeout / 2);
    this.dueAt = services.now() + this.#shortestTimeout;
  }

  get publications(): readonly RtmpPublication[] {
    return this.#publications.list();
  }

  get bytesReceived(): number {
    return this.#core.bytesReceived;
  }

  get closed(): AbortSignal {
    this.#closed ??= new AbortController();
    if (this.#state === 'closed') this.#closed.abort();
    return this.#closed.signal;
  }

  start(): void {
    this.#services.deadlines.add(this);
    this.#transport.start(this);
  }

  /** What somebody waits for: answers to its commands, or its media. */
  get urgency(): Urgency {
    return this.#publications.urgency;
  }

  get pictures(): number {
    return this.#publications.pictures;
  }

  onBytes(bytes: Uint8Array, waited = 0): void {
    if (this.#state !== 'open') return;
    const { playback } = this.#services;
    const now = this.#services.now();
    playback.beforeMedia(now, waited);
    this.#isBusy = true;
    try {
      this.#core.receive(bytes, now);
      this.#poll();
    } catch (error) {
      this.#fail(error);
      return;
    } finally {
      this.#isBusy = false;
    }
    this.#flush();
    playback.afterMedia(now);
  }

  onDrain(): void {
    this.#players.onDrain();
  }

  onDue(now: number): void {
    if (this.#state !== 'open') {
      this.#transport.destroy();
      this.dueAt = now + LINGER;
      return;
    }
    if (this.#commands.deadline <= now) this.#commands.timeOut();
    // While we do not read, the peer's silence is our own.
    else if (!this.#isPaused) this.#attempt(() => this.#core.handleDeadline(now));
    this.#schedule(now);
  }

  onClose(error?: Error): void {
    if (this.#state === 'closed') return;
    const cutOff = this.#state === 'open' ? this.#core.cutOff : undefined;
    if (cutOff !== undefined) this.#log.warn('protocol error', { code: cutOff.code, error: cutOff.message });
    this.#commands.abort('The connection was closed.');
    this.#state = 'closed';
    this.#services.deadlines.delete(this);
    this.#finishAll();
    this.#closed?.abort();
    this.#reportClosed(this.#reason ?? (error === undefined ? 'closed by the peer' : error.message));
    this.#onClosed();
    this.#resolveClosed?.();
  }

  /** Settles when nothing of it is left. */
  get whenClosed(): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    return new Promise((resolve) => (this.#resolveClosed = resolve));
  }

  /** Ends what it publishes and closes it, politely. */
  disconnect(reason: string): void {
    if (this.#state !== 'open') return;
    this.#endAll({
      reason: 'ended',
      status: { level: 'error', code: 'NetStream.Publish.Denied', description: reason },
    });
    this.#end(reason);
  }

  requestReconnect(request: ReconnectRequest): boolean {
    if (this.#state !== 'open' || !this.#core.requestReconnect(request)) return false;
    this.#flush();
    this.#publications.offerHandOver();
    return true;
  }

  /**
   * The server closes: asks who can to connect again, ends publishes and refuses what is undecided, but leaves the
   * connection open.
   */
  beginShutdown(): void {
    if (this.#state !== 'open') return;
    const description = 'The server is shutting down.';
    this.#commands.refuse(description);
    this.#core.requestReconnect({ description });
    this.#endAll({
      reason: 'shutdown',
      status: { level: 'status', code: 'NetStream.Unpublish.Success', description },
    });
    this.#holds++;
    this.#regulate();
  }

  /** Closes it at once. */
  destroy(reason: string): void {
    this.#reason ??= reason;
    if (this.#state === 'open') this.#state = 'ending';
    this.#transport.destroy();
  }

  hold(): () => void {
    let isHeld = true;
    this.#holds++;
    this.#regulate();
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds--;
      this.#regulate();
    };
  }

  poll(): void {
    if (this.#state === 'open' && !this.#isBusy) this.#transport.poll?.();
  }

  endPublication(publication: RtmpPublication, end: PublicationEnd): void {
    if (publication.endReason !== undefined || this.#state !== 'open') return;
    this.#publications.end(publication, end);
    this.#flush();
    this.#endIfIdle(end.status.description);
  }

  #poll(): void {
    while (this.#state === 'open') {
      const event = this.#core.poll();
      if (event === undefined) return;
      this.#handle(event);
    }
  }

  #handle(event: ServerSessionEvent): void {
    switch (event.type) {
      case 'media':
        this.#publications.get(event.messageStreamId)?.stream.push(event.messageTypeId, event.timestamp, event.payload);
        return;
      case 'command':
        this.#commands.handle(event.command);
        this.dueAt = Math.min(this.dueAt, this.#commands.deadline);
        return;
      case 'streamClosed': {
        const publication = this.#publications.get(event.messageStreamId);
        if (publication !== undefined) this.#publications.finish(publication, 'unpublished');
        this.#players.stop(event.messageStreamId);
        return;
      }
      case 'badMessage':
        this.#log.warn('a message could not be decoded and was dropped', {
          messageTypeId: event.messageTypeId,
          code: event.error.code,
          error: event.error.message,
        });
    }
  }

  /** Does what was decided after a while, then takes what has come since. */
  #goOn(apply: () => void): void {
    const { playback } = this.#services;
    const now = this.#services.now();
    playback.beforeMedia(now);
    this.#isBusy = true;
    this.#attempt(() => {
      apply();
      this.#poll();
    });
    this.#isBusy = false;
    playback.afterMedia(now);
    this.#schedule(now);
  }

  #finishAll(): void {
    this.#players.stopAll();
    for (const publication of this.#publications.list()) this.#publications.finish(publication, 'disconnected');
  }

  #endAll(end: PublicationEnd): void {
    for (const publication of this.#publications.list()) this.#publications.end(publication, end);
    this.#flush();
  }

  /** Closes it when nothing is left to do. */
  #endIfIdle(reason: string): void {
    const { pending } = this.#core;
    if (this.#publications.size === 0 && this.#players.size === 0 && pending === undefined) this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#reason ??= reason;
    this.#commands.abort(reason);
    this.#finishAll();
    this.#transport.end();
    this.dueAt = this.#services.now() + LINGER;
    // What the peer still sends is read and discarded: closing with bytes unread would reset the
    // connection, and the peer would lose the status that tells it why.
    if (this.#isPaused) this.#transport.resume();
  }

  /** Does something with the session, then sends what came of it. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#flush();
  }

  /** Sends all there is in one write, then looks whether to go on reading. */
  #flush(): void {
    if (this.#state !== 'open') return;
    const output = this.#core.takeOutput();
    if (output !== undefined) {
      this.#transport.write(output);
      if (this.#transport.writableLength > this.#services.options.maxSendBytes) {
        this.#log.warn('the peer does not read what it is sent', { waiting: this.#transport.writableLength });
        this.destroy('maxSendBytes exceeded');
        return;
      }
    }
    if (this.#core.wantsClose) this.#end('refused');
    else this.#regulate();
  }

  #regulate(): void {
    if (this.#state !== 'open') return;
    const isFull = this.#commands.isDeciding && this.#core.heldBytes > this.#services.options.maxHeldBytes;
    const mustPause = isFull || this.#holds > 0;
    if (mustPause === this.#isPaused) return;
    this.#isPaused = mustPause;
    if (mustPause) this.#transport.pause();
    else this.#transport.resume();
  }

  #schedule(now: number): void {
    if (this.#state !== 'open') return;
    const session = this.#isPaused ? Infinity : (this.#core.nextDeadline() ?? Infinity);
    this.dueAt = Math.min(session, now + this.#shortestTimeout, this.#commands.deadline);
  }

  #fail(error: unknown): void {
    if (this.#state !== 'open') return;
    if (error instanceof RtmpProtocolError) {
      this.#errorCode = error.code;
      this.#log.warn('protocol error', { code: error.code, error: error.message });
    } else {
      this.#log.error('internal error, the connection is closed', {}, error);
    }
    const output = this.#core.takeOutput();
    if (output !== undefined) this.#transport.write(output);
    this.destroy(this.#errorCode === undefined ? 'internal error' : 'protocol error');
  }

  #reportClosed(reason: string): void {
    const { sessions, events } = this.#services;
    const { session } = this;
    this.#log.debug('disconnected', { reason });
    if (!this.#commands.isConnected) return;
    sessions.remove(session);
    const code = this.#errorCode === undefined ? undefined : { code: this.#errorCode };
    const duration = Date.now() - session.connectedAt;
    const payload = { reason, ...code, bytesReceived: this.bytesReceived, duration };
    events.emit('disconnect', payload, { app: session.app, session });
  }
}
