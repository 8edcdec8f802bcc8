/** Why a command ends early: somebody pressed Ctrl-C, or sent SIGTERM. */
export class Stopped extends Error {
  override readonly name = 'Stopped';

  constructor(readonly signalNumber: number) {
    super('stopped');
  }
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** A terminal sends Ctrl-C to npx and to us, and npx passes its own on: what comes so soon is the same one. */
const SAME_SIGNAL = 500;

/** Ends what is under way at the first Ctrl-C, and the process at the second. */
export class Stop {
  readonly #controller = new AbortController();
  readonly #undo: Array<() => void> = [];
  #stoppedAt = 0;

  constructor() {
    for (const [name, number] of Object.entries(SIGNALS)) {
      const handle = (): void => this.#handle(number);
      process.on(name, handle);
      this.#undo.push(() => process.off(name, handle));
    }
  }

  /** Aborts with a {@link Stopped}, or with what {@link fail} was given. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Undefined unless somebody stopped it. */
  get stopped(): Stopped | undefined {
    const { reason } = this.signal as { reason: unknown };
    return reason instanceof Stopped ? reason : undefined;
  }

  /** Ends it with an error, unless it ends already. */
  fail(error: Error): void {
    this.#controller.abort(error);
  }

  dispose(): void {
    for (const undo of this.#undo) undo();
  }

  #handle(number: number): void {
    const now = performance.now();
    if (this.signal.aborted) {
      if (now - this.#stoppedAt > SAME_SIGNAL) process.exit(128 + number);
      return;
    }
    this.#stoppedAt = now;
    this.#controller.abort(new Stopped(number));
  }
}
