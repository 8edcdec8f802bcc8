import { FlvDemuxer, writeFlvHeader } from '#lib/flv';
import type { SinkShortcut, SubscriberEnd, SubscriberSink } from '#lib/live';
import { token } from './live-media.js';

/** One message as a subscriber got it. */
export interface SunkMessage {
  /** See token(). */
  readonly token: string;
  readonly timestamp: number;
}

/** Takes FLV and keeps it. */
export class LiveSink implements SubscriberSink {
  queuedBytes = 0;
  /** Why it ended; undefined while it goes on. */
  ended: SubscriberEnd | undefined;
  /** What was written, and what it was then: shared bytes must stay as they are. */
  readonly writes: Uint8Array[] = [];
  readonly #copies: Uint8Array[] = [];

  /** @param isReading whether what is written leaves at once; otherwise it waits */
  constructor(public isReading = true) {}

  get bytes(): number {
    return this.writes.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** Everything as it was when it was written. @throws when somebody has changed it since */
  get messages(): SunkMessage[] {
    const demuxer = new FlvDemuxer();
    demuxer.push(writeFlvHeader({ hasAudio: true, hasVideo: true }));
    this.writes.forEach((bytes, index) => {
      if (Buffer.compare(bytes, this.#copies[index]!) !== 0) throw new Error(`write ${index} was changed afterwards`);
      demuxer.push(bytes);
    });
    const messages: SunkMessage[] = [];
    for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
      if (unit.type !== 'tag') continue;
      messages.push({ token: token(unit.tagType, unit.payload), timestamp: unit.timestamp });
    }
    if (demuxer.pendingLength > 0) throw new Error(`${demuxer.pendingLength} bytes of a message are missing`);
    return messages;
  }

  /** The messages in short, e.g. `M1 V1 K5 P6`. */
  get tokens(): string {
    return this.messages.map((message) => message.token).join(' ');
  }

  write(bytes: Uint8Array): void {
    if (this.ended !== undefined) throw new Error(`written to after it ended: ${this.ended}`);
    this.writes.push(bytes);
    this.#copies.push(bytes.slice());
    if (!this.isReading) this.queuedBytes += bytes.length;
  }

  end(reason: SubscriberEnd): void {
    if (this.ended !== undefined) throw new Error('ended twice');
    this.ended = reason;
  }
}

const shortcutSinks: ShortcutSink[] = [];

/** One that is written to past itself while it reads, as sockets are. The first write after it stopped is taken by half. */
export class ShortcutSink extends LiveSink {
  /** Writes that came past it. */
  shortcutWrites = 0;
  readonly #handle = shortcutSinks.push(this) - 1;
  readonly #ends = new Set<() => void>();

  /** Whether somebody has a shortcut to it. */
  get isShort(): boolean {
    return this.#ends.size > 0;
  }

  shortcut(onEnd: () => void): SinkShortcut | undefined {
    if (!this.isReading || this.queuedBytes > 0) return undefined;
    this.#ends.add(onEnd);
    const finish = (bytes: Uint8Array, left: number): void => this.write(bytes.subarray(bytes.length - left));
    return { handle: this.#handle, write: writeToShortcut, finish, close: () => this.#ends.delete(onEnd) };
  }

  override write(bytes: Uint8Array): void {
    super.write(bytes);
    if (this.queuedBytes > 0) this.endShortcuts();
  }

  override end(reason: SubscriberEnd): void {
    super.end(reason);
    if (this.isShort) throw new Error('has a shortcut to what has ended');
  }

  endShortcuts(): void {
    for (const end of this.#ends) end();
    this.#ends.clear();
  }

  /** @internal */
  take(bytes: Uint8Array): number {
    if (!this.isShort) throw new Error('written to by a shortcut that was closed');
    this.shortcutWrites++;
    if (this.isReading) {
      super.write(bytes);
      return 0;
    }
    const half = bytes.length >> 1;
    super.write(bytes.subarray(0, half));
    return bytes.length - half;
  }
}

function writeToShortcut(handle: number, bytes: Uint8Array): number {
  return shortcutSinks[handle]!.take(bytes);
}
