/** A point in time up to which several things are waited for, one after the other. */
export class Deadline {
  readonly #passed: Promise<false>;
  #timer: NodeJS.Timeout | undefined;

  /** Waits for one thing for so long; false when the time passed first. */
  static async within(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
    const deadline = new Deadline(milliseconds);
    try {
      return await deadline.reached(promise);
    } finally {
      deadline.clear();
    }
  }

  constructor(milliseconds: number) {
    this.#passed = new Promise((resolve) => {
      this.#timer = setTimeout(() => resolve(false), milliseconds);
    });
  }

  /** Waits for the promise; false when the deadline passed first. What is done already has been reached, however late it is. */
  reached(promise: Promise<unknown>): Promise<boolean> {
    const passed = this.#passed.then(() => new Promise<false>((resolve) => setImmediate(resolve, false)));
    return Promise.race([promise.then(() => true), passed]);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
