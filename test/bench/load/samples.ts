/** Numbers that were measured, and what stands where among them. */
export class Samples {
  #values = new Float64Array(1024);
  #count = 0;
  #isSorted = true;

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#count * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count++] = value;
    this.#isSorted = false;
  }

  /** The value that `share` of all are not above; undefined when there are none. */
  percentile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    const values = this.#values.subarray(0, this.#count);
    if (!this.#isSorted) values.sort();
    this.#isSorted = true;
    return values[Math.min(this.#count - 1, Math.max(0, Math.ceil(share * this.#count) - 1))];
  }
}
