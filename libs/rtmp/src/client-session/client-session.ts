import type { AmfValue } from '#lib/amf';
import { ChunkDecoder } from '../chunk-stream/chunk-decoder.js';
import { readUint32 } from '../chunk-stream/integers.js';
import type { CommandBase, PublishingType, RtmpCommand } from '../command/commands.js';
import { RtmpProtocolError, RtmpUsageError } from '../errors.js';
import { ClientHandshake } from '../handshake/client-handshake.js';
import { randomHandshakeBytes } from '../handshake/handshake-random.js';
import { MessageTypeId, UserControlEvent } from '../message/message-types.js';
import type { Message } from '../message/message.js';
import { Acknowledger } from '../session/acknowledger.js';
import { CommandRate } from '../session/command-rate.js';
import { CommandReader } from '../session/command-reader.js';
import { MediaEvents } from '../session/media-events.js';
import { type NetStreamState, NetStreams } from '../session/net-streams.js';
import { SessionOutput } from '../session/session-output.js';
import { ClientDeadlines } from './client-deadlines.js';
import type { ClientSessionEvent } from './client-session-events.js';
import { type ClientSessionOptions, resolveClientSessionOptions } from './client-session-options.js';
import { type ConnectParameters, connectObject } from './connect-parameters.js';
import { PendingCalls } from './pending-calls.js';
import { readOnStatus, readRefusal, readReply, readServerCapabilities } from './read-server-command.js';

/** What a play asks for (§7.2.2.1), in milliseconds as real players and servers have it. */
export interface PlayParameters {
  /** -2000 (the default): live, or a recording if nothing is live; -1000: live only; otherwise a position. */
  readonly start?: number;
  /** How much to play; all of it when missing. */
  readonly duration?: number;
  /** Whether to end what is played before. Defaults to true. */
  readonly reset?: boolean;
}

/** So many pings are answered, and windows announced, for each receive(); the rest of a flood is dropped. */
const MAX_ANSWERS_PER_RECEIVE = 4;

/** User control events about a NetStream. */
const STREAM_EVENTS: ReadonlySet<number> = new Set([
  UserControlEvent.StreamBegin,
  UserControlEvent.StreamEof,
  UserControlEvent.StreamDry,
  UserControlEvent.StreamIsRecorded,
  UserControlEvent.BufferEmpty,
  UserControlEvent.BufferReady,
]);

/**
 * The client end of one RTMP connection, handshake included. It holds no
 * socket, timer or clock, and is used as {@link ServerSession} is: after
 * receive(), call poll() until it returns undefined; after every call send what
 * takeOutput() returns, and come back no later than nextDeadline().
 *
 * connect() may be called at once: what is sent before the handshake is done
 * waits behind it.
 */
export class ClientSession {
  readonly #options: Readonly<ClientSessionOptions>;
  readonly #decoder: ChunkDecoder;
  readonly #output = new SessionOutput();
  readonly #acknowledger: Acknowledger;
  readonly #rate: CommandRate;
  readonly #commands: CommandReader;
  readonly #netStreams: NetStreams;
  readonly #media: MediaEvents;
  readonly #calls: PendingCalls;
  readonly #deadlines: ClientDeadlines;
  #handshake: ClientHandshake | undefined;
  #queued: ClientSessionEvent[] = [];
  #isConnectSent = false;
  #isConnected = false;
  #hasCheckedBandwidth = false;
  #announcedWindow: number;
  #answers = 0;

  /**
   * @param options see {@link ClientSessionOptions}
   * @param now the time in milliseconds, of any clock that does not go back
   * @throws {RtmpUsageError} for an option that cannot be
   */
  constructor(options: Partial<ClientSessionOptions> = {}, now = 0) {
    this.#options = resolveClientSessionOptions(options);
    const { chunk, windowAcknowledgementSize, maxCommandsPerSecond, maxNetStreams, maxPendingCalls } = this.#options;
    this.#decoder = new ChunkDecoder(chunk);
    this.#acknowledger = new Acknowledger(windowAcknowledgementSize);
    this.#announcedWindow = windowAcknowledgementSize;
    this.#rate = new CommandRate(maxCommandsPerSecond, now);
    this.#commands = new CommandReader(this.#options);
    this.#netStreams = new NetStreams(maxNetStreams);
    this.#media = new MediaEvents(this.#netStreams, 'playing');
    this.#calls = new PendingCalls(maxPendingCalls);
    this.#deadlines = new ClientDeadlines(this.#options, now);
    this.#handshake = new ClientHandshake(randomHandshakeBytes, this.#options.digest);
  }

  /** connect was accepted. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /**
   * Chunk size of what is sent once connect was: who writes chunks past the
   * session, e.g. batches that many connections share, writes them with this one.
   */
  get chunkSize(): number {
    return this.#options.chunkSize;
  }

  /** Bytes that wait for takeOutput(). */
  get outputLength(): number {
    return this.#output.length;
  }

  /** Bytes received since the handshake. */
  get bytesReceived(): number {
    return this.#acknowledger.received;
  }

  netStreamState(messageStreamId: number): NetStreamState | undefined {
    return this.#netStreams.get(messageStreamId);
  }

  /**
   * Takes received bytes, which must stay as they are until poll() returned
   * undefined.
   *
   * @throws {RtmpProtocolError} the server broke the protocol: close.
   */
  receive(bytes: Uint8Array, now: number): void {
    this.#deadlines.received(now);
    this.#answers = 0;
    let rest = bytes;
    if (this.#handshake !== undefined) {
      rest = bytes.subarray(this.#handshake.receive(bytes));
      if (this.#handshake.isDone && this.#handshake.output === undefined) this.#shaken();
      if (rest.length === 0) return;
    }
    const acknowledgement = this.#acknowledger.count(rest.length);
    if (acknowledgement !== undefined) this.#output.control(MessageTypeId.Acknowledgement, acknowledgement);
    this.#decoder.push(rest);
  }

  /**
   * The next event, or undefined when there is none; then nothing of the
   * received bytes is referenced any more.
   *
   * @throws {RtmpProtocolError} the server broke the protocol: close.
   */
  poll(): ClientSessionEvent | undefined {
    for (;;) {
      if (this.#queued.length > 0) return this.#queued.shift();
      const media = this.#media.next();
      if (media !== undefined) return media;
      const message = this.#decoder.next();
      if (message === undefined) return undefined;
      const event = this.#handleMessage(message);
      if (event !== undefined) return event;
    }
  }

  /**
   * Announces chunk size and window, and sends connect. The answer is a
   * ConnectedEvent, or a ReplyEvent with what it was refused with.
   *
   * @returns its transaction ID
   */
  connect(parameters: ConnectParameters): number {
    if (this.#isConnectSent) throw new RtmpUsageError('connect() was called before; a connection has one connect');
    this.#isConnectSent = true;
    const { chunkSize, windowAcknowledgementSize } = this.#options;
    this.#output.control(MessageTypeId.SetChunkSize, chunkSize);
    this.#output.control(MessageTypeId.WindowAcknowledgementSize, windowAcknowledgementSize);
    return this.#call(0, 'connect', connectObject(parameters), ...(parameters.args ?? []));
  }

  /**
   * Calls a command of the server on the connection (§7.2.1.2). The answer is a ReplyEvent.
   *
   * @returns its transaction ID
   */
  call(name: string, ...args: AmfValue[]): number {
    this.#mustBeConnected(name);
    return this.#call(0, name, null, ...args);
  }

  /** Sends a command whose answer is of no interest, on the connection or on a NetStream. */
  notify(messageStreamId: number, name: string, ...args: AmfValue[]): void {
    this.#mustBeConnected(name);
    this.#output.command(messageStreamId, name, this.#calls.pass(), null, ...args);
  }

  /** createStream (§7.2.1.3). Its ReplyEvent carries the message stream ID as the first value. */
  createStream(): number {
    return this.call('createStream');
  }

  /** publish (§7.2.2.6). The answer is a StatusEvent. */
  publish(messageStreamId: number, name: string, type: PublishingType = 'live'): void {
    this.#begin(messageStreamId, 'publishing', 'publish', name, type);
  }

  /** play (§7.2.2.1), and how much is buffered for it. The answer is a StatusEvent. */
  play(messageStreamId: number, name: string, parameters: PlayParameters = {}, bufferLength = 1000): void {
    const { start = -2000, duration = -1, reset = true } = parameters;
    this.#begin(messageStreamId, 'playing', 'play', name, start, duration, reset);
    this.#output.userControl(UserControlEvent.SetBufferLength, messageStreamId, bufferLength);
  }

  /** deleteStream (§7.2.2.3): what comes for the NetStream from now on is dropped. */
  deleteStream(messageStreamId: number): void {
    this.closeNetStream(messageStreamId);
    this.#netStreams.delete(messageStreamId);
    this.#calls.forget(messageStreamId);
    this.notify(0, 'deleteStream', messageStreamId);
  }

  /** The NetStream does nothing any more, e.g. because the server refused; nothing is sent. */
  closeNetStream(messageStreamId: number): void {
    if (this.#netStreams.get(messageStreamId) !== undefined) this.#netStreams.set(messageStreamId, 'idle');
    this.#deadlines.isPlaying = this.#netStreams.isAny('playing');
  }

  /** Sends an audio, video or data message: one copy, into the chunks. */
  send(messageStreamId: number, messageTypeId: number, timestamp: number, payload: Uint8Array): void {
    this.#output.media(messageStreamId, messageTypeId, timestamp >>> 0, payload);
  }

  /** Everything to send, in one buffer that is the caller's to keep. */
  takeOutput(): Uint8Array | undefined {
    const handshake = this.#handshake;
    if (handshake === undefined) return this.#output.take();
    const bytes = handshake.output;
    handshake.output = undefined;
    if (!handshake.isDone) return bytes;
    // C2, and behind it what waited for it.
    this.#shaken();
    const rest = this.#output.take();
    return bytes === undefined ? rest : rest === undefined ? bytes : joined(bytes, rest);
  }

  /** When to call handleDeadline(), on the clock of `now`; undefined when there is nothing to wait for. */
  nextDeadline(): number | undefined {
    return this.#deadlines.next();
  }

  /**
   * Time passed. Sends a Ping Request to a silent server.
   *
   * @throws {RtmpProtocolError} the server took too long
   */
  handleDeadline(now: number): void {
    if (this.#deadlines.handle(now)) this.#output.userControl(UserControlEvent.PingRequest, now >>> 0);
  }

  #shaken(): void {
    this.#handshake = undefined;
    this.#deadlines.shaken();
  }

  #call(messageStreamId: number, name: string, commandObject: AmfValue, ...args: AmfValue[]): number {
    const transactionId = this.#calls.open(name);
    this.#output.command(messageStreamId, name, transactionId, commandObject, ...args);
    return transactionId;
  }

  #mustBeConnected(name: string): void {
    if (!this.#isConnected) throw new RtmpUsageError(`${name} before connect was accepted`);
  }

  #begin(messageStreamId: number, state: NetStreamState, command: string, ...args: AmfValue[]): void {
    const now = this.#netStreams.get(messageStreamId);
    if (now !== 'idle') {
      const what = now === undefined ? 'was not created' : `is ${now} already`;
      throw new RtmpUsageError(`stream ${messageStreamId} ${what}`);
    }
    this.#netStreams.set(messageStreamId, state);
    this.#deadlines.isPlaying = this.#netStreams.isAny('playing');
    this.#output.command(messageStreamId, command, this.#calls.begin(messageStreamId), null, ...args);
  }

  #handleMessage(message: Message): ClientSessionEvent | undefined {
    const { messageTypeId, payload } = message;
    switch (messageTypeId) {
      case MessageTypeId.Audio:
      case MessageTypeId.Video:
      case MessageTypeId.DataAmf0:
      case MessageTypeId.DataAmf3:
      case MessageTypeId.Aggregate:
        // Node-Media-Server sends all media on message stream 0.
        if (message.messageStreamId === 0) message.messageStreamId = this.#netStreams.onlyIn('playing') ?? 0;
        return this.#media.of(message);
      case MessageTypeId.CommandAmf0:
      case MessageTypeId.CommandAmf3:
        return this.#handleCommand(message);
      case MessageTypeId.UserControl:
        return this.#handleUserControl(payload);
      case MessageTypeId.WindowAcknowledgementSize:
        // Half of it: a server may stop sending when all of its window is on the way.
        if (payload.length >= 4) this.#acknowledger.setWindow(Math.ceil(readUint32(payload, 0) / 2));
        return undefined;
      case MessageTypeId.SetPeerBandwidth:
        if (payload.length >= 4) this.#announceWindow(readUint32(payload, 0));
        return undefined;
      default:
        // Set Chunk Size and Abort are done by the decoder; acknowledgements and shared objects do not concern us.
        return undefined;
    }
  }

  /** Set Peer Bandwidth is answered with a window of that size, unless that was said before (§5.4.5). */
  #announceWindow(size: number): void {
    if (size === 0 || size === this.#announcedWindow || ++this.#answers > MAX_ANSWERS_PER_RECEIVE) return;
    this.#announcedWindow = size;
    this.#output.control(MessageTypeId.WindowAcknowledgementSize, size);
  }

  #handleUserControl(payload: Uint8Array): ClientSessionEvent | undefined {
    if (payload.length < 6) return undefined;
    const event = (payload[0]! << 8) | payload[1]!;
    const value = readUint32(payload, 2);
    if (event === UserControlEvent.PingRequest) {
      // Answered and nothing else is: Twitch ends connections that answer Stream Begin (Q22).
      if (++this.#answers <= MAX_ANSWERS_PER_RECEIVE) this.#output.userControl(UserControlEvent.PingResponse, value);
      return undefined;
    }
    return STREAM_EVENTS.has(event) ? { type: 'userControl', event, messageStreamId: value } : undefined;
  }

  /** A command that cannot be decoded ends a session only when there are many. */
  #handleCommand(message: Message): ClientSessionEvent | undefined {
    if (message.payload.length === 0) return undefined;
    this.#rate.take(this.#deadlines.now);
    let command: RtmpCommand;
    try {
      command = this.#commands.decode(message);
    } catch (error) {
      return this.#commands.forgive(message, error);
    }
    switch (command.name) {
      case '_result':
      case '_error':
        return this.#handleReply(command);
      case 'onStatus':
        return readOnStatus(command);
      case 'onBWDone':
        this.#checkBandwidth();
        return undefined;
      case '_onbwcheck':
        // What librtmp answers to Flash Media Server; without a transaction ID no answer is wanted (Q22).
        if (command.transactionId !== 0) this.#output.command(0, '_result', command.transactionId, null, 0);
        return undefined;
      default:
        return { type: 'command', command };
    }
  }

  /** FFmpeg and librtmp ask for a check when the server says that one is done; once is enough. */
  #checkBandwidth(): void {
    if (this.#hasCheckedBandwidth || !this.#isConnected) return;
    this.#hasCheckedBandwidth = true;
    this.notify(0, '_checkbw');
  }

  #handleReply(command: CommandBase): ClientSessionEvent | undefined {
    const name = this.#calls.take(command.transactionId);
    if (name === undefined) {
      const refused = command.name === '_error' ? this.#calls.takeBegin(command.transactionId) : undefined;
      // Otherwise nobody asked, or nobody wants to know.
      return refused === undefined ? undefined : readRefusal(refused, command);
    }
    const event = readReply(name, command);
    if (event.isResult && name === 'createStream') this.#created(event.values[0]);
    if (!event.isResult || name !== 'connect') return event;
    this.#isConnected = true;
    this.#queued.push(event);
    return { type: 'connected', capabilities: readServerCapabilities(command) };
  }

  #created(id: AmfValue): void {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id > 0xffffffff) {
      throw new RtmpProtocolError('RTMP_ERR_COMMAND', 'createStream was answered with no ID of a stream');
    }
    if (!this.#netStreams.adopt(id)) {
      throw new RtmpProtocolError('RTMP_ERR_COMMAND', `more than ${this.#netStreams.limit} streams`);
    }
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
