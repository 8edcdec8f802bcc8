import {
  type LiveStream,
  type LiveSubscriber,
  type MediaSelection,
  RtmpWireFormat,
  type SubscriberEnd,
  type SubscriberSink,
} from '#lib/live';
import {
  type ClientCapabilities,
  type PauseCommand,
  type PlayCommand,
  type ReceiveCommand,
  type RtmpCommand,
  type RtmpStatus,
  type ServerSession,
  type StreamAddress,
  UserControlEvent,
} from '#lib/rtmp';
import type { ConnectionTransport } from '../server/connection-transport.js';
import { announcedSelection, EnhancedGuard } from './enhanced-guard.js';
import type { RtmpPlayback } from './rtmp-playback.js';

/** What a player's connection does for it. */
export interface PlayerConnection {
  readonly transport: ConnectionTransport;
  readonly core: ServerSession;
  readonly chunkSize: number;
  /** What the player said of its Enhanced RTMP. */
  readonly capabilities: ClientCapabilities | undefined;
  /** Sends what the session has to say. */
  flush(): void;
  /** Closes the connection. */
  end(reason: string): void;
}

interface Player {
  readonly command: PlayCommand;
  readonly address: StreamAddress;
  selection: MediaSelection;
  isPaused: boolean;
  stream: LiveStream | undefined;
  subscriber: LiveSubscriber | undefined;
  stopWaiting: (() => void) | undefined;
  stopGuard: (() => void) | undefined;
}

/**
 * What one connection plays, by message stream ID.
 *
 * ```
 * waiting --published--> playing --pause--> paused --unpause--> playing
 *    '--waitForPublisher--> StreamNotFound    '--stream ended--> UnpublishNotify
 *                                             '--codec that was not announced--> NoSupportedTrackFound
 * ```
 */
export class ConnectionPlayers {
  readonly #byStreamId = new Map<number, Player>();

  constructor(
    private readonly connection: PlayerConnection,
    private readonly playback: RtmpPlayback,
  ) {}

  get size(): number {
    return this.#byStreamId.size;
  }

  /** Begins to play; the peer has been told that it may expect media. */
  start(command: PlayCommand, address: StreamAddress): void {
    const player: Player = {
      command,
      address,
      selection: { audio: true, video: true },
      isPaused: false,
      stream: undefined,
      subscriber: undefined,
      stopWaiting: undefined,
      stopGuard: undefined,
    };
    this.#byStreamId.set(command.messageStreamId, player);
    const stop = this.playback.whenLive(
      address.path,
      (stream) => this.#attach(player, stream),
      () => this.#notFound(player),
    );
    if (player.stream === undefined) player.stopWaiting = stop;
  }

  /** pause, receiveAudio and receiveVideo, once they have been answered. */
  apply(command: RtmpCommand): void {
    const player = this.#byStreamId.get(command.messageStreamId);
    if (player === undefined) return;
    switch (command.name) {
      case 'pause':
      case 'pauseRaw':
        player.isPaused = (command as PauseCommand).pause;
        break;
      case 'receiveAudio':
        player.selection = { ...player.selection, audio: (command as ReceiveCommand).receive };
        break;
      case 'receiveVideo':
        player.selection = { ...player.selection, video: (command as ReceiveCommand).receive };
        break;
      default:
        return;
    }
    this.#unsubscribe(player);
    this.#subscribe(player);
  }

  /** The socket has room again. */
  onDrain(): void {
    const now = performance.now();
    for (const { subscriber } of this.#byStreamId.values()) subscriber?.onDrain(now);
  }

  /** The peer stopped playing. */
  stop(messageStreamId: number): void {
    const player = this.#byStreamId.get(messageStreamId);
    if (player === undefined) return;
    this.#byStreamId.delete(messageStreamId);
    player.stopWaiting?.();
    this.#unsubscribe(player);
  }

  /** The connection is closed. */
  stopAll(): void {
    for (const messageStreamId of this.#byStreamId.keys()) this.stop(messageStreamId);
  }

  #attach(player: Player, stream: LiveStream): void {
    player.stream = stream;
    player.stopWaiting = undefined;
    this.#subscribe(player);
  }

  #subscribe(player: Player): void {
    const { stream, command, isPaused } = player;
    if (stream === undefined || stream.isEnded || isPaused) return;
    const { audio, video } = player.selection;
    if (!audio && !video) return;
    const selection = this.playback.announcedOnly ? this.#guard(player, stream) : player.selection;
    if (selection === undefined) return;
    const format = new RtmpWireFormat(command.messageStreamId, this.connection.chunkSize, selection);
    player.subscriber = this.playback.subscribe(stream, format, this.#sinkOf(player));
  }

  /** Watches what the player did not announce; undefined when there is such already, and it has been refused. */
  #guard(player: Player, stream: LiveStream): MediaSelection | undefined {
    const { capabilities } = this.connection;
    const selection = announcedSelection(player.selection, capabilities);
    const guard = new EnhancedGuard(selection, capabilities, (what) => this.#unsupported(player, what));
    player.stopGuard = stream.addSink(guard);
    if (!guard.isRefused) return selection;
    player.stopGuard();
    return undefined;
  }

  #unsubscribe(player: Player): void {
    player.stopGuard?.();
    player.stopGuard = undefined;
    player.subscriber?.leave();
    player.subscriber = undefined;
  }

  #sinkOf(player: Player): SubscriberSink {
    const { transport } = this.connection;
    return {
      get queuedBytes() {
        return transport.writableLength;
      },
      write: (bytes) => void transport.write(bytes),
      end: (reason) => this.#ended(player, reason),
    };
  }

  #ended(player: Player, reason: SubscriberEnd): void {
    const { messageStreamId } = player.command;
    const { core } = this.connection;
    player.subscriber = undefined;
    player.stopGuard?.();
    this.#byStreamId.delete(messageStreamId);
    core.closeStream(messageStreamId);
    if (reason === 'too slow') {
      this.connection.end('the player reads too slowly');
      return;
    }
    const { path } = player.address;
    core.userControl(UserControlEvent.StreamEof, messageStreamId);
    core.onStatus(messageStreamId, {
      level: 'status',
      code: 'NetStream.Play.UnpublishNotify',
      description: `${path} is now unpublished.`,
    });
    core.onStatus(messageStreamId, {
      level: 'status',
      code: 'NetStream.Play.Stop',
      description: `Stopped playing ${path}.`,
    });
    this.connection.flush();
  }

  #notFound(player: Player): void {
    const description = `${player.address.path} is not live.`;
    this.#fail(player, { level: 'error', code: 'NetStream.Play.StreamNotFound', description });
  }

  #unsupported(player: Player, what: string): void {
    this.#unsubscribe(player);
    const description = `${player.address.path} has ${what}, which this player did not announce.`;
    this.#fail(player, { level: 'error', code: 'NetStream.Play.NoSupportedTrackFound', description });
  }

  #fail(player: Player, status: RtmpStatus): void {
    const { messageStreamId } = player.command;
    const { core } = this.connection;
    this.#byStreamId.delete(messageStreamId);
    core.closeStream(messageStreamId);
    core.onStatus(messageStreamId, status);
    this.connection.flush();
    if (this.#byStreamId.size === 0) this.connection.end(status.description);
  }
}
