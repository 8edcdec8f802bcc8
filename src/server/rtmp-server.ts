import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Server as NetServer, Socket } from 'node:net';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { resolveServerSessionOptions } from '#lib/rtmp';
import { CommandAdmission } from '../admission/command-admission.js';
import { RtmpEvents } from '../events/rtmp-events.js';
import { AlreadyListeningException } from '../exceptions/already-listening.exception.js';
import { RtmpHandlers } from '../handlers/rtmp-handlers.js';
import { isRtmpPattern } from '../handlers/rtmp-pattern.js';
import { traceHandler } from '../handlers/trace-handler.js';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import { RunningMediaHandlers } from '../media/running-media-handlers.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import type { RtmpListenerOptions } from '../options/listener-options.js';
import { RTMP_LOG_CONTEXT, RTMP_TRANSPORT } from '../rtmp.constants.js';
import { RecordedPlayback } from '../playback/recorded-playback.js';
import { RtmpPlayback } from '../playback/rtmp-playback.js';
import type { RtmpSession } from '../session/rtmp-session.js';
import { RtmpSessions } from '../session/rtmp-sessions.js';
import { RtmpStreams } from '../streams/rtmp-streams.js';
import { ConnectionLimiter } from './connection-limiter.js';
import type { ConnectionServices } from './connection-services.js';
import type { ConnectionTransport } from './connection-transport.js';
import { Deadline } from './deadline.js';
import { DeadlineSweep } from './deadline-sweep.js';
import { sharePages } from './descriptor-sending.js';
import type { HttpReceiver } from './http-receiver.js';
import { PeerWarnings } from './peer-warnings.js';
import { ReadGate } from './read-gate.js';
import { READ_PROFILES } from './read-profile.js';
import { RepeatedWarning } from './repeated-warning.js';
import { RtmpConnection } from './rtmp-connection.js';
import type { ConnectionSeat, ServerConnection } from './server-connection.js';
import type { RtmpExtension } from './rtmp-extension.js';
import { type ListenerServices, RtmpListener, type RtmpListenerAddress } from './rtmp-listener.js';
import { type SocketPeer, SocketTransport } from './socket-transport.js';
import { Ticker } from './ticker.js';
import { WaitingRoom } from './waiting-room.js';

/** What `RtmpServer.status` says. */
export type RtmpServerStatus = 'listening' | 'closing' | 'closed';

/** Events of `RtmpServer.on()`; for those of streams and sessions see `@RtmpEvent()`. */
export type RtmpServerEvents = {
  listening: (addresses: readonly RtmpListenerAddress[]) => void;
  /** A connection came in; it has said nothing yet. */
  connection: (session: RtmpSession) => void;
  /** A listener failed after it was open. */
  error: (error: Error) => void;
  close: () => void;
};

/**
 * RTMP as a Nest transport: an ordinary provider that is handed to Nest as a strategy.
 *
 * ```ts
 * app.connectMicroservice({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
 * ```
 *
 * @publicApi
 */
@Injectable()
export class RtmpServer
  extends Server<RtmpServerEvents, RtmpServerStatus>
  implements CustomTransportStrategy, BeforeApplicationShutdown
{
  override readonly transportId = RTMP_TRANSPORT;

  protected override readonly logger = new Logger(RTMP_LOG_CONTEXT);

  readonly #emitter = new EventEmitter();
  readonly #now = (): number => performance.now();
  readonly #ticker = new Ticker();
  readonly #deadlines = new DeadlineSweep(this.#ticker);
  readonly #readGate: ReadGate;
  readonly #extensions: RtmpExtension[] = [];
  readonly #connections = new Set<ServerConnection>();
  readonly #services: ConnectionServices;
  readonly #limiter: ConnectionLimiter;
  readonly #waitingRoom: WaitingRoom;
  readonly #refusals = new RepeatedWarning(this.logger, 'connection refused', this.#now);
  /** Begins every session ID, so that they differ from those of other servers and earlier runs. */
  readonly #idPrefix = randomBytes(3).toString('hex');
  #connectionCount = 0;
  #listeners: RtmpListener[] = [];
  /** Settles when it listens, or cannot; undefined when it is not to listen. */
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #http: HttpReceiver | undefined;

  /** @internal */
  constructor(
    @InjectRtmpOptions() private readonly options: ResolvedRtmpOptions,
    private readonly handlers: RtmpHandlers,
    private readonly events: RtmpEvents,
    private readonly running: RunningMediaHandlers,
    admission: CommandAdmission,
    streams: RtmpStreams,
    sessions: RtmpSessions,
    playback: RtmpPlayback,
    recorded: RecordedPlayback,
    modules: ModulesContainer,
  ) {
    super();
    modules.getRpcTargetRegistry<unknown>().subscribe((target) => {
      if (target === this) handlers.isConnected = true;
    });
    this.#readGate = new ReadGate(READ_PROFILES[options.latency], this.#ticker);
    this.#limiter = new ConnectionLimiter(options.maxConnections, options.maxConnectionsPerAddress);
    this.#waitingRoom = new WaitingRoom(this.#limiter);
    this.#services = {
      options,
      sessionOptions: resolveServerSessionOptions(options.session),
      admission,
      events,
      streams,
      sessions,
      playback,
      recorded,
      extensions: this.#extensions,
      deadlines: this.#deadlines,
      logger: this.logger as Logger,
      warnings: new PeerWarnings(this.logger as Logger, this.#now),
      now: this.#now,
    };
  }

  /** Where it listens; empty when it does not. */
  get addresses(): RtmpListenerAddress[] {
    return this.#listeners.map((listener) => listener.address).filter((address) => address !== undefined);
  }

  /**
   * Nest offers every handler that names no other transport, so there may be foreign ones.
   *
   * @throws {DuplicateRtmpHandlerException}
   */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    if (!isRtmpPattern(pattern)) return;
    const traced = traceHandler(callback, {
      start: (context, run) => this.onProcessingStartHook(RTMP_TRANSPORT, context, run),
      end: (context) => this.onProcessingEndHook?.(RTMP_TRANSPORT, context),
    });
    this.handlers.add(pattern, traced, extras);
    callback.isEventHandler = isEventHandler;
    callback.extras = extras;
    // For getHandlers() alone. Not by super: it would chain the handlers of one event to one another.
    this.messageHandlers.set(`${this.normalizePattern(pattern as never)}#${this.messageHandlers.size}`, callback);
  }

  /** Adds a part that works on the media of every publish from now on. */
  extend(extension: RtmpExtension): void {
    this.#extensions.push(extension);
  }

  /**
   * Gives {@link AlreadyListeningException} while it does. While it closes, that is waited for. When it is closed meanwhile it does
   * not listen, and gives no error.
   */
  listen(callback: (error?: unknown) => void): void {
    if (this.#opening !== undefined) {
      callback(new AlreadyListeningException());
      return;
    }
    const opening: Promise<void> = this.#open(() => this.#opening === opening);
    this.#opening = opening;
    opening.then(
      () => callback(),
      (error: unknown) => {
        if (this.#opening === opening) this.#opening = undefined;
        callback(error);
      },
    );
  }

  /** Stops accepting, ends publishes, waits for what is still being written and for handlers, closes all connections. */
  close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    return (this.#closing ??= this.#close(opening));
  }

  /** Drains before Nest closes its HTTP server, which may take as long as a request does. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.close();
  }

  on<TEvent extends keyof RtmpServerEvents>(event: TEvent, callback: RtmpServerEvents[TEvent]): this {
    this.#emitter.on(event, callback);
    return this;
  }

  /**
   * Reads the certificates of all listeners again, for connections from now on. That happens by itself when a file
   * changes; this is for a signal or a button.
   *
   * @returns false when some are of no use, which is logged; those before stay in use
   */
  async reloadCertificates(): Promise<boolean> {
    const results = await Promise.all(this.#listeners.map((listener) => listener.reloadCertificates()));
    return results.every(Boolean);
  }

  /** The servers of node:net that listen. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- Nest's signature
  unwrap<T = NetServer[]>(): T {
    return this.#listeners.map(({ server }) => server) as T;
  }

  /** @internal A socket that is read like those of its listeners. */
  transportOf(socket: Socket, peer: SocketPeer): SocketTransport {
    return new SocketTransport(socket, peer, this.#readGate);
  }

  /** @internal Says who takes what comes in by listeners for HTTP. */
  serveHttp(receiver: HttpReceiver): void {
    this.#http = receiver;
  }

  /**
   * Takes over a connection, whatever it came in by.
   *
   * @returns false when it was refused and destroyed
   */
  accept(transport: ConnectionTransport): boolean {
    const create = ({ id, services, leave }: ConnectionSeat) => new RtmpConnection(id, transport, services, leave);
    const connection = this.join(transport.remoteAddress, create);
    if (connection === undefined) {
      transport.destroy();
      return false;
    }
    connection.start();
    this.#emitter.emit('connection', connection.session);
    return true;
  }

  /**
   * @internal Takes a connection among those that are counted, and closed with the server.
   *
   * @returns undefined when there is no place for it
   */
  join<TConnection extends ServerConnection>(
    remoteAddress: string,
    create: (seat: ConnectionSeat) => TConnection,
  ): TConnection | undefined {
    const reached = this.#closing === undefined ? this.#limiter.enter(remoteAddress) : 'closing';
    if (reached !== undefined) {
      this.#refusals.warn({ remote: remoteAddress, reason: reached });
      return undefined;
    }
    const id = `${this.#idPrefix}-${(++this.#connectionCount).toString(36)}`;
    const leave = (): void => {
      this.#connections.delete(connection);
      this.#limiter.leave(remoteAddress);
    };
    const connection = create({ id, services: this.#services, leave });
    this.#connections.add(connection);
    return connection;
  }

  /** @param isWanted whether it is to listen still */
  async #open(isWanted: () => boolean): Promise<void> {
    await this.#closing;
    await this.#sharePages();
    if (!isWanted()) return;
    this.#closing = undefined;
    this.options.listeners.forEach((options, index) => this.#checkHttp(options, index));
    const services = this.#listenerServices();
    const listeners = this.options.listeners.map((options) => new RtmpListener(options, services));
    try {
      for (const listener of listeners) await listener.open();
    } catch (error) {
      for (const listener of listeners) listener.close();
      throw error;
    }
    if (!isWanted()) {
      for (const listener of listeners) listener.close();
      return;
    }
    this.#listeners = listeners;
    for (const { server } of listeners) server.on('error', (error) => this.#report(error));
    for (const { url, proxyProtocol } of this.addresses) {
      this.logger.log(`Listening on ${url}${proxyProtocol ? ', for a proxy that sends the PROXY protocol' : ''}`);
    }
    this.#announce('listening');
    this.#emitter.emit('listening', this.addresses);
  }

  /** That it cannot be done is no reason not to serve. */
  async #sharePages(): Promise<void> {
    try {
      if (await sharePages()) this.logger.debug?.('What is sent to players is in memory once (koffi)');
    } catch (error) {
      this.logger.warn('koffi does not run here: what is sent to players is copied for each', {
        error: (error as Error).message,
      });
    }
  }

  /** @throws {RtmpConfigurationError} for a listener that nobody would serve */
  #checkHttp({ kind }: RtmpListenerOptions, index: number): void {
    if (kind !== 'http' && kind !== 'https') return;
    const option = `listeners[${index}].kind`;
    if (this.#http === undefined) {
      throw new RtmpConfigurationError(option, kind, 'import RtmpHttpModule, which serves it.');
    }
    try {
      this.#http.check();
    } catch (error) {
      throw new RtmpConfigurationError(option, kind, (error as Error).message);
    }
  }

  /** Counted apart: who plays or publishes by it is counted among all who do. */
  #receiveHttp(socket: Socket, peer: SocketPeer): void {
    if (this.#http!.size < this.options.maxConnections) {
      this.#http!.receive(socket, peer);
      return;
    }
    this.#refusals.warn({ remote: peer.remoteAddress, reason: 'maxConnections' });
    socket.destroy();
  }

  #listenerServices(): ListenerServices {
    return {
      handshakeTimeout: this.options.session.handshakeTimeout,
      waitingRoom: this.#waitingRoom,
      httpProtocols: this.#http?.protocols ?? [],
      onSocket: (socket, peer, kind) => {
        if (kind === 'http' || kind === 'https') this.#receiveHttp(socket, peer);
        else this.accept(this.transportOf(socket, peer));
      },
      onRefused: (remote, reason) => this.#refusals.warn({ remote, reason }),
      onReloaded: () => this.logger.log('certificates loaded again'),
      onReloadFailed: ({ message }) =>
        this.logger.error('certificates could not be loaded, those before stay in use', { error: message }),
    };
  }

  #announce(status: RtmpServerStatus): void {
    // oxlint-disable-next-line no-underscore-dangle -- Nest's name
    this._status$.next(status);
  }

  #report(error: Error): void {
    this.logger.error(error);
    if (this.#emitter.listenerCount('error') > 0) this.#emitter.emit('error', error);
  }

  async #close(opening: Promise<void> | undefined): Promise<void> {
    const deadline = new Deadline(this.options.shutdownTimeout);
    this.#announce('closing');
    for (const listener of this.#listeners) listener.close();
    this.#listeners = [];
    this.#waitingRoom.clear();
    for (const connection of this.#connections) connection.beginShutdown();

    const drained = Promise.allSettled(this.#extensions.map(async (extension) => extension.drain?.()));
    if (!(await deadline.reached(drained)))
      this.logger.error('Shutdown: gave up waiting for recordings to be finished');
    for (const connection of this.#connections) connection.disconnect('The server is shutting down.');
    await deadline.reached(this.#allClosed());
    for (const connection of this.#connections) connection.destroy('shutdownTimeout');
    await this.#allClosed();
    if (!(await deadline.reached(this.events.settled()))) {
      this.logger.error('Shutdown: gave up waiting for event handlers');
    }
    if (!(await deadline.reached(this.running.settled()))) this.running.giveUpAll();
    deadline.clear();
    await opening?.catch(() => {}); // told to whoever called listen()
    this.#readGate.close();
    this.#announce('closed');
    this.#emitter.emit('close');
  }

  async #allClosed(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.whenClosed));
  }
}
