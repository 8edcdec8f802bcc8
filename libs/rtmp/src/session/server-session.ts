import type { AmfValue } from '#lib/amf';
import { ChunkDecoder, type ChunkDecoderOptions } from '../chunk-stream/chunk-decoder.js';
import { readUint32 } from '../chunk-stream/integers.js';
import type { ClientCapabilities } from '../command/client-capabilities.js';
import type {
  ConnectCommand,
  DeleteStreamCommand,
  PublishCommand,
  RtmpCommand,
  PlayCommand,
} from '../command/commands.js';
import type { RtmpStatus } from '../command/status.js';
import { RtmpProtocolError, RtmpUsageError } from '../errors.js';
import { randomHandshakeBytes } from '../handshake/handshake-random.js';
import { ServerHandshake } from '../handshake/server-handshake.js';
import { MessageTypeId, UserControlEvent } from '../message/message-types.js';
import type { Message } from '../message/message.js';
import { suffersFromAcknowledgements } from './acknowledgement-taste.js';
import { Acknowledger } from './acknowledger.js';
import { CommandRate } from './command-rate.js';
import { CommandReader } from './command-reader.js';
import { MediaEvents } from './media-events.js';
import { type NetStreamState, NetStreams } from './net-streams.js';
import {
  acceptConnect,
  acceptCreateStream,
  acceptOther,
  acceptPublish,
  type ReconnectRequest,
  rejectCommand,
  sendReconnectRequest,
  sendUnpublished,
  sendStatus,
  acceptPlay,
  sendPlayStatus,
} from './server-replies.js';
import { resolveServerSessionOptions, type ServerSessionOptions, unadmittedLimits } from './server-session-options.js';
import { SessionDeadlines, type ServerSessionPhase } from './session-deadlines.js';
import type { ServerSessionEvent } from './session-events.js';
import { SessionOutput } from './session-output.js';
import { UserControls } from './user-controls.js';

/**
 * The server end of one RTMP connection, handshake included. It holds no
 * socket, timer or clock: the same calls with the same arguments give the same
 * events, and the same bytes but for the random ones of the handshake.
 *
 * After receive(), call poll() until it returns undefined; after every call
 * send what takeOutput() returns, and come back no later than nextDeadline().
 * While a command is undecided poll() returns undefined and received bytes
 * wait inside: media behind a publish that is still being authorised is kept.
 *
 * ```
 * handshake --C2--> connecting --connect accepted--> connected
 * NetStream: (createStream) idle --publish accepted--> publishing --FCUnpublish, closeStream--> idle
 *                           idle --play accepted--> playing (again and again) --closeStream--> idle
 *            any --deleteStream--> gone
 * ```
 */
export class ServerSession {
  readonly #options: Readonly<ServerSessionOptions>;
  readonly #decoder: ChunkDecoder;
  readonly #output = new SessionOutput();
  readonly #acknowledger: Acknowledger;
  readonly #rate: CommandRate;
  readonly #commands: CommandReader;
  readonly #netStreams: NetStreams;
  readonly #deadlines: SessionDeadlines;
  readonly #media: MediaEvents;
  readonly #userControls: UserControls;
  #handshake: ServerHandshake | undefined = new ServerHandshake(randomHandshakeBytes);
  #pending: RtmpCommand | undefined;
  /** Events that come before the next message. */
  #queued: ServerSessionEvent[] = [];
  #wantsClose = false;
  #capabilities: ClientCapabilities | undefined;

  /**
   * @param options see {@link ServerSessionOptions}
   * @param now the time in milliseconds, of any clock that does not go back
   * @param input whether receive() may write to what it is given, which saves a copy
   * @throws {RtmpUsageError} for an option that cannot be
   */
  constructor(options: Partial<ServerSessionOptions> = {}, now = 0, input: ChunkDecoderOptions = {}) {
    this.#options = resolveServerSessionOptions(options);
    this.#decoder = new ChunkDecoder(unadmittedLimits(this.#options), input);
    this.#acknowledger = new Acknowledger(this.#options.defaultAcknowledgementWindow);
    this.#rate = new CommandRate(this.#options.maxCommandsPerSecond, now);
    this.#commands = new CommandReader(this.#options);
    this.#netStreams = new NetStreams(this.#options.maxNetStreams);
    this.#media = new MediaEvents(this.#netStreams);
    this.#userControls = new UserControls(this.#output, this.#netStreams);
    this.#deadlines = new SessionDeadlines(this.#options, now, () => this.#netStreams.isAny('publishing'));
  }

  get phase(): ServerSessionPhase {
    return this.#deadlines.phase;
  }

  /** The command that waits for accept() or reject(). */
  get pending(): RtmpCommand | undefined {
    return this.#pending;
  }

  /** Received bytes that wait, e.g. behind an undecided command. */
  get heldBytes(): number {
    return this.#decoder.waitingBytes;
  }

  /** What was wrong with the peer when the connection ends now. */
  get cutOff(): RtmpProtocolError | undefined {
    return this.#handshake?.cutOff;
  }

  /** A refusal ended the session: send the output, then end the connection. */
  get wantsClose(): boolean {
    return this.#wantsClose;
  }

  /** Bytes received since the handshake. */
  get bytesReceived(): number {
    return this.#acknowledger.received;
  }

  netStreamState(messageStreamId: number): NetStreamState | undefined {
    return this.#netStreams.get(messageStreamId);
  }

  /** Milliseconds of media that the peer keeps, of a NetStream or of all, by its Set Buffer Length (§7.1.7). */
  bufferLength(messageStreamId: number): number | undefined {
    return this.#netStreams.bufferLength(messageStreamId) ?? this.#netStreams.bufferLength(0);
  }

  /**
   * Takes received bytes, which must stay as they are until poll() returned
   * undefined.
   *
   * @throws {RtmpProtocolError} the peer broke the protocol: send the output, then close.
   */
  receive(bytes: Uint8Array, now: number): void {
    if (this.#wantsClose) return; // nothing of it will be looked at
    this.#deadlines.received(now);
    this.#userControls.beginReceive();
    let rest = bytes;
    if (this.#handshake !== undefined) {
      rest = bytes.subarray(this.#shakeHands(this.#handshake, bytes));
      if (rest.length === 0) return;
    }
    const acknowledgement = this.#acknowledger.count(rest.length);
    if (acknowledgement !== undefined) this.#output.control(MessageTypeId.Acknowledgement, acknowledgement);
    this.#decoder.push(rest);
  }

  /**
   * The next event, or undefined when there is none or a command waits to be
   * decided; then nothing of the received bytes is referenced any more.
   *
   * @throws {RtmpProtocolError} the peer broke the protocol: send the output, then close.
   */
  poll(): ServerSessionEvent | undefined {
    for (;;) {
      if (this.#queued.length > 0) return this.#queued.shift();
      if (this.#pending !== undefined || this.#wantsClose) {
        this.#decoder.detach();
        return undefined;
      }
      const media = this.#media.next();
      if (media !== undefined) return media;
      const message = this.#decoder.next();
      if (message === undefined) return undefined;
      const event = this.#handleMessage(message);
      if (event !== undefined) return event;
    }
  }

  /**
   * Answers the pending command with yes, in the way and order that real
   * encoders need. Then poll() again.
   *
   * @param reply connect: more properties of the information object; any other: the result
   * @throws {RtmpUsageError} when this command is not the pending one
   */
  accept(command: RtmpCommand, reply?: AmfValue): void {
    this.#mustBePending(command);
    this.#take(command, reply);
    this.#decided();
  }

  /**
   * Answers the pending command with no: `_error`, or onStatus for a NetStream
   * command. A refused connect, and a refused publish or play on a connection
   * that does nothing else, end the session ({@link wantsClose}).
   *
   * @throws {RtmpUsageError} when this command is not the pending one
   */
  reject(command: RtmpCommand, status: RtmpStatus): void {
    this.#mustBePending(command);
    rejectCommand(this.#output, command, status);
    this.#decided();
    const { name } = command;
    if (name === 'connect' || ((name === 'publish' || name === 'play') && !this.#netStreams.isAnyActive)) {
      this.#wantsClose = true;
    }
  }

  /** Sends an onStatus on a NetStream, unasked. */
  onStatus(messageStreamId: number, status: RtmpStatus): void {
    sendStatus(this.#output, messageStreamId, status);
  }

  /**
   * Asks the client to go on at another connection, which it opens before it
   * closes this one: go on with this one until then.
   *
   * @returns false when it did not say in connect that it can: nothing was sent
   */
  requestReconnect(request: ReconnectRequest = {}): boolean {
    return sendReconnectRequest(this.#output, this.#capabilities, request);
  }

  /** Sends an onPlayStatus on a NetStream: how far what is played has come, which is the message's time too. */
  onPlayStatus(messageStreamId: number, timestamp: number, status: RtmpStatus): void {
    sendPlayStatus(this.#output, messageStreamId, timestamp, status);
  }

  /** Sends a user control event (§7.1.7) about a NetStream, e.g. Stream EOF. */
  userControl(event: number, messageStreamId: number): void {
    this.#output.userControl(event, messageStreamId);
  }

  /** The server ends what a NetStream does; what it still sends is dropped. No event follows. */
  closeStream(messageStreamId: number): void {
    if (this.#netStreams.get(messageStreamId) !== undefined) this.#netStreams.set(messageStreamId, 'idle');
  }

  /** Everything to send, in one buffer that the caller may keep, but not change. */
  takeOutput(): Uint8Array | undefined {
    return this.#output.take();
  }

  /** When to call handleDeadline(), on the clock of `now`; undefined when the session only wants to be closed. */
  nextDeadline(): number | undefined {
    return this.#wantsClose ? undefined : this.#deadlines.next();
  }

  /**
   * Time passed. Sends a Ping Request to a silent peer.
   *
   * @throws {RtmpProtocolError} the peer took too long
   */
  handleDeadline(now: number): void {
    if (this.#wantsClose) return;
    if (this.#deadlines.handle(now)) this.#output.userControl(UserControlEvent.PingRequest, now >>> 0);
  }

  #shakeHands(handshake: ServerHandshake, bytes: Uint8Array): number {
    const taken = handshake.receive(bytes);
    if (handshake.output !== undefined) {
      this.#output.raw(handshake.output);
      handshake.output = undefined;
    }
    if (handshake.isDone) {
      this.#handshake = undefined;
      this.#deadlines.enter('connecting');
    }
    return taken;
  }

  #mustBePending(command: RtmpCommand): void {
    if (this.#pending !== command) {
      throw new RtmpUsageError(`${command.name} is not the pending command; each command is answered once`);
    }
  }

  /** After the reply: one that cannot be encoded leaves the command to be answered. */
  #decided(): void {
    this.#pending = undefined;
    this.#deadlines.resume();
  }

  #take(command: RtmpCommand, reply: AmfValue): void {
    const { messageStreamId, name } = command;
    switch (name) {
      case 'connect':
        acceptConnect(this.#output, command as ConnectCommand, this.#options, reply);
        if (suffersFromAcknowledgements((command as ConnectCommand).flashVer)) this.#acknowledger.onlyWhenAsked();
        this.#capabilities = (command as ConnectCommand).capabilities;
        this.#deadlines.enter('connected');
        return;
      case 'createStream':
        acceptCreateStream(this.#output, command, this.#netStreams);
        return;
      case 'publish':
        acceptPublish(this.#output, command as PublishCommand);
        this.#decoder.maxPendingBytes = this.#options.chunk.maxPendingBytes;
        this.#netStreams.set(messageStreamId, 'publishing');
        return;
      case 'play':
        acceptPlay(this.#output, command as PlayCommand);
        this.#netStreams.set(messageStreamId, 'playing');
        return;
      case 'deleteStream': {
        // GStreamer's rtmp2sink sends the stream's name instead of its ID, which is 0 for us: it means the one it has.
        const streamId = (command as DeleteStreamCommand).streamId || (this.#netStreams.only ?? 0);
        this.#endNetStream(streamId, name);
        this.#netStreams.delete(streamId);
        return;
      }
      case 'closeStream':
        this.#endNetStream(messageStreamId, name);
        return;
      default:
        acceptOther(this.#output, command, reply, this.#netStreams.get(messageStreamId));
        // Encoders send FCUnpublish on the NetConnection and deleteStream behind it, which is what ends the publish.
        if (name === 'FCUnpublish') this.#endNetStream(messageStreamId, name);
    }
  }

  #handleMessage(message: Message): ServerSessionEvent | undefined {
    switch (message.messageTypeId) {
      case MessageTypeId.Audio:
      case MessageTypeId.Video:
      case MessageTypeId.DataAmf0:
      case MessageTypeId.DataAmf3:
      case MessageTypeId.Aggregate:
        return this.#media.of(message);
      case MessageTypeId.CommandAmf0:
      case MessageTypeId.CommandAmf3:
        return this.#handleCommand(message);
      case MessageTypeId.UserControl:
        this.#userControls.receive(message.payload);
        return undefined;
      case MessageTypeId.WindowAcknowledgementSize:
        if (message.payload.length >= 4) this.#acknowledger.setWindow(readUint32(message.payload, 0));
        return undefined;
      default:
        // Set Chunk Size and Abort are done by the decoder; Acknowledgement, Set Peer Bandwidth, shared
        // objects and whatever else encoders send do not concern a server that records.
        return undefined;
    }
  }

  /** A command that cannot be decoded ends a session that is not connected, later only when there are many. */
  #handleCommand(message: Message): ServerSessionEvent | undefined {
    if (message.payload.length === 0) return undefined;
    this.#rate.take(this.#deadlines.now);
    let command: RtmpCommand;
    try {
      command = this.#commands.decode(message);
    } catch (error) {
      if (this.phase !== 'connected') throw error;
      return this.#commands.forgive(message, error);
    }
    if (command.name === '_result' || command.name === '_error' || command.name === 'onStatus') return undefined;
    if (this.phase !== 'connected' && command.name !== 'connect') {
      throw new RtmpProtocolError('RTMP_ERR_NOT_CONNECTED', JSON.stringify(command.name.slice(0, 64)));
    }
    if (this.phase === 'connected' && command.name === 'connect') {
      throw new RtmpProtocolError('RTMP_ERR_ALREADY_CONNECTED', `transaction ID ${command.transactionId}`);
    }
    this.#pending = command;
    this.#deadlines.suspend();
    if ((command.name === 'publish' || command.name === 'play') && !this.#mayStart(command)) return undefined;
    return { type: 'command', command };
  }

  /** Whether the NetStream is there and idle, or plays and is to play something else; refuses the command otherwise. */
  #mayStart(command: RtmpCommand): boolean {
    const id = command.messageStreamId;
    const state = this.#netStreams.adopt(id) ? this.#netStreams.get(id) : 'missing';
    if (state === 'idle' || (state === 'playing' && command.name === 'play')) return true;
    const code = command.name === 'publish' ? 'NetStream.Publish.BadName' : 'NetStream.Play.Failed';
    const missing = `There is no stream ${id} on this connection.`;
    const description = state === 'missing' ? missing : `Stream ${id} is already ${state}.`;
    this.reject(command, { level: 'error', code, description });
    return false;
  }

  #endNetStream(messageStreamId: number, reason: string): void {
    const state = this.#netStreams.get(messageStreamId);
    if (state === undefined || state === 'idle') return;
    this.#netStreams.set(messageStreamId, 'idle');
    if (state === 'publishing') sendUnpublished(this.#output, messageStreamId);
    this.#queued.push({ type: 'streamClosed', messageStreamId, was: state, reason });
  }
}
