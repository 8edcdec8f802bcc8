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
import { PlayDuration } from './play-duration.js';
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
  /** Closes it when it neither publishes nor plays. */
  endIfIdle(reason: string): void;
}

interface Player {
  readonly command: PlayCommand;
  readonly address: StreamAddress;
  selection: MediaSelection;
  isPaused: boolean;
  /** There as soon as the stream is, paused or not. */
  subscriber: LiveSubscriber | undefined;
  /** What the subscriber was made for. */
  subscribed: MediaSelection | undefined;
  stopWaiting: (() => void) | undefined;
  /** Take away what watches the stream for this player. */
  stopWatching: Array<() => void>;
}

/**
 * What one connection plays, by message stream ID.
 *
 * ```
 * waiting --published--> playing <--pause--> paused
 *    '--waitForPublisher--> StreamNotFound
 *            playing, paused --stream ended--> UnpublishNotify
 *                            --duration--> Play.Stop
 *                            --codec that was not announced--> NoSupportedTrackFound
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
      subscriber: undefined,
      subscribed: undefined,
      stopWaiting: undefined,
      stopWatching: [],
    };
    this.#byStreamId.set(command.messageStreamId, player);
    player.stopWaiting = this.playback.whenLive(
      address.path,
      (stream) => this.#subscribe(player, stream),
      () => this.#notFound(player),
    );
  }

  /** pause, receiveAudio and receiveVideo, once they have been answered. */
  apply(command: RtmpCommand): void {
    const player = this.#byStreamId.get(command.messageStreamId);
    if (player === undefined) return;
    const { audio, video } = player.selection;
    switch (command.name) {
      case 'pause':
      case 'pauseRaw':
        player.isPaused = (command as PauseCommand).pause;
        break;
      case 'receiveAudio':
        player.selection = { audio: (command as ReceiveCommand).receive, video };
        break;
      case 'receiveVideo':
        player.selection = { audio, video: (command as ReceiveCommand).receive };
        break;
      default:
        return;
    }
    this.#adjust(player);
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

  #subscribe(player: Player, stream: LiveStream): void {
    const { command } = player;
    const selection = this.playback.announcedOnly ? this.#guard(player, stream) : player.selection;
    if (selection === undefined) return;
    const format = new RtmpWireFormat(command.messageStreamId, this.connection.chunkSize, selection);
    player.subscribed = player.selection;
    player.subscriber = this.playback.subscribe(stream, format, this.#sinkOf(player), { isPaused: isIdle(player) });
    this.#limit(player, stream);
  }

  /** Sends a player what it wants by now, or nothing. */
  #adjust(player: Player): void {
    const { subscriber, subscribed, selection } = player;
    if (subscriber === undefined) return;
    if (isIdle(player)) {
      subscriber.pause();
      return;
    }
    const now = performance.now();
    const { stream } = subscriber;
    if (subscribed?.audio === selection.audio && subscribed.video === selection.video) {
      subscriber.resume(now);
      return;
    }
    if (!subscriber.isPaused) subscriber.catchUp(now);
    this.#unsubscribe(player);
    this.#subscribe(player, stream);
  }

  /** Watches what the player did not announce; undefined when there is such already, and it has been refused. */
  #guard(player: Player, stream: LiveStream): MediaSelection | undefined {
    const { capabilities } = this.connection;
    const selection = announcedSelection(player.selection, capabilities);
    const guard = new EnhancedGuard(selection, capabilities, (what) => this.#unsupported(player, what));
    const stop = stream.addSink(guard);
    if (guard.isRefused) {
      stop();
      return undefined;
    }
    player.stopWatching.push(stop);
    return selection;
  }

  /** Watches until a player that asked for some time only has got it. */
  #limit(player: Player, stream: LiveStream): void {
    const { duration } = player.command;
    if (duration <= 0 || player.subscriber === undefined) return;
    const limit = new PlayDuration(player.subscriber, duration, () => this.#completed(player));
    player.stopWatching.push(stream.addSink(limit, { greet: false }));
  }

  #stopWatching(player: Player): void {
    for (const stop of player.stopWatching) stop();
    player.stopWatching = [];
  }

  /** The publisher came back: another stream goes on as this one. */
  #continued(player: Player, stream: LiveStream): void {
    this.#stopWatching(player);
    if (this.playback.announcedOnly && this.#guard(player, stream) === undefined) return;
    this.#limit(player, stream);
  }

  #unsubscribe(player: Player): void {
    this.#stopWatching(player);
    player.subscriber?.leave();
    player.subscriber = undefined;
  }

  #sinkOf(player: Player): SubscriberSink {
    const { transport } = this.connection;
    return {
      kind: transport.kind,
      get queuedBytes() {
        return transport.writableLength;
      },
      write: (bytes) => void transport.write(bytes),
      end: (reason) => this.#ended(player, reason),
      continued: (stream) => this.#continued(player, stream),
    };
  }

  #ended(player: Player, reason: SubscriberEnd): void {
    const { messageStreamId } = player.command;
    const { core } = this.connection;
    if (reason === 'too slow') {
      this.#remove(player);
      this.connection.end('the player reads too slowly');
      return;
    }
    const { path } = player.address;
    this.#remove(player);
    core.userControl(UserControlEvent.StreamEof, messageStreamId);
    core.onStatus(messageStreamId, {
      level: 'status',
      code: 'NetStream.Play.UnpublishNotify',
      description: `${path} is now unpublished.`,
    });
    core.onStatus(messageStreamId, stopped(path));
    this.connection.flush();
  }

  /** It has got the time it asked for. */
  #completed(player: Player): void {
    const { messageStreamId } = player.command;
    const { core } = this.connection;
    player.subscriber?.catchUp(performance.now());
    this.#remove(player);
    core.userControl(UserControlEvent.StreamEof, messageStreamId);
    core.onStatus(messageStreamId, stopped(player.address.path));
    this.connection.flush();
  }

  #notFound(player: Player): void {
    const description = `${player.address.path} is not live.`;
    this.#fail(player, { level: 'error', code: 'NetStream.Play.StreamNotFound', description });
  }

  #unsupported(player: Player, what: string): void {
    const description = `${player.address.path} has ${what}, which this player did not announce.`;
    this.#fail(player, { level: 'error', code: 'NetStream.Play.NoSupportedTrackFound', description });
  }

  #fail(player: Player, status: RtmpStatus): void {
    this.#remove(player);
    this.connection.core.onStatus(player.command.messageStreamId, status);
    this.connection.flush();
    this.connection.endIfIdle(status.description);
  }

  /** What it played is over; the NetStream can be used again. */
  #remove(player: Player): void {
    const { messageStreamId } = player.command;
    this.#byStreamId.delete(messageStreamId);
    this.#unsubscribe(player);
    this.connection.core.closeStream(messageStreamId);
  }
}

/** Whether it wants nothing for now. */
function isIdle({ isPaused, selection }: Player): boolean {
  return isPaused || (!selection.audio && !selection.video);
}

function stopped(path: string): RtmpStatus {
  return { level: 'status', code: 'NetStream.Play.Stop', description: `Stopped playing ${path}.` };
}
