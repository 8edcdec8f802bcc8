import cliProgress from 'cli-progress';
import { printable } from '../printable.js';
import { type ProgressState, progressText } from './progress-text.js';

/** How often a terminal is painted, and a log gets a line, in milliseconds. */
const PAINT_INTERVAL = 200;
const LINE_INTERVAL = 10_000;
const STEPS = 1000;

/** Tells people how far a command is, on standard error: a bar on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #isQuiet: boolean;
  readonly #isTerminal: boolean;
  #bar: cliProgress.SingleBar | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(isQuiet: boolean) {
    this.#isQuiet = isQuiet;
    this.#isTerminal = process.stderr.isTTY;
  }

  /** Shows what it reads from now on. */
  start(read: () => ProgressState): void {
    if (this.#isQuiet) return;
    if (!this.#isTerminal) {
      this.#timer = setInterval(() => this.say(progressText(read())), LINE_INTERVAL);
      return;
    }
    const bar = (this.#bar = new cliProgress.SingleBar(
      {
        stream: process.stderr,
        clearOnComplete: true,
        hideCursor: true,
        // Whoever stops the command stops the bar.
        gracefulExit: false,
        format: (options, params) => progressText(read(), () => cliProgress.Format.BarFormat(params.progress, options)),
      },
      cliProgress.Presets.shades_classic,
    ));
    bar.start(STEPS, 0);
    this.#timer = setInterval(() => bar.update(Math.round((read().fraction ?? 0) * STEPS)), PAINT_INTERVAL);
  }

  /** Takes it away. */
  stop(): void {
    clearInterval(this.#timer);
    this.#bar?.stop();
    this.#bar = undefined;
  }

  /** A line for people; not while a bar is shown. */
  say(text: string): void {
    if (!this.#isQuiet) process.stderr.write(`${printable(text)}\n`);
  }
}
