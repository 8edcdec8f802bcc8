/** Pictures from which a rhythm is learnt, and for how many it is believed. */
const PICTURES_TO_LEARN = 24;
const PICTURES_BELIEVED = 600;
/** What is a rhythm, in milliseconds: how far apart pictures are, and by how much that may vary. */
const SHORTEST_PERIOD = 12;
const LONGEST_PERIOD = 120;
const LARGEST_DEVIATION = 4;
/** Reads for each picture from which on it is worth to rest in between: audio that comes apart makes more. */
const READS_WORTH_IT = 1.3;
/** How much sooner the next is looked for when one was there, and how much later when it was not: ten of eleven are there. In milliseconds. */
const SOONER = 0.1;
const LATER = 1;
/** How much of that is taken for a fault of the period. */
const PERIOD_SHARE = 0.05;
/** Pictures that come so much later than they were looked for have lost their rhythm, in milliseconds. */
const TOO_LATE = 20;

/**
 * The rhythm in which a publisher sends pictures, learnt from when they come. It says when to look for the next one: right
 * behind the time it is expected at. It has no clock; times are in milliseconds.
 *
 * ```
 * learning --a rhythm--> known --lost, or long believed--> learning
 * ```
 */
export class PicturePace {
  /** When the last picture came that was seen as it came, and the first of those counted. */
  #cameAt: number | undefined;
  #since = 0;
  #pictures = 0;
  /** Reads, and the sum of the squared times between pictures, while it is learnt. */
  #reads = 0;
  #squares = 0;
  #period: number | undefined;
  #dueAt = 0;

  /** When to look for the next picture; undefined while that is not known, or of no use. */
  get dueAt(): number | undefined {
    return this.#period === undefined ? undefined : this.#dueAt;
  }

  /** A read as bytes came, with so many pictures. */
  observe(now: number, pictures: number): void {
    this.#reads++;
    if (pictures === 0) return;
    const before = this.#cameAt;
    this.#cameAt = now;
    if (before === undefined) {
      this.#since = now;
      this.#reads = 0;
      return;
    }
    this.#pictures += pictures;
    if (this.#period !== undefined) this.#arrived(now);
    else this.#learn(now, now - before);
  }

  /** A look when it was due, with so many pictures. After one without any, what comes is to be observed. */
  look(pictures: number): void {
    if (this.#period === undefined || pictures === 0) return;
    this.#pictures += pictures;
    this.#advance(-SOONER);
    if (pictures > 1 || this.#pictures > PICTURES_BELIEVED) this.#forget();
  }

  #learn(now: number, interval: number): void {
    this.#squares += interval * interval;
    if (this.#pictures < PICTURES_TO_LEARN) return;
    const period = (now - this.#since) / this.#pictures;
    const deviation = Math.sqrt(Math.max(0, this.#squares / this.#pictures - period * period));
    const isRhythm = period >= SHORTEST_PERIOD && period <= LONGEST_PERIOD && deviation <= LARGEST_DEVIATION;
    if (!isRhythm || this.#reads < this.#pictures * READS_WORTH_IT) {
      this.#forget();
      return;
    }
    this.#period = period;
    this.#dueAt = now + period + LATER;
  }

  /** A picture that was not there yet when it was looked for. */
  #arrived(now: number): void {
    if (now - this.#dueAt > TOO_LATE || this.#pictures > PICTURES_BELIEVED) {
      this.#forget();
      return;
    }
    this.#advance(LATER);
  }

  #advance(correction: number): void {
    this.#dueAt += this.#period! + correction;
    this.#period! += correction * PERIOD_SHARE;
  }

  #forget(): void {
    this.#cameAt = undefined;
    this.#period = undefined;
    this.#pictures = this.#reads = this.#squares = 0;
  }
}
