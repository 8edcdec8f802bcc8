const BITS = 8;
/** Seconds below which a rate says nothing. */
const LEAST = 0.2;
/** What is put on top of a rate that was measured over less than a segment. */
const RESERVE = 1.2;

/** Measures bits per second over segments. */
export class BitRateMeter {
  #peak = 0;
  #bytes = 0;
  #seconds = 0;
  #openBytes = 0;
  #openSeconds = 0;

  add(bytes: number, seconds: number): void {
    this.#openBytes += bytes;
    this.#openSeconds += seconds;
  }

  endSegment(): void {
    if (this.#openSeconds > LEAST) {
      this.#peak = Math.max(this.#peak, (this.#openBytes * BITS) / this.#openSeconds);
      this.#bytes += this.#openBytes;
      this.#seconds += this.#openSeconds;
    }
    this.#openBytes = 0;
    this.#openSeconds = 0;
  }

  /** Whether there is anything to measure. */
  get isEmpty(): boolean {
    return this.#seconds + this.#openSeconds === 0;
  }

  /** Most of any segment. */
  get peak(): number {
    return this.#peak > 0 ? this.#peak : this.average * RESERVE;
  }

  /** Of all there was; at least 1, which playlists need. */
  get average(): number {
    const seconds = this.#seconds > 0 ? this.#seconds : this.#openSeconds;
    const bytes = this.#seconds > 0 ? this.#bytes : this.#openBytes;
    return seconds === 0 ? 1 : Math.max(1, (bytes * BITS) / seconds);
  }
}
