const BITS = 8;
/** Seconds of a segment below which its rate says nothing: it may be one key frame. */
const LEAST = 0.2;
/** What is put on top of a rate that was announced, or measured over less than a segment. */
const RESERVE = 1.2;
/** Segments behind which what was measured says more than what was announced. */
const ENOUGH = 3;

/** Bits per second, as playlists say them. */
export interface BitRates {
  /** Most of any segment. */
  readonly peak: number;
  /** Of all there was; at least 1, which playlists need. */
  readonly average: number;
}

/** Measures bits per second over segments. */
export class BitRateMeter {
  #peak = 0;
  #bytes = 0;
  #seconds = 0;
  #segments = 0;
  #openBytes = 0;
  #openSeconds = 0;

  add(bytes: number, seconds: number): void {
    this.#openBytes += bytes;
    this.#openSeconds += seconds;
  }

  endSegment(): void {
    if (this.#openSeconds > LEAST) {
      this.#peak = Math.max(this.#peak, (this.#openBytes * BITS) / this.#openSeconds);
      this.#segments++;
    }
    this.#bytes += this.#openBytes;
    this.#seconds += this.#openSeconds;
    this.#openBytes = 0;
    this.#openSeconds = 0;
  }

  /** Whether there is nothing yet to go by. */
  get isEmpty(): boolean {
    return this.#seconds + this.#openSeconds === 0;
  }

  /** @param announced bits per second that are expected as long as few were measured; 0 when nobody says */
  rates(announced: number): BitRates {
    const expected = this.#segments < ENOUGH ? announced : 0;
    const measured = this.#average;
    const peak = this.#peak > 0 ? this.#peak : measured * RESERVE;
    const average = Math.max(1, measured, expected);
    return { peak: Math.max(peak, expected * RESERVE, average), average };
  }

  get #average(): number {
    const seconds = this.#seconds > 0 ? this.#seconds : this.#openSeconds;
    const bytes = this.#seconds > 0 ? this.#bytes : this.#openBytes;
    return seconds > 0 ? (bytes * BITS) / seconds : 0;
  }
}
