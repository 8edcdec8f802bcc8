import type { AmfValue } from '#lib/amf';
import { ChunkDecoder } from '../chunk-stream/chunk-decoder.js';
import { readUint32 } from '../chunk-stream/integers.js';
import type { ConnectCommand, DeleteStreamCommand, PublishCommand, RtmpCommand } from '../command/commands.js';
import { decodeCommand } from '../command/decode-command.js';
import type { RtmpStatus } from '../command/status.js';
import { RtmpProtocolError, RtmpUsageError } from '../errors.js';
import { randomHandshakeBytes } from '../handshake/handshake-random.js';
import { ServerHandshake } from '../handshake/server-handshake.js';
import { type AggregatedMessage, splitAggregate } from '../message/aggregate.js';
import { MessageTypeId, UserControlEvent } from '../message/message-types.js';
import type { Message } from '../message/message.js';
import { Acknowledger } from './acknowledger.js';
import { CommandRate } from './command-rate.js';
import { type NetStreamState, NetStreams } from './net-streams.js';
import { acceptConnect, acceptOther, acceptPublish, rejectCommand, sendStatus } from './server-replies.js';
import { resolveServerSessionOptions, type ServerSessionOptions } from './server-session-options.js';
import { SessionDeadlines, type ServerSessionPhase } from './session-deadlines.js';
import type { MediaEvent, ServerSessionEvent } from './session-events.js';
import { SessionOutput } from './session-output.js';

/** So many pings are answered for each receive(); the rest of a flood is dropped. */
const MAX_PINGS_PER_RECEIVE = 4;

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
 *            any --deleteStream--> gone
 * ```
 */
export class ServerSession {
  readonly #options: Readonly<ServerSessionOptions>;
  readonly #decoder: ChunkDecoder;
  readonly #output = new SessionOutput();
  readonly #acknowledger: Acknowledger;
  readonly #rate: CommandRate;
  readonly #netStreams: NetStreams;
  readonly #deadlines: SessionDeadlines;
  readonly #media: MediaEvent = {
    type: 'media',
    messageStreamId: 0,
    messageTypeId: 0,
    timestamp: 0,
    payload: new Uint8Array(0),
  };
  #handshake: ServerHandshake | undefined = new ServerHandshake(randomHandshakeBytes);
  #pending: RtmpCommand | undefined;
  /** Events that come before the next message. */
  #queued: ServerSessionEvent[] = [];
  #aggregate: Generator<AggregatedMessage> | undefined;
  #aggregateStreamId = 0;
  #wantsClose = false;
  #badMessages = 0;
  #pings = 0;

  /**
   * @param options see {@link ServerSessionOptions}
   * @param now the time in milliseconds, of any clock that does not go back
   * @throws {RtmpUsageError} for an option that cannot be
   */
  constructor(options: Partial<ServerSessionOptions> = {}, now = 0) {
    this.#options = resolveServerSessionOptions(options);
    this.#decoder = new ChunkDecoder(this.#options.chunk);
    this.#acknowledger = new Acknowledger(this.#options.defaultAcknowledgementWindow);
    this.#rate = new CommandRate(this.#options.maxCommandsPerSecond, now);
    this.#netStreams = new NetStreams(this.#options.maxNetStreams);
    this.#deadlines = new SessionDeadlines(this.#options, now);
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

  /**
   * Takes received bytes, which must stay as they are until poll() returned
   * undefined.
   *
   * @throws {RtmpProtocolError} the peer broke the protocol: send the output, then close.
   */
  receive(bytes: Uint8Array, now: number): void {
    if (this.#wantsClose) return; // nothing of it will be looked at
    this.#deadlines.received(now);
    this.#pings = 0;
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
      if (this.#aggregate !== undefined) {
        const event = this.#nextAggregated(this.#aggregate);
        if (event !== undefined) return event;
        continue;
      }
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
    this.#decide(command);
    switch (command.name) {
      case 'connect':
        acceptConnect(this.#output, command as ConnectCommand, this.#options, reply);
        this.#deadlines.enter('connected');
        return;
      case 'createStream': {
        const id = this.#netStreams.create();
        if (id === undefined) {
          const description = `At most ${this.#options.maxNetStreams} streams per connection.`;
          rejectCommand(this.#output, command, { level: 'error', code: 'NetConnection.Call.Failed', description });
        } else {
          this.#output.command(0, '_result', command.transactionId, null, id);
        }
        return;
      }
      case 'publish':
        acceptPublish(this.#output, command as PublishCommand);
        this.#netStreams.set(command.messageStreamId, 'publishing');
        return;
      case 'deleteStream': {
        const { streamId } = command as DeleteStreamCommand;
        this.#endNetStream(streamId, command.name);
        this.#netStreams.delete(streamId);
        return;
      }
      case 'closeStream':
        this.#endNetStream(command.messageStreamId, command.name);
        return;
      case 'FCUnpublish':
        acceptOther(this.#output, command, reply);
        // Encoders send it on the NetConnection and deleteStream behind it, which is what ends the publish.
        this.#endNetStream(command.messageStreamId, command.name);
        return;
      case 'play':
        this.#netStreams.set(command.messageStreamId, 'playing');
        return;
      default:
        acceptOther(this.#output, command, reply);
    }
  }

  /**
   * Answers the pending command with no: `_error`, or onStatus for a NetStream
   * command. A refused connect, and a refused publish or play on a connection
   * that does nothing else, end the session ({@link wantsClose}).
   *
   * @throws {RtmpUsageError} when this command is not the pending one
   */
  reject(command: RtmpCommand, status: RtmpStatus): void {
    this.#decide(command);
    rejectCommand(this.#output, command, status);
    const { name } = command;
    if (name === 'connect' || ((name === 'publish' || name === 'play') && !this.#netStreams.isAnyActive)) {
      this.#wantsClose = true;
    }
  }

  /** Sends an onStatus on a NetStream, unasked. */
  onStatus(messageStreamId: number, status: RtmpStatus): void {
    sendStatus(this.#output, messageStreamId, status);
  }

  /** The server ends what a NetStream does; what it still sends is dropped. No event follows. */
  closeStream(messageStreamId: number): void {
    if (this.#netStreams.get(messageStreamId) !== undefined) this.#netStreams.set(messageStreamId, 'idle');
  }

  /** Everything to send, in one buffer that is the caller's to keep. */
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

  #decide(command: RtmpCommand): void {
    if (this.#pending !== command) {
      throw new RtmpUsageError(`${command.name} is not the pending command; each command is answered once`);
    }
    this.#pending = undefined;
    this.#deadlines.resume();
  }

  #handleMessage(message: Message): ServerSessionEvent | undefined {
    const { messageTypeId } = message;
    switch (messageTypeId) {
      case MessageTypeId.Audio:
      case MessageTypeId.Video:
      case MessageTypeId.DataAmf0:
      case MessageTypeId.DataAmf3:
        return this.#mediaEvent(message.messageStreamId, messageTypeId, message.timestamp, message.payload);
      case MessageTypeId.CommandAmf0:
      case MessageTypeId.CommandAmf3:
        return this.#handleCommand(message);
      case MessageTypeId.Aggregate:
        if (this.#netStreams.get(message.messageStreamId) === 'publishing') {
          this.#aggregateStreamId = message.messageStreamId;
          this.#aggregate = splitAggregate(message.payload, message.timestamp);
        }
        return undefined;
      case MessageTypeId.UserControl:
        return this.#handleUserControl(message.payload);
      case MessageTypeId.WindowAcknowledgementSize:
        if (message.payload.length >= 4) this.#acknowledger.setWindow(readUint32(message.payload, 0));
        return undefined;
      default:
        // Set Chunk Size and Abort are done by the decoder; Acknowledgement, Set Peer Bandwidth, shared
        // objects and whatever else encoders send do not concern a server that records.
        return undefined;
    }
  }

  /** Media of a NetStream that does not publish is dropped: it may be on its way when a publish ends (Q21). */
  #mediaEvent(id: number, messageTypeId: number, timestamp: number, payload: Uint8Array): MediaEvent | undefined {
    if (this.#netStreams.get(id) !== 'publishing') return undefined;
    const event = this.#media;
    event.messageStreamId = id;
    event.messageTypeId = messageTypeId;
    event.timestamp = timestamp;
    event.payload = payload;
    return event;
  }

  #nextAggregated(aggregate: Generator<AggregatedMessage>): ServerSessionEvent | undefined {
    const next = aggregate.next();
    if (next.done === true) {
      this.#aggregate = undefined;
      return undefined;
    }
    const { messageTypeId, timestamp, payload } = next.value;
    switch (messageTypeId) {
      case MessageTypeId.Audio:
      case MessageTypeId.Video:
      case MessageTypeId.DataAmf0:
      case MessageTypeId.DataAmf3:
        return this.#mediaEvent(this.#aggregateStreamId, messageTypeId, timestamp, payload);
      default:
        return undefined;
    }
  }

  #handleCommand(message: Message): ServerSessionEvent | undefined {
    const { messageTypeId, messageStreamId, payload } = message;
    if (payload.length === 0) return undefined;
    this.#rate.take(this.#deadlines.now);
    let command: RtmpCommand;
    try {
      if (payload.length > this.#options.maxCommandLength) {
        const detail = `${payload.length} bytes, at most ${this.#options.maxCommandLength}`;
        throw new RtmpProtocolError('RTMP_ERR_COMMAND', detail);
      }
      command = decodeCommand(messageTypeId, messageStreamId, payload, this.#options.amf);
    } catch (error) {
      return this.#badMessage(message, error);
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

  /** Whether the NetStream is there and idle; refuses the command otherwise. */
  #mayStart(command: RtmpCommand): boolean {
    const id = command.messageStreamId;
    const code = command.name === 'publish' ? 'NetStream.Publish.BadName' : 'NetStream.Play.Failed';
    if (!this.#netStreams.adopt(id)) {
      const description = `There is no stream ${id} on this connection.`;
      this.reject(command, { level: 'error', code, description });
      return false;
    }
    const state = this.#netStreams.get(id);
    if (state === 'idle') return true;
    this.reject(command, { level: 'error', code, description: `Stream ${id} is already ${state}.` });
    return false;
  }

  /** A command that cannot be decoded ends a session that is not connected, later only when there are many. */
  #badMessage(message: Message, error: unknown): ServerSessionEvent {
    if (!(error instanceof RtmpProtocolError) || this.phase !== 'connected') throw error;
    if (++this.#badMessages > this.#options.maxBadMessages) {
      throw new RtmpProtocolError('RTMP_ERR_TOO_MANY_BAD_MESSAGES', `the last: ${error.message}`, { cause: error });
    }
    const { messageTypeId, messageStreamId } = message;
    return { type: 'badMessage', messageTypeId, messageStreamId, error };
  }

  /** Answers a Ping Request; all other events are a server's own, or unknown (Q27). */
  #handleUserControl(payload: Uint8Array): undefined {
    if (payload.length < 6 || payload[0] !== 0 || payload[1] !== UserControlEvent.PingRequest) return;
    if (++this.#pings > MAX_PINGS_PER_RECEIVE) return;
    this.#output.userControl(UserControlEvent.PingResponse, readUint32(payload, 2));
  }

  #endNetStream(messageStreamId: number, reason: string): void {
    const state = this.#netStreams.get(messageStreamId);
    if (state === undefined || state === 'idle') return;
    this.#netStreams.set(messageStreamId, 'idle');
    if (state === 'publishing') {
      sendStatus(this.#output, messageStreamId, {
        level: 'status',
        code: 'NetStream.Unpublish.Success',
        description: 'The stream is now unpublished.',
      });
    }
    this.#queued.push({ type: 'streamClosed', messageStreamId, was: state, reason });
  }
}
