import { type FlvPresence, writeFlvHeader } from '#lib/flv';
import {
  FlvWireFormat,
  type LiveStream,
  type LiveSubscriber,
  type MediaSelection,
  type SubscriberEnd,
  type SubscriberSink,
} from '#lib/live';
import { announcedSelection, EnhancedGuard } from '../playback/enhanced-guard.js';
import type { ConnectionSeat } from '../server/server-connection.js';
import { answerOf } from './flv-answer.js';
import type { FlvChannel } from './flv-channel.js';
import { type Admitted, FlvConnection } from './flv-connection.js';
import { type FlvRequest, playOf } from './flv-request.js';
import { FlvPresenceWatch } from './flv-presence-watch.js';

/** After so long the header is sent, whatever is known of the tracks, in milliseconds. */
const MAX_PRESENCE_WAIT = 500;
/** The same in bytes that wait for it. */
const MAX_HELD_BYTES = 1024 * 1024;
const EVERYTHING: MediaSelection = Object.freeze({ audio: true, video: true });
/** What mpegts.js reads, which stops with an error at further tracks, colour information and the order of channels. */
const FOR_PAGES: MediaSelection = Object.freeze({ ...EVERYTHING, multitrack: false, details: false });

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
  #watch: FlvPresenceWatch | undefined;
  #stopLooking: (() => void) | undefined;
  /** What waits for the header; undefined when that has been sent. */
  #held: Uint8Array[] | undefined = [];
  #heldBytes = 0;
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

  override beginShutdown(): void {
    super.beginShutdown();
    if (this.isOpen && this.#subscriber === undefined) this.#giveUp('The server is shutting down.', 503);
  }

  disconnect(reason: string): void {
    if (this.isOpen && this.#held !== undefined) this.#giveUp(reason);
    else this.end(reason);
  }

  protected onAccepted({ play }: Admitted): void {
    const { playback, options } = this.services;
    const { path } = play!;
    // Whether another server has it, only asking there says: for HEAD, too.
    const mayCome = playback.find(path) !== undefined || playback.canBeFetched(path);
    if (!mayCome && (this.isAsking || options.playback.waitForPublisher === 0)) {
      this.#notFound(path);
      return;
    }
    const onLive = (stream: LiveStream): void => (this.isAsking ? this.#tell(stream) : this.#begin(stream));
    const { session, isAsking } = this;
    this.#stopWaiting = playback.whenLive(path, onLive, () => this.#notFound(path), { session, isAsking });
    this.log.debug('play started', { stream: path });
  }

  protected onIdle(): void {
    this.#watch?.giveUp();
  }

  protected onGone(): void {
    this.#stopWaiting?.();
    this.#stopLooking?.();
    this.#watch = undefined;
    this.#unwatch();
    this.#subscriber?.leave();
    this.#subscriber = undefined;
  }

  /** It has been sent nothing yet, and is told why. */
  #giveUp(description: string, httpStatus?: number): void {
    this.onGone();
    this.refuse(answerOf({ level: 'error', code: 'NetStream.Play.Failed', description }, httpStatus));
  }

  #notFound(path: string): void {
    this.refuse(
      answerOf({ level: 'error', code: 'NetStream.Play.StreamNotFound', description: `${path} is not live.` }),
    );
  }

  /** Answers as if it was to be played, and leaves. */
  #tell(stream: LiveStream): void {
    if (this.#guard(stream) === undefined) return;
    this.channel.begin();
    this.end('asked only');
  }

  #begin(stream: LiveStream): void {
    const selection = this.#guard(stream);
    if (selection === undefined) return;
    this.#subscriber = this.services.playback.subscribe(stream, new FlvWireFormat(selection), this.#sink());
    const watch = new FlvPresenceWatch(stream, (presence) => this.#open(presence));
    if (watch.isOver) return;
    this.#watch = watch;
    this.#stopLooking = stream.addSink(watch, { greet: false });
    this.dueAt = this.services.now() + MAX_PRESENCE_WAIT;
  }

  /** Its tracks are known: sends the header, and what has come before it. */
  #open(presence: FlvPresence): void {
    if (!this.isOpen) return;
    this.#stopLooking?.();
    this.#watch = undefined;
    this.dueAt = Infinity;
    const held = this.#held!;
    this.#held = undefined;
    this.#heldBytes = 0;
    this.channel.begin();
    this.channel.write(writeFlvHeader(presence));
    for (const bytes of held) this.channel.write(bytes);
  }

  #write(bytes: Uint8Array): void {
    if (this.#held === undefined) {
      this.channel.write(bytes);
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > MAX_HELD_BYTES) this.#watch?.giveUp();
  }

  /**
   * Watches what the player did not announce, when it announced something, or has to; undefined when the stream has
   * such already, and the player has been refused.
   */
  #guard(stream: LiveStream): MediaSelection | undefined {
    const { capabilities } = this.session.connect!;
    // Every browser begins its name so, and nothing else that plays FLV does.
    const wanted = this.request.userAgent.startsWith('Mozilla/') ? FOR_PAGES : EVERYTHING;
    if (capabilities === undefined && !this.services.playback.announcedOnly) return wanted;
    const announced = announcedSelection(wanted, capabilities);
    const selection = { ...announced, multitrack: announced.multitrack === true && wanted.multitrack !== false };
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
    const heldBytes = (): number => this.#heldBytes;
    return {
      kind: session.transport,
      get queuedBytes() {
        return channel.queuedBytes + heldBytes();
      },
      write: (bytes) => this.#write(bytes),
      shortcut: (onEnd) => (this.#held === undefined ? channel.shortcut(onEnd) : undefined),
      end: (reason) => this.#ended(reason),
      continued: (stream) => this.#continued(stream),
    };
  }

  #ended(reason: SubscriberEnd): void {
    this.#subscriber = undefined;
    // Its socket is full: what is to be said would wait behind what it does not read.
    if (reason === 'too slow') {
      this.destroy('the player reads too slowly');
      return;
    }
    this.#watch?.giveUp();
    this.end('stream ended', this.services.options.playback.slowSubscriber.maxBlockedTime);
  }
}
