import { MediaFlags } from '#lib/flv';
import type { LiveSubscriber, MediaMessage, MediaSink } from '#lib/live';

/** Says when a play that asked for so much time has got it (duration of RTMP 1.0 §7.2.2.1). */
export class PlayDuration implements MediaSink {
  #first: number | undefined;
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
    this.#first ??= this.subscriber.startTime ?? timestamp;
    if (timestamp - this.#first < this.duration) return;
    this.#isOver = true;
    this.onOver();
  }

  onEnd(): void {}
}
