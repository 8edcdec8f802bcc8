/** A point in time up to which several things are waited for, one after the other. */
export class Deadline {
  readonly #passed: Promise<false>;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number) {
    this.#passed = new Promise((resolve) => {
      this.#timer = setTimeout(() => resolve(false), milliseconds);
    });
  }

  /** Waits for the promise; false when the deadline passed first. */
  reached(promise: Promise<unknown>): Promise<boolean> {
    return Promise.race([promise.then(() => true), this.#passed]);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
