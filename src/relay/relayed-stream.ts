import type { LiveStream, MediaSink } from '#lib/live';
import type { PushRelay } from './push-relay.js';

/** One stream and where it is sent on to; goes on as long as its publisher may come back. */
export class RelayedStream implements MediaSink {
  readonly #relays = new Map<string, PushRelay>();
  #unwatch: () => void;

  /**
   * @param successor the stream that goes on as this one, when it has ended
   * @param onOver called once
   */
  constructor(
    stream: LiveStream,
    private readonly successor: () => LiveStream | undefined,
    private readonly onOver: () => void,
  ) {
    this.#unwatch = stream.addSink(this, { greet: false });
  }

  get relays(): Iterable<PushRelay> {
    return this.#relays.values();
  }

  /** By what it comes from: one rule, or one address of a handler, makes one relay. */
  get(key: string): PushRelay | undefined {
    return this.#relays.get(key);
  }

  add(key: string, relay: PushRelay): void {
    this.#relays.set(key, relay);
    void relay.whenStopped.then(() => {
      if (this.#relays.get(key) === relay) this.#relays.delete(key);
    });
  }

  /** The publisher came back; those that are not wanted any more are stopped. */
  continueWith(stream: LiveStream, isWanted: (key: string) => boolean): void {
    this.#unwatch();
    this.#unwatch = stream.addSink(this, { greet: false });
    for (const [key, relay] of this.#relays) {
      if (isWanted(key)) relay.continueWith(stream);
      else relay.stop();
    }
  }

  onMessage(): void {}

  onSuspend(): void {}

  onEnd(): void {
    if (this.successor() !== undefined) return;
    for (const relay of this.#relays.values()) relay.stop();
    this.onOver();
  }
}
