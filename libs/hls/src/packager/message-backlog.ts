import { MediaFlags } from '#lib/flv';
import type { HlsMessage } from '../hls-message.js';

/** Bytes that are kept; a publisher that sends more before it is known what it sends is not waited for. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Messages that came before it was known what tracks a stream has. */
export class MessageBacklog {
  #messages: HlsMessage[] = [];
  #byteLength = 0;
  #firstTime: number | undefined;

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  get isFull(): boolean {
    return this.#byteLength > MAX_BYTES;
  }

  /** Time of the first coded message. */
  get firstTime(): number | undefined {
    return this.#firstTime;
  }

  /** Keeps a copy. Only what is coded is: all else has been read already. */
  add({ tagType, timestamp, flags, payload }: HlsMessage): void {
    if ((flags & MediaFlags.Coded) === 0) return;
    this.#firstTime ??= timestamp;
    this.#messages.push({ tagType, timestamp, flags, payload: payload.slice() });
    this.#byteLength += payload.length;
  }

  /** Hands out what is there, in order, and forgets it. */
  drain(visit: (message: HlsMessage) => void): void {
    const messages = this.#messages;
    this.clear();
    for (const message of messages) visit(message);
  }

  clear(): void {
    this.#messages = [];
    this.#byteLength = 0;
    this.#firstTime = undefined;
  }
}
