import { type FlvPresence, writeFlvHeader } from '#lib/flv';
import {
  FlvWireFormat,
  type LiveStream,
  type LiveSubscriber,
  type MediaSelection,
  type SubscriberSink,
} from '#lib/live';
import { announcedSelection, EnhancedGuard } from '../playback/enhanced-guard.js';
import type { ConnectionSeat } from '../server/server-connection.js';
import { answerOf } from './flv-answer.js';
import type { FlvChannel } from './flv-channel.js';
import { type Admitted, FlvConnection } from './flv-connection.js';
import { type FlvRequest, playOf } from './flv-request.js';
import { FlvPresenceWatch } from './flv-presence-watch.js';

const EVERYTHING: MediaSelection = Object.freeze({ audio: true, video: true });

/**
 * Somebody who watches over HTTP or WebSocket.
 *
 * ```
 * waiting --published--> beginning --tracks known--> playing --stream ended--> ended, when it has read the rest
 *    '--waitForPublisher--> 404         '--codec that was not announced--> 406
 * ```
 */
export class FlvPlayer extends FlvConnection {
  readonly bytesReceived = 0;
  readonly publications = [];
  #subscriber: LiveSubscriber | undefined;
  #stopWaiting: (() => void) | undefined;
  #stopLooking: (() => void) | undefined;
  /** Take away what watches the stream for this player. */
  #stopWatching: Array<() => void> = [];

  /** @param isAsking it only wants to know what it would get (HEAD) */
  constructor(
    seat: ConnectionSeat,
    request: FlvRequest,
    channel: FlvChannel,
    private readonly isAsking = false,
  ) {
    super(seat, request, channel, playOf(request));
  }

  onDrain(): void {
    this.#subscriber?.onDrain(this.services.now());
  }

  disconnect(reason: string): void {
    this.end(reason);
  }

  protected onAccepted({ play }: Admitted): void {
    const { playback, options } = this.services;
    const { path } = play!;
    const isHere = playback.find(path) !== undefined;
    if (!isHere && (this.isAsking || options.playback.waitForPublisher === 0)) {
      this.#notFound(path);
      return;
    }
    if (this.isAsking) {
      this.channel.begin();
      this.end('asked only');
      return;
    }
    const onLive = (stream: LiveStream): void => this.#begin(stream);
    this.#stopWaiting = playback.whenLive(path, onLive, () => this.#notFound(path));
    this.log.debug('play started', { stream: path });
  }

  protected onIdle(): void {}

  protected onGone(): void {
    this.#stopWaiting?.();
    this.#stopLooking?.();
    this.#unwatch();
    this.#subscriber?.leave();
    this.#subscriber = undefined;
  }

  #notFound(path: string): void {
    this.refuse(
      answerOf({ level: 'error', code: 'NetStream.Play.StreamNotFound', description: `${path} is not live.` }),
    );
  }

  #begin(stream: LiveStream): void {
    const selection = this.#guard(stream);
    if (selection === undefined) return;
    const watch = new FlvPresenceWatch(stream, (presence) => this.#play(stream, selection, presence));
    if (!watch.isOver) this.#stopLooking = stream.addSink(watch, { greet: false });
  }

  #play(stream: LiveStream, selection: MediaSelection, presence: FlvPresence): void {
    if (!this.isOpen) return;
    this.#stopLooking?.();
    this.channel.begin();
    this.channel.write(writeFlvHeader(presence));
    this.#subscriber = this.services.playback.subscribe(stream, new FlvWireFormat(selection), this.#sink());
  }

  /**
   * Watches what the player did not announce, when it announced something, or has to; undefined when the stream has
   * such already, and the player has been refused.
   */
  #guard(stream: LiveStream): MediaSelection | undefined {
    const { capabilities } = this.session.connect!;
    if (capabilities === undefined && !this.services.playback.announcedOnly) return EVERYTHING;
    const selection = announcedSelection(EVERYTHING, capabilities);
    const guard = new EnhancedGuard(selection, capabilities, (what) => this.#unsupported(stream, what));
    const stop = stream.addSink(guard);
    if (!guard.isRefused) this.#stopWatching.push(stop);
    else stop();
    return guard.isRefused ? undefined : selection;
  }

  #unsupported({ path }: LiveStream, what: string): void {
    const description = `${path} has ${what}, which this player did not announce (fourCcList, capsEx).`;
    this.onGone();
    this.refuse(answerOf({ level: 'error', code: 'NetStream.Play.NoSupportedTrackFound', description }));
  }

  #unwatch(): void {
    for (const stop of this.#stopWatching) stop();
    this.#stopWatching = [];
  }

  /** The publisher came back: another stream goes on as this one. */
  #continued(stream: LiveStream): void {
    this.#unwatch();
    this.#guard(stream);
  }

  #sink(): SubscriberSink {
    const { channel, session } = this;
    return {
      kind: session.transport,
      get queuedBytes() {
        return channel.queuedBytes;
      },
      write: (bytes) => channel.write(bytes),
      end: (reason) => {
        this.#subscriber = undefined;
        // Its socket is full: what is to be said would wait behind what it does not read.
        if (reason === 'too slow') this.destroy('the player reads too slowly');
        else this.end('stream ended', this.services.options.playback.slowSubscriber.maxBlockedTime);
      },
      continued: (stream) => this.#continued(stream),
    };
  }
}
