import { type AmfObject, type AmfValue, ecmaArray, encodeAmf0 } from '#lib/amf';
import { ON_META_DATA, TagType } from '#lib/flv';
import { type MediaEvent, type RtmpStatus, RtmpUsageError } from '#lib/rtmp';
import type { ClientConnection, NetStreamListener } from './client-connection.js';
import type { RtmpClientError } from './rtmp-client.errors.js';
import { withSetDataFrame } from './set-data-frame.js';

/** A message to publish: one of those a playback gives, or of your own. */
export interface RtmpOutgoingMessage {
  readonly kind: 'audio' | 'video' | 'data';
  /** Milliseconds; on the wire they wrap at 2^32. */
  readonly timestamp: number;
  /** The data of an FLV tag. */
  readonly payload: Uint8Array;
}

const TAG_TYPES = { audio: TagType.Audio, video: TagType.Video, data: TagType.Script } as const;

const MEDIA: ReadonlySet<number> = new Set(Object.values(TagType));

const READY = Promise.resolve();

/**
 * A stream that an RtmpClient publishes.
 *
 * @publicApi
 */
export class RtmpClientPublication implements NetStreamListener {
  readonly #connection: ClientConnection;
  readonly #maxWaitingBytes: number;
  readonly #name: string;
  #isEnded = false;
  #failure: RtmpClientError | undefined;
  #room: Promise<void> | undefined;
  readonly #closed: Promise<RtmpClientError | undefined>;
  #resolveClosed: (error: RtmpClientError | undefined) => void = () => {};

  /** @internal */
  constructor(
    connection: ClientConnection,
    /** The NetStream's ID: who writes chunks by themselves writes them with this one. */
    readonly messageStreamId: number,
    name: string,
    maxWaitingBytes: number,
  ) {
    this.#connection = connection;
    this.#name = name;
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    connection.listen(messageStreamId, this);
  }

  /** Chunk size of this connection, in bytes: who writes chunks by themselves cuts them to it. */
  get chunkSize(): number {
    return this.#connection.session.chunkSize;
  }

  /** Whether nothing can be published any more. */
  get isOver(): boolean {
    return this.#isEnded || this.#failure !== undefined;
  }

  /** Bytes that wait to be sent. */
  get waitingBytes(): number {
    return this.#connection.waitingBytes;
  }

  /** Resolves when nothing can be published any more: with the reason, or with undefined after end(). Never rejects. */
  get closed(): Promise<RtmpClientError | undefined> {
    return this.#closed;
  }

  /**
   * Publishes a message; resolves when there is room for the next.
   *
   * @throws {RtmpClientError} when the publication is over
   * @throws {RtmpUsageError} for what is no message
   */
  write({ kind, timestamp, payload }: RtmpOutgoingMessage): Promise<void> {
    if (!Object.hasOwn(TAG_TYPES, kind)) {
      return Promise.reject(new RtmpUsageError(`kind is ${kind}, must be audio, video or data`));
    }
    return this.writeTag(TAG_TYPES[kind], timestamp, payload);
  }

  /**
   * Publishes the data of an FLV tag; resolves when there is room for the next.
   *
   * @param tagType 8 audio, 9 video, 18 or 15 script data, of which onMetaData is announced with `@setDataFrame`
   */
  writeTag(tagType: number, timestamp: number, payload: Uint8Array): Promise<void> {
    try {
      return this.send(tagType, timestamp, payload) ? READY : this.ready();
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Publishes metadata: onMetaData, announced with `@setDataFrame`. */
  writeMetadata(properties: AmfObject, timestamp = 0): Promise<void> {
    return this.writeTag(TagType.Script, timestamp, encodeAmf0(ON_META_DATA, ecmaArray(properties)));
  }

  /** Publishes script data. */
  writeData(name: string, values: readonly AmfValue[] = [], timestamp = 0): Promise<void> {
    return this.writeTag(TagType.Script, timestamp, encodeAmf0(name, ...values));
  }

  /**
   * As writeTag(), without a promise: false when more waits than should.
   *
   * @throws {RtmpClientError} when the publication is over
   * @throws {RtmpUsageError} for another type of tag, and a timestamp that is no number
   */
  send(tagType: number, timestamp: number, payload: Uint8Array): boolean {
    this.#mustBeOpen();
    if (!MEDIA.has(tagType)) throw new RtmpUsageError(`tagType is ${tagType}, must be 8, 9, 15 or 18`);
    if (!Number.isFinite(timestamp)) throw new RtmpUsageError(`timestamp is ${timestamp}, must be milliseconds`);
    const body = tagType === TagType.Script ? withSetDataFrame(payload) : payload;
    this.#connection.session.send(this.messageStreamId, tagType, timestamp, body);
    this.#connection.written();
    return this.#connection.waitingBytes < this.#maxWaitingBytes;
  }

  /**
   * Sends chunks that were made elsewhere: whole messages on {@link messageStreamId}
   * in chunks of {@link chunkSize}, each beginning with a type 0 chunk. So
   * many connections can share what was encoded once. False when more waits than should.
   *
   * @throws {RtmpClientError} when the publication is over
   */
  sendChunks(bytes: Uint8Array): boolean {
    this.#mustBeOpen();
    this.#connection.writeChunks(bytes);
    return this.#connection.waitingBytes < this.#maxWaitingBytes;
  }

  /** Resolves when there is room to write. Rejects when the publication is over. */
  ready(): Promise<void> {
    if (this.#connection.waitingBytes < this.#maxWaitingBytes) return READY;
    this.#room ??= this.#below(this.#maxWaitingBytes / 2).finally(() => (this.#room = undefined));
    return this.#room;
  }

  /** Resolves when everything written is on its way. */
  flushed(): Promise<void> {
    this.#connection.flush();
    return this.#below(0);
  }

  /** Ends the publish, and resolves when all of it is on its way. The client stays connected. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { session } = this.#connection;
    if (!this.#connection.isClosed) {
      session.notify(0, 'FCUnpublish', this.#name);
      session.deleteStream(this.messageStreamId);
      this.#connection.forget(this.messageStreamId);
      this.#connection.flush();
      await this.#below(0);
    }
    this.#resolveClosed(this.#failure);
  }

  /** @internal */
  onStatus(status: RtmpStatus): void {
    // Nobody asked for its end: the server shuts down, or somebody there ended it.
    const isEnd = status.level === 'error' || status.code === 'NetStream.Unpublish.Success';
    if (isEnd) this.#over(this.#connection.refusal('publish', status));
  }

  /** @internal Nobody sends media to a publisher. */
  onMedia(_event: MediaEvent): void {}

  /** @internal */
  onUserControl(_event: number): void {}

  /** @internal */
  onClose(error: RtmpClientError | undefined): void {
    this.#over(error ?? this.#connection.closedError());
  }

  #over(error: RtmpClientError): void {
    if (this.#isEnded || this.#failure !== undefined) return;
    this.#failure = error;
    this.#resolveClosed(error);
  }

  #mustBeOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isEnded) throw this.#connection.closedError();
  }

  async #below(bytes: number): Promise<void> {
    await new Promise<void>((resolve) => this.#connection.onceBelow(bytes, resolve));
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#connection.isClosed) throw this.#connection.closedError();
  }
}
