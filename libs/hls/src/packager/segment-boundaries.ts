/** Where the leading rendition began segments that another one has still to begin; milliseconds. */
export class SegmentBoundaries {
  readonly #times: number[] = [];

  get count(): number {
    return this.#times.length;
  }

  /** The next one. */
  get first(): number | undefined {
    return this.#times[0];
  }

  /** Milliseconds from the next one to the one behind it. */
  get distance(): number | undefined {
    return this.#times.length > 1 ? this.#times[1]! - this.#times[0]! : undefined;
  }

  add(milliseconds: number): void {
    this.#times.push(milliseconds);
  }

  /** The next one is begun. */
  shift(): void {
    this.#times.shift();
  }

  clear(): void {
    this.#times.length = 0;
  }

  /**
   * Whether a sample is at one of them, or behind.
   *
   * @param frameRate samples a second, one of which may begin half of its length before; undefined when it is not known
   */
  hasPassed(index: number, milliseconds: number, frameRate: number | undefined): boolean {
    const time = this.#times[index];
    if (time === undefined) return false;
    return milliseconds >= time - (frameRate === undefined ? 0 : 500 / frameRate);
  }
}
