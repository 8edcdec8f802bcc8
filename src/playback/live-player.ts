import { type LiveStream, type LiveSubscriber, RtmpWireFormat, type SubscriberEnd } from '#lib/live';
import {
  type PauseCommand,
  type PlayCommand,
  type ReceiveCommand,
  type RtmpStatus,
  type StreamAddress,
  UserControlEvent,
} from '#lib/rtmp';
import { announcedSelection, EnhancedGuard } from './enhanced-guard.js';
import {
  failPlay,
  type NetStreamPlayer,
  type PlayerSlot,
  stopped,
  unsupported,
  type Wanted,
  wantedAfter,
} from './net-stream-player.js';
import { PlayDuration } from './play-duration.js';
import type { RtmpPlayback } from './rtmp-playback.js';
import { RtmpPlayerSink, SHARED_STREAM_ID } from './rtmp-player-sink.js';

/**
 * Plays a live stream on one NetStream.
 *
 * ```
 * waiting --published--> playing <--pause--> paused
 *    '--waitForPublisher--> StreamNotFound
 *            playing, paused --stream ended--> UnpublishNotify
 *                            --duration--> Play.Stop
 *                            --codec that was not announced--> NoSupportedTrackFound
 * ```
 */
export class LivePlayer implements NetStreamPlayer {
  readonly seekRefusal: RtmpStatus = {
    level: 'error',
    code: 'NetStream.Seek.Failed',
    description: 'A live stream cannot be seeked.',
  };
  #wanted: Wanted;
  #isPaused = false;
  /** There as soon as the stream is, paused or not. */
  #subscriber: LiveSubscriber | undefined;
  /** What the subscriber was made for. */
  #subscribed: Wanted | undefined;
  #stopWaiting: (() => void) | undefined;
  #duration: PlayDuration | undefined;
  /** Take away what watches the stream for this player. */
  #stopGuarding: (() => void) | undefined;
  #stopLimiting: (() => void) | undefined;

  constructor(
    private readonly slot: PlayerSlot,
    private readonly playback: RtmpPlayback,
    private readonly command: PlayCommand,
    private readonly address: StreamAddress,
    wanted: Wanted,
  ) {
    this.#wanted = wanted;
  }

  /** Begins to play; the peer has been told that it may expect media. */
  start(): void {
    this.#stopWaiting = this.playback.whenLive(
      this.address.path,
      (stream) => this.#subscribe(stream),
      () => this.#notFound(),
      { session: this.slot.connection.session },
    );
  }

  pause({ pause }: PauseCommand): void {
    this.#isPaused = pause;
    this.#adjust();
  }

  receive(command: ReceiveCommand): void {
    this.#wanted = wantedAfter(this.#wanted, command);
    this.#adjust();
  }

  seek(): void {}

  onDrain(): void {
    this.#subscriber?.onDrain(performance.now());
  }

  stop(): void {
    this.#stopWaiting?.();
    this.#unsubscribe();
  }

  #subscribe(stream: LiveStream): void {
    const format = this.#format(stream);
    if (format === undefined) return;
    this.#subscriber = this.playback.subscribe(stream, format, this.#sink(), { isPaused: this.#isIdle });
    this.#limit(stream);
  }

  /** What it is sent by what it wants; undefined when there is something that it did not announce: it has been told. */
  #format(stream: LiveStream): RtmpWireFormat | undefined {
    const selection = this.playback.announcedOnly ? this.#guard(stream) : this.#wanted;
    if (selection === undefined) return undefined;
    this.#subscribed = this.#wanted;
    return new RtmpWireFormat(SHARED_STREAM_ID, this.slot.connection.chunkSize, selection);
  }

  /** Sends the player what it wants by now, or nothing. */
  #adjust(): void {
    const subscriber = this.#subscriber;
    if (subscriber === undefined) return;
    if (this.#isIdle) {
      subscriber.pause();
      return;
    }
    const now = performance.now();
    const { audio, video } = this.#wanted;
    if (this.#subscribed?.audio !== audio || this.#subscribed.video !== video) {
      const format = this.#format(subscriber.stream);
      if (format === undefined) return;
      subscriber.select(format, now);
    }
    subscriber.resume(now);
  }

  /** Whether it wants nothing for now. */
  get #isIdle(): boolean {
    return this.#isPaused || (!this.#wanted.audio && !this.#wanted.video);
  }

  /** Watches what the player did not announce; undefined when there is such already, and it has been refused. */
  #guard(stream: LiveStream): ReturnType<typeof announcedSelection> | undefined {
    this.#stopGuarding?.();
    const { capabilities } = this.slot.connection;
    const selection = announcedSelection(this.#wanted, capabilities);
    const guard = new EnhancedGuard(selection, capabilities, (what) =>
      failPlay(this.slot, unsupported(this.address.path, what)),
    );
    const stop = stream.addSink(guard);
    if (guard.isRefused) {
      stop();
      return undefined;
    }
    this.#stopGuarding = stop;
    return selection;
  }

  /** Watches until a player that asked for some time only has got it. */
  #limit(stream: LiveStream): void {
    const { duration } = this.command;
    if (duration <= 0 || this.#subscriber === undefined) return;
    this.#duration ??= new PlayDuration(this.#subscriber, duration, () => this.#completed());
    this.#stopLimiting = stream.addSink(this.#duration, { greet: false });
  }

  #endWatching(): void {
    this.#stopGuarding?.();
    this.#stopLimiting?.();
  }

  /** The publisher came back: another stream goes on as this one. */
  #continued(stream: LiveStream): void {
    this.#endWatching();
    if (this.playback.announcedOnly && this.#guard(stream) === undefined) return;
    this.#limit(stream);
  }

  #unsubscribe(): void {
    this.#endWatching();
    this.#subscriber?.leave();
    this.#subscriber = undefined;
  }

  #sink(): RtmpPlayerSink {
    const { messageStreamId, connection } = this.slot;
    return new RtmpPlayerSink(connection.transport, messageStreamId, connection.chunkSize, {
      onEnd: (reason) => this.#ended(reason),
      onContinued: (stream) => this.#continued(stream),
    });
  }

  #ended(reason: SubscriberEnd): void {
    const { connection, messageStreamId } = this.slot;
    this.slot.leave();
    if (reason === 'too slow') {
      connection.end('the player reads too slowly');
      return;
    }
    const { path } = this.address;
    connection.core.userControl(UserControlEvent.StreamEof, messageStreamId);
    connection.core.onStatus(messageStreamId, {
      level: 'status',
      code: 'NetStream.Play.UnpublishNotify',
      description: `${path} is now unpublished.`,
    });
    connection.core.onStatus(messageStreamId, stopped(path));
    connection.flush();
  }

  /** It has got the time it asked for. */
  #completed(): void {
    const { connection, messageStreamId } = this.slot;
    this.#subscriber?.catchUp(performance.now());
    if (this.#subscriber === undefined) return; // too slow for that
    this.slot.leave();
    connection.core.userControl(UserControlEvent.StreamEof, messageStreamId);
    connection.core.onStatus(messageStreamId, stopped(this.address.path));
    connection.flush();
  }

  #notFound(): void {
    const description = `${this.address.path} is not live.`;
    failPlay(this.slot, { level: 'error', code: 'NetStream.Play.StreamNotFound', description });
  }
}
