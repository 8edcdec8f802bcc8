/** A place to seek to: time in milliseconds, and position of the tag in the file. */
export interface KeyframePlace {
  readonly time: number;
  readonly position: number;
}

/**
 * Remembers where the key frames are in a bounded number of places. When they are used up, every second place is
 * given up and from then on only every second key frame is remembered: the index thins out, but stays true and even.
 */
export class KeyframeIndex {
  #places: KeyframePlace[] = [];
  #seen = 0;
  #stride = 1;

  /** @param slots how many places there are; 0 for no index. */
  constructor(readonly slots: number) {}

  /** All key frames, also those that are not in the index. */
  get seen(): number {
    return this.#seen;
  }

  add(time: number, position: number): void {
    const ordinal = this.#seen;
    this.#seen += 1;
    if (ordinal % this.#stride !== 0) return;
    if (this.#places.length >= this.slots) {
      if (this.slots < 2) return;
      this.#places = everySecond(this.#places);
      this.#stride *= 2;
      if (ordinal % this.#stride !== 0) return;
    }
    this.#places.push({ time, position });
  }

  /** The places, thinned until there are at most `limit`. */
  places(limit: number = this.slots): readonly KeyframePlace[] {
    if (limit < 1) return [];
    let places = this.#places;
    while (places.length > limit) places = everySecond(places);
    return places;
  }
}

function everySecond<T>(items: readonly T[]): T[] {
  return items.filter((_item, index) => index % 2 === 0);
}
