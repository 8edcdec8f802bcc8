import { type AmfLimits, AmfError, decodeAmf0, isAmfObject } from '#lib/amf';
import { classifyMedia, MediaFlags, TagType } from '#lib/flv';
import type { MediaMessage } from '#lib/live';
import { type MediaEvent, type RtmpStatus, UserControlEvent } from '#lib/rtmp';
import { ownMediaMessage } from '../media/owned-media-message.js';
import type { RtmpMediaMessage } from '../media/rtmp-media-message.js';
import type { ClientConnection, NetStreamListener } from './client-connection.js';
import { PlaybackClock } from './playback-clock.js';
import type { RtmpClientError } from './rtmp-client.errors.js';
import { withoutSetDataFrame } from './set-data-frame.js';

/** How a playback is read. */
export interface PlaybackSettings {
  /** Go on when the publisher goes: it may come back. */
  readonly follow: boolean;
  readonly maxUnreadBytes: number;
  readonly amf: Readonly<AmfLimits>;
  /** Takes the messages instead of the reader. */
  readonly onMessage: ((message: MediaMessage) => void) | undefined;
}

type Result = IteratorResult<RtmpMediaMessage, undefined>;

const DONE: Result = Object.freeze({ value: undefined, done: true });

/** Status codes that end what is played. */
const ENDS: ReadonlySet<string> = new Set([
  'NetStream.Play.Stop',
  'NetStream.Play.Complete',
  'NetStream.Play.UnpublishNotify',
]);

/** Script data that is the server's own and says nothing about the stream. */
const SERVERS_OWN: ReadonlySet<string> = new Set(['|RtmpSampleAccess', 'onStatus', 'onPlayStatus']);

/**
 * A stream that an RtmpClient plays: iterate it. It ends when the stream does,
 * and fails when the connection is lost. While nobody reads, the server is not
 * read either.
 *
 * @publicApi
 */
export class RtmpClientPlayback implements AsyncIterable<RtmpMediaMessage>, NetStreamListener {
  readonly #connection: ClientConnection;
  readonly #settings: PlaybackSettings;
  readonly #clock = new PlaybackClock();
  readonly #message: MediaMessage = { tagType: 0, timestamp: 0, payload: new Uint8Array(0), flags: 0 };
  #queue: RtmpMediaMessage[] = [];
  #head = 0;
  #unread = 0;
  #isHeld = false;
  #isPaused = false;
  #isEnded = false;
  #failure: RtmpClientError | undefined;
  #waiting: { resolve: (result: Result) => void; reject: (error: Error) => void } | undefined;
  readonly #closed: Promise<RtmpClientError | undefined>;
  #resolveClosed: (error: RtmpClientError | undefined) => void = () => {};

  /** @internal */
  constructor(
    connection: ClientConnection,
    /** The NetStream's ID. */
    readonly messageStreamId: number,
    settings: PlaybackSettings,
  ) {
    this.#connection = connection;
    this.#settings = settings;
    this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    connection.listen(messageStreamId, this);
  }

  /** Bytes that wait for the reader. */
  get unreadBytes(): number {
    return this.#unread;
  }

  /** Resolves when nothing more comes: with the reason, or with undefined when the stream ended. Never rejects. */
  get closed(): Promise<RtmpClientError | undefined> {
    return this.#closed;
  }

  [Symbol.asyncIterator](): AsyncIterator<RtmpMediaMessage, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.stop();
        return DONE;
      },
    };
  }

  /** Asks the server to send nothing until resume(). */
  pause(): void {
    this.#command('pause', true, Math.round(this.#clock.now));
    this.#isPaused = true;
  }

  /** Asks the server to go on. */
  resume(): void {
    this.#isPaused = false;
    this.#command('pause', false, Math.round(this.#clock.now));
  }

  /** Asks the server to go on at another place of a recording, in milliseconds. */
  seek(milliseconds: number): void {
    this.#command('seek', milliseconds);
  }

  /** Asks the server to leave audio out, or not to. */
  receiveAudio(receive: boolean): void {
    this.#command('receiveAudio', receive);
  }

  /** Asks the server to leave video out, or not to. */
  receiveVideo(receive: boolean): void {
    this.#command('receiveVideo', receive);
  }

  /** Stops reading the connection until {@link release}, e.g. because a sink of `onMessage` is slow. */
  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#connection.pause();
  }

  /** Reads on after {@link hold}. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#connection.resume();
  }

  /** Stops playing. The client stays connected. */
  stop(): Promise<void> {
    if (!this.#isEnded && this.#failure === undefined && !this.#connection.isClosed) {
      this.#connection.session.deleteStream(this.messageStreamId);
      this.#connection.flush();
    }
    this.#queue = [];
    this.#head = this.#unread = 0;
    this.#end(undefined);
    return Promise.resolve();
  }

  /** @internal */
  onStatus(status: RtmpStatus): void {
    if (status.level === 'error') this.#end(this.#connection.refusal('play', status));
    else if (ENDS.has(status.code)) this.#streamEnded();
  }

  /** @internal */
  onUserControl(event: number): void {
    if (event === UserControlEvent.StreamEof && !this.#isPaused) this.#streamEnded();
  }

  /** @internal */
  onMedia({ messageTypeId, timestamp, payload }: MediaEvent): void {
    const isFramed = messageTypeId === TagType.ScriptAmf3 && payload[0] === 0;
    const message = this.#message;
    message.tagType = messageTypeId === TagType.ScriptAmf3 ? TagType.Script : messageTypeId;
    message.payload = isFramed ? payload.subarray(1) : payload;
    message.flags = classifyMedia(message.tagType, message.payload);
    if (message.flags & MediaFlags.Data) {
      message.payload = withoutSetDataFrame(message.payload);
      if (this.#isServersOwn(message.payload)) return;
    }
    const { onMessage } = this.#settings;
    if (onMessage !== undefined) {
      message.timestamp = timestamp;
      onMessage(message);
      return;
    }
    message.timestamp = this.#clock.take(timestamp, message.flags);
    this.#push(ownMediaMessage(message, this.#settings.amf));
  }

  /** @internal */
  onClose(error: RtmpClientError | undefined): void {
    this.#end(error);
  }

  #command(name: string, ...args: Array<boolean | number>): void {
    if (this.#isEnded) throw this.#connection.closedError();
    this.#connection.session.notify(this.messageStreamId, name, ...args);
    this.#connection.flush();
  }

  #push(message: RtmpMediaMessage): void {
    if (this.#waiting !== undefined) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ value: message, done: false });
      return;
    }
    this.#queue.push(message);
    this.#unread += message.payload.length;
    if (this.#unread > this.#settings.maxUnreadBytes) this.hold();
  }

  #next(): Promise<Result> {
    const message = this.#queue[this.#head];
    if (message !== undefined) {
      this.#head++;
      if (this.#head === this.#queue.length) {
        this.#queue = [];
        this.#head = 0;
      }
      this.#unread -= message.payload.length;
      if (this.#unread < this.#settings.maxUnreadBytes / 2) this.release();
      return Promise.resolve({ value: message, done: false });
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#isEnded) return Promise.resolve(DONE);
    if (this.#waiting !== undefined) {
      return Promise.reject(new TypeError('A playback has one reader: await next() before the next next().'));
    }
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  #streamEnded(): void {
    if (this.#settings.follow || this.#isEnded) return;
    if (!this.#connection.isClosed) {
      this.#connection.session.deleteStream(this.messageStreamId);
      this.#connection.written();
    }
    this.#end(undefined);
  }

  #end(error: RtmpClientError | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#failure = error;
    this.#connection.forget(this.messageStreamId);
    this.release();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error === undefined) waiting?.resolve(DONE);
    else waiting?.reject(error);
    this.#resolveClosed(error);
  }

  #isServersOwn(payload: Uint8Array): boolean {
    let values;
    try {
      values = decodeAmf0(payload, this.#settings.amf);
    } catch (error) {
      if (error instanceof AmfError) return false;
      throw error;
    }
    const [name] = values;
    if (typeof name !== 'string' || !SERVERS_OWN.has(name)) return false;
    const information = values.find((value) => isAmfObject(value));
    const code = isAmfObject(information) ? information['code'] : undefined;
    if (name === 'onPlayStatus' && typeof code === 'string' && ENDS.has(code)) this.#streamEnded();
    return true;
  }
}
