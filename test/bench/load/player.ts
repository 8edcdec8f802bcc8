import type { ReadMessage } from './chunk-reader.js';
import { monotonicNow } from './clock.js';
import { RtmpLink } from './rtmp-link.js';
import type { Samples } from './samples.js';
import { SequenceCheck } from './sequence-check.js';
import { AUDIO, isSequenceHeader, type MediaTag, readTag, VIDEO } from './tagged-media.js';

/** Where a player notes what it measures; shared by all of a kind. */
export interface PlayerBook {
  /** Whether the window is open. */
  isMeasuring: boolean;
  readonly latency: Samples;
  readonly firstMedia: Samples;
  readonly firstPicture: Samples;
}

/** What a slow player reads at a time, in bytes. */
const SLOW_READ_SIZE = 16 * 1024;

/** Watches one stream: order, gaps, lengths, how late. */
export class Player {
  readonly #book: PlayerBook;
  readonly #tag: MediaTag = { stream: 0, sequence: 0, sentAt: 0, length: 0 };
  #link: RtmpLink | undefined;
  #askedAt = 0;
  #hasSequenceHeader = false;
  #onPicture: (() => void) | undefined;
  /** Bytes a slow player may still read; undefined for one that reads everything. */
  #credit: number | undefined;

  /** What is missing of what it got. */
  readonly order = new SequenceCheck();
  hasMedia = false;
  hasPicture = false;
  beganAtKeyFrame = false;
  windowBytes = 0;
  windowPictures = 0;
  corrupt = 0;

  constructor(book: PlayerBook) {
    this.#book = book;
  }

  get isDisconnected(): boolean {
    return this.#link?.isClosed ?? false;
  }

  /** Plays; resolves with the first picture. */
  async open(port: number, stream: string, isVerifying: boolean, isSlow: boolean): Promise<void> {
    const picture = new Promise<void>((resolve) => (this.#onPicture = resolve));
    this.#link = await RtmpLink.open({
      port,
      isVerifying,
      onMedia: (message) => this.#onMedia(message),
      ...(isSlow ? { readSize: SLOW_READ_SIZE, onRead: (count: number) => this.#spend(count) } : {}),
    });
    this.#askedAt = monotonicNow();
    await this.#link.play(stream);
    await picture;
    if (isSlow) this.#credit = 0;
  }

  /** A slow player may read so many bytes more. */
  grant(bytes: number): void {
    if (this.#credit === undefined) return;
    this.#credit += bytes;
    if (this.#credit > 0) this.#link?.resume();
  }

  close(): void {
    this.#link?.destroy();
  }

  #spend(count: number): boolean {
    if (this.#credit === undefined) return true;
    this.#credit -= count;
    return this.#credit > 0;
  }

  #onMedia(message: ReadMessage): void {
    const { typeId, head, headLength, length } = message;
    if (typeId !== AUDIO && typeId !== VIDEO) return;
    const book = this.#book;
    const now = monotonicNow();
    if (!this.hasMedia) {
      this.hasMedia = true;
      book.firstMedia.add(now - this.#askedAt);
    }
    if (book.isMeasuring) this.windowBytes += length;
    if (isSequenceHeader(head)) {
      if (typeId === VIDEO) this.#hasSequenceHeader = true;
      return;
    }
    const tag = this.#tag;
    if (!readTag(head, headLength, typeId, tag) || tag.length !== length || !message.isIntact) {
      this.corrupt++;
      return;
    }
    this.order.note(typeId, tag.sequence);
    if (typeId !== VIDEO) return;
    if (!this.hasPicture) this.#begin(head, now);
    if (!book.isMeasuring) return;
    this.windowPictures++;
    book.latency.add(now - tag.sentAt);
  }

  #begin(head: Buffer, now: number): void {
    this.hasPicture = true;
    this.beganAtKeyFrame = this.#hasSequenceHeader && head[0] === 0x17;
    this.#book.firstPicture.add(now - this.#askedAt);
    this.#onPicture?.();
  }
}
