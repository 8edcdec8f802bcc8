import { MediaFlags } from '#lib/flv';
import type { LiveSubscriber, MediaMessage, MediaSink } from '#lib/live';

/**
 * Says when a play that asked for so much time has got it (duration of RTMP 1.0 §7.2.2.1). The time in which it waits, or
 * is paused and misses something, does not count.
 */
export class PlayDuration implements MediaSink {
  #elapsed = 0;
  /** Stream time up to which it has been counted. */
  #counted = -Infinity;
  #isInterrupted = true;
  #isOver = false;

  /**
   * @param duration milliseconds
   * @param onOver called once, with the message behind the last one
   */
  constructor(
    private readonly subscriber: LiveSubscriber,
    private readonly duration: number,
    private readonly onOver: () => void,
  ) {}

  onMessage({ flags, timestamp }: MediaMessage): void {
    if ((flags & MediaFlags.Coded) === 0 || this.#isOver) return;
    if (!this.subscriber.isWatching) {
      this.#isInterrupted = true;
      return;
    }
    if (this.#isInterrupted) {
      this.#isInterrupted = false;
      this.#counted = Math.max(this.#counted, this.subscriber.startTime ?? timestamp);
    }
    this.#elapsed += timestamp - this.#counted;
    this.#counted = timestamp;
    if (this.#elapsed < this.duration) return;
    this.#isOver = true;
    this.onOver();
  }

  onEnd(): void {}
}
