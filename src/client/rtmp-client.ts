import { EventEmitter } from 'node:events';
import type { AmfValue } from '#lib/amf';
import type { ClientCapabilities, ClientSessionEvent, ReplyEvent, RtmpStatus } from '#lib/rtmp';
import type { ClientConnection } from './client-connection.js';
import { type Connected, connectDialogue, redirected } from './connect-dialogue.js';
import {
  checkPlayOptions,
  checkPublishOptions,
  type RtmpClientPlayOptions,
  type RtmpClientPublishOptions,
} from './net-stream-options.js';
import { orAborted, withinTime } from './limited-wait.js';
import { resolveRtmpClientOptions } from './resolve-rtmp-client-options.js';
import type { ResolvedRtmpClientOptions, RtmpClientOptions } from './rtmp-client-options.js';
import { RtmpClientError } from './rtmp-client.errors.js';
import { RtmpClientPlayback } from './rtmp-client-playback.js';
import { RtmpClientPublication } from './rtmp-client-publication.js';
import { parseRtmpUrl, type RtmpUrl, type SecretMask } from './rtmp-url.js';
import { StartWait } from './start-wait.js';

/** What a server says unasked, by name and arguments. */
export interface RtmpClientEvents {
  /** An onStatus, of a NetStream or (0) of the connection. */
  status: [status: RtmpStatus, messageStreamId: number];
  /** Any other command of the server. */
  command: [name: string, values: readonly AmfValue[]];
  /** A user control event about a NetStream: `UserControlEvent` of `nest-rtmp/rtmp`. */
  userControl: [event: number, messageStreamId: number];
  /** The server asks to connect again, at the address, and to leave this connection then (Enhanced RTMP). */
  reconnect: [url: RtmpUrl, description: string];
  /** The connection is closed: with the reason, or undefined when it was our wish. */
  close: [error: RtmpClientError | undefined];
}

/**
 * A connection to an RTMP server, of which streams are published to and played
 * from. Everything that fails fails with an {@link RtmpClientError}, or with
 * the reason of the caller's signal. Options that are wrong are a
 * {@link RtmpConfigurationError}, messages that are none a {@link RtmpUsageError}.
 *
 * @publicApi
 */
export class RtmpClient extends EventEmitter<RtmpClientEvents> {
  readonly #options: ResolvedRtmpClientOptions;
  readonly #closed: Promise<RtmpClientError | undefined>;
  #resolveClosed: (error: RtmpClientError | undefined) => void = () => {};
  #connection: ClientConnection;
  #url: RtmpUrl;
  #mask: SecretMask;
  #reply: ReplyEvent;

  private constructor(options: ResolvedRtmpClientOptions) {
    super();
    this.#options = options;
    this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
  }

  /**
   * Connects: `rtmp`, `rtmps`, `rtmpt` or `rtmpts`, with authentication and redirects as the server asks for them.
   *
   * @param url `rtmp://[user:password@]host[:port]/app[/instance][/name][?query]`, also as a `URL`, or such an address taken apart
   * @throws {RtmpClientError} when there is no connection
   * @throws {RtmpConfigurationError} for an option that is wrong
   */
  static async connect(url: string | URL | RtmpUrl, options: RtmpClientOptions = {}): Promise<RtmpClient> {
    const resolved = resolveRtmpClientOptions(options);
    const parsed = isTakenApart(url) ? url : parseRtmpUrl(String(url), options.app);
    const client = new RtmpClient(resolved);
    const { connect } = resolved.timeouts;
    const late = (): Error =>
      new RtmpClientError('RTMP_CLIENT_ERR_TIMEOUT', `connect to ${parsed.masked}: not within ${connect} ms`);
    const connected = await withinTime({ timeout: connect, late, signal: options.signal }, (signal) =>
      connectDialogue(parsed, resolved, signal, {
        onEvent: (event) => client.#emitEvent(event),
        onClose: (error) => client.#onClose(error),
      }),
    );
    client.#take(connected);
    return client;
  }

  /** Where it is connected to, which redirects may have changed. */
  get url(): RtmpUrl {
    return this.#url;
  }

  /** What the server says of its Enhanced RTMP; undefined when it says nothing. */
  get capabilities(): ClientCapabilities | undefined {
    return this.#connection.capabilities;
  }

  /** What the server answered to connect: the properties and the information object. */
  get welcome(): { readonly properties: AmfValue; readonly status: RtmpStatus | undefined } {
    return { properties: this.#reply.properties, status: this.#reply.status };
  }

  /** Chunk size that is sent with, in bytes. */
  get chunkSize(): number {
    return this.#connection.session.chunkSize;
  }

  get isClosed(): boolean {
    return this.#connection.isClosed;
  }

  /** Bytes received since the handshake. */
  get bytesReceived(): number {
    return this.#connection.session.bytesReceived;
  }

  /** Resolves when the connection is closed: with the reason, or undefined when it was our wish. Never rejects. */
  get closed(): Promise<RtmpClientError | undefined> {
    return this.#closed;
  }

  /**
   * Publishes a stream, as encoders do it: releaseStream, FCPublish,
   * createStream, publish. Resolves when the server says that it has begun.
   *
   * @param name with its query; defaults to that of the address
   * @throws {RtmpConfigurationError} for an option that is wrong
   */
  async publish(name = this.url.name, options: RtmpClientPublishOptions = {}): Promise<RtmpClientPublication> {
    checkPublishOptions(options);
    const path = this.#nameOf(name);
    return this.#command('publish', options.signal, async (signal) => {
      const connection = this.#connection;
      const { session } = connection;
      session.notify(0, 'releaseStream', path);
      session.notify(0, 'FCPublish', path);
      const id = await this.#createStream(signal);
      const publication = new RtmpClientPublication(connection, id, path, this.#options.maxWaitingBytes);
      const start = new StartWait('NetStream.Publish.Start', connection, id, 'publish', publication);
      session.publish(id, path, options.type ?? 'live');
      connection.flush();
      await start.within(signal);
      return publication;
    });
  }

  /**
   * Plays a stream. Resolves when the server says that it has begun; whether
   * there is somebody who publishes is another question.
   *
   * @param name with its query; defaults to that of the address
   * @throws {RtmpConfigurationError} for an option that is wrong
   */
  async play(name = this.url.name, options: RtmpClientPlayOptions = {}): Promise<RtmpClientPlayback> {
    checkPlayOptions(options);
    const path = this.#nameOf(name);
    const { follow = false, bufferLength = 1000, onMessage } = options;
    const { maxUnreadBytes, amf } = this.#options;
    return this.#command('play', options.signal, async (signal) => {
      const connection = this.#connection;
      const id = await this.#createStream(signal);
      const playback = new RtmpClientPlayback(connection, id, { follow, maxUnreadBytes, amf, onMessage });
      // Media may come right behind the answer: the playback listens from the beginning.
      const start = new StartWait('NetStream.Play.Start', connection, id, 'play', playback);
      connection.session.play(id, path, options, bufferLength);
      connection.flush();
      await start.within(signal);
      return playback;
    });
  }

  /** Calls a command of the server; the value it answers with. An `_error` is thrown as RTMP_CLIENT_ERR_REFUSED. */
  async call(command: string, ...args: AmfValue[]): Promise<AmfValue> {
    return this.#command(command, undefined, async (signal) => {
      const reply = await orAborted(this.#connection.call(command, ...args), signal);
      if (!reply.isResult) throw this.#connection.refusal(command, reply.status);
      return reply.values[0];
    });
  }

  /** Sends a command that wants no answer. */
  notify(command: string, ...args: AmfValue[]): void {
    this.#mustBeOpen();
    this.#connection.session.notify(0, command, ...args);
    this.#connection.flush();
  }

  /** Sends what waits and closes. Resolves when it is closed. */
  async close(): Promise<void> {
    const connection = this.#connection;
    connection.end();
    const timer = setTimeout(() => connection.destroy(), this.#options.timeouts.close);
    await this.#closed;
    clearTimeout(timer);
  }

  /** Closes at once. */
  destroy(): void {
    this.#connection.destroy();
  }

  /** As close(), for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #take({ connection, url, mask, reply }: Connected): void {
    this.#connection = connection;
    this.#url = url;
    this.#mask = mask;
    this.#reply = reply;
    const { signal } = this.#options;
    const abort = (): void => connection.destroy();
    signal?.addEventListener('abort', abort, { once: true });
    void this.#closed.then(() => signal?.removeEventListener('abort', abort));
    if (connection.isClosed) this.#onClose(connection.failure);
  }

  #nameOf(name: string | undefined): string {
    if (name === undefined) {
      throw new RtmpClientError(
        'RTMP_CLIENT_ERR_URL',
        `${this.url.masked}: it has no name of a stream, and none was given`,
      );
    }
    this.#mask.add(name);
    return name;
  }

  async #command<T>(
    name: string,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#mustBeOpen();
    const { command } = this.#options.timeouts;
    return withinTime({ timeout: command, late: () => this.#connection.timeout(name, command), signal }, run);
  }

  async #createStream(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const connection = this.#connection;
    const call = connection.call('createStream');
    let reply: ReplyEvent;
    try {
      reply = await orAborted(call, signal);
    } catch (error) {
      // Nobody waits for the stream any more: it is given back when it comes after all.
      call.then(({ isResult, values }) => isResult && giveBack(connection, values[0] as number)).catch(() => {});
      throw error;
    }
    if (!reply.isResult) throw connection.refusal('createStream', reply.status);
    const id = reply.values[0] as number;
    const state = connection.session.netStreamState(id);
    if (state === 'idle') return id;
    const detail = `createStream on ${this.url.masked}: it has one stream for a connection, and that is ${state}`;
    throw new RtmpClientError('RTMP_CLIENT_ERR_REFUSED', detail);
  }

  #mustBeOpen(): void {
    if (this.#connection.isClosed) throw this.#connection.closedError();
  }

  #emitEvent(event: ClientSessionEvent): void {
    // Before connect was accepted nobody listens yet.
    if (this.#url === undefined) return;
    if (event.type === 'status') this.emit('status', event.status, event.messageStreamId);
    else if (event.type === 'userControl') this.emit('userControl', event.event, event.messageStreamId);
    else if (event.type === 'command') this.emit('command', event.command.name, event.command.args);
    else if (event.type === 'reconnect') this.#askedToReconnect(event.tcUrl, event.description);
  }

  #askedToReconnect(tcUrl: string | undefined, description: string): void {
    let url = this.#url;
    try {
      if (tcUrl !== undefined) url = redirected(url, tcUrl);
    } catch {
      return; // somewhere we do not go
    }
    this.emit('reconnect', url, this.#mask.mask(description));
  }

  /** Connections of the dialogue that were not the last close as well. */
  #onClose(error: RtmpClientError | undefined): void {
    if (this.#connection === undefined || !this.#connection.isClosed) return;
    this.#resolveClosed(error);
    this.emit('close', error);
  }
}

function isTakenApart(url: string | URL | RtmpUrl): url is RtmpUrl {
  return typeof url === 'object' && url !== null && 'tcUrl' in url;
}

function giveBack(connection: ClientConnection, messageStreamId: number): void {
  if (connection.isClosed || connection.session.netStreamState(messageStreamId) !== 'idle') return;
  connection.session.deleteStream(messageStreamId);
  connection.flush();
}
