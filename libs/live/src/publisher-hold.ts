/**
 * Lets those who take a stream's messages and must not lose any slow its
 * publisher down: while somebody holds it, its connection reads no further.
 */
export class PublisherHold {
  #holders = 0;
  /** Called when the first takes hold and when the last lets go; set by the publisher's connection. */
  onChange: ((isHeld: boolean) => void) | undefined;

  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /** @returns lets go again; may be called twice */
  take(): () => void {
    if (++this.#holders === 1) this.onChange?.(true);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      if (--this.#holders === 0) this.onChange?.(false);
    };
  }
}
