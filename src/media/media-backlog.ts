import { CONFIGURATION_FLAGS, MediaFlags } from '#lib/flv';
import type { RtmpMediaBatch, RtmpMediaMessage } from './rtmp-media-message.js';

/** How much may wait for one slow media handler. */
export interface MediaBacklogLimits {
  readonly maxBytes: number;
  readonly maxMessages: number;
}

/** A message without which those that follow cannot be decoded or understood. */
function isConfiguration(message: RtmpMediaMessage): boolean {
  return message.kind === 'data' || (message.flags & CONFIGURATION_FLAGS) !== 0;
}

function isKeyFrame(message: RtmpMediaMessage): boolean {
  return (message.flags & MediaFlags.KeyFrame) !== 0;
}

function bytesOf(messages: readonly RtmpMediaMessage[]): number {
  return messages.reduce((sum, message) => sum + message.payload.length, 0);
}

/**
 * Messages that wait for a slow handler. It is bounded and never stops the
 * publisher: when it is full it gives up the oldest, up to a key frame, since
 * nothing could be decoded from elsewhere; without one in it, everything until
 * the next. Configuration and metadata are kept.
 */
export class MediaBacklog {
  readonly #limits: MediaBacklogLimits;
  #messages: RtmpMediaMessage[] = [];
  #bytes = 0;
  #hasVideo = false;
  #isDropping = false;
  #droppedSinceTake = 0;
  #dropped = 0;

  constructor(limits: MediaBacklogLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#messages.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Messages given up in all. */
  get dropped(): number {
    return this.#dropped;
  }

  push(message: RtmpMediaMessage): void {
    this.#hasVideo ||= message.kind === 'video';
    while (this.#isFull(message)) this.#giveUp();
    if (this.#isDropping) {
      if (this.#mayResumeAt(message)) this.#isDropping = false;
      else if (!isConfiguration(message)) {
        this.#countDropped(1);
        return;
      }
    }
    this.#messages.push(message);
    this.#bytes += message.payload.length;
  }

  /** Everything that waits, or undefined. */
  take(): RtmpMediaBatch | undefined {
    if (this.#messages.length === 0) return undefined;
    const batch = { messages: this.#messages, dropped: this.#droppedSinceTake };
    this.#messages = [];
    this.#bytes = 0;
    this.#droppedSinceTake = 0;
    return batch;
  }

  /** One message at a time, oldest first. */
  shift(): RtmpMediaMessage | undefined {
    const message = this.#messages.shift();
    if (message !== undefined) this.#bytes -= message.payload.length;
    return message;
  }

  /** Gives up everything that waits. */
  clear(): void {
    this.#countDropped(this.#messages.length);
    this.#messages = [];
    this.#bytes = 0;
  }

  #isFull(next: RtmpMediaMessage): boolean {
    if (this.#messages.length === 0) return false;
    return (
      this.#bytes + next.payload.length > this.#limits.maxBytes || this.#messages.length >= this.#limits.maxMessages
    );
  }

  /** Makes room. Keeps the configuration unless that alone takes half of it, as only a hostile publisher's does. */
  #giveUp(): void {
    const restart = this.#restartIndex();
    const isKept = (message: RtmpMediaMessage, index: number): boolean =>
      isConfiguration(message) || (restart >= 0 && index >= restart);
    const all = this.#messages;
    const configuration = all.filter(isConfiguration);
    const isModest =
      bytesOf(configuration) <= this.#limits.maxBytes / 2 && configuration.length <= this.#limits.maxMessages / 2;
    this.#messages = isModest ? all.filter(isKept) : [];
    if (this.#messages.length === all.length) this.#messages = [];
    this.#bytes = bytesOf(this.#messages);
    this.#countDropped(all.length - this.#messages.length);
    this.#isDropping = restart < 0 || !isModest;
  }

  /** Where one could begin anew and still have given something up; -1 when nowhere. */
  #restartIndex(): number {
    const first = this.#messages.findIndex((message) => !isConfiguration(message));
    if (first < 0) return -1;
    const half = first + ((this.#messages.length - first) >> 1);
    const restart = this.#hasVideo ? this.#messages.findLastIndex(isKeyFrame) : half;
    return restart > first ? restart : -1;
  }

  #mayResumeAt(message: RtmpMediaMessage): boolean {
    if (isKeyFrame(message)) return true;
    return !this.#hasVideo && !isConfiguration(message);
  }

  #countDropped(count: number): void {
    this.#dropped += count;
    this.#droppedSinceTake += count;
  }
}
