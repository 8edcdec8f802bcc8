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

/**
 * Messages that wait for a slow handler. It is bounded and never stops the
 * publisher: when it is full everything in it but the configuration is given
 * up, and it goes on at the next key frame; without video at the next message.
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
    if (this.#isFull(message)) this.#giveUp();
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

  #isFull(next: RtmpMediaMessage): boolean {
    if (this.#messages.length === 0) return false;
    return (
      this.#bytes + next.payload.length > this.#limits.maxBytes || this.#messages.length >= this.#limits.maxMessages
    );
  }

  /** Keeps the configuration unless that alone takes half of what there is, as only a hostile publisher's does. */
  #giveUp(): void {
    const kept = this.#messages.filter(isConfiguration);
    const bytes = kept.reduce((sum, message) => sum + message.payload.length, 0);
    const isModest = bytes <= this.#limits.maxBytes / 2 && kept.length <= this.#limits.maxMessages / 2;
    this.#countDropped(this.#messages.length - (isModest ? kept.length : 0));
    this.#messages = isModest ? kept : [];
    this.#bytes = isModest ? bytes : 0;
    this.#isDropping = true;
  }

  #mayResumeAt(message: RtmpMediaMessage): boolean {
    if ((message.flags & MediaFlags.KeyFrame) !== 0) return true;
    return !this.#hasVideo && !isConfiguration(message);
  }

  #countDropped(count: number): void {
    this.#dropped += count;
    this.#droppedSinceTake += count;
  }
}
