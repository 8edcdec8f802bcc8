/**
 * When to send an Acknowledgement (RTMP 1.0 §5.4.3): each time the peer's
 * window has been received since the last. The sequence number is the total
 * so far, modulo 2^32.
 */
export class Acknowledger {
  #window: number;
  #isAnnounced = false;
  #received = 0;
  #acknowledged = 0;

  /** @param window bytes between acknowledgements until the peer announces its own */
  constructor(window: number) {
    this.#window = window;
  }

  /** Bytes received since the handshake. */
  get received(): number {
    return this.#received;
  }

  /** The peer's Window Acknowledgement Size (§5.4.4); 0 would mean never and is ignored. */
  setWindow(bytes: number): void {
    if (bytes === 0) return;
    this.#window = bytes;
    this.#isAnnounced = true;
  }

  /** From a peer that is harmed by acknowledgements it did not ask for: none until it announces a window. */
  onlyWhenAsked(): void {
    if (!this.#isAnnounced) this.#window = Infinity;
  }

  /** Counts bytes; a sequence number when an Acknowledgement is due. */
  count(bytes: number): number | undefined {
    this.#received += bytes;
    if (this.#received - this.#acknowledged < this.#window) return undefined;
    this.#acknowledged = this.#received;
    return this.#received % 0x1_0000_0000;
  }
}
