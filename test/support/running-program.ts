import { type ChildProcess, spawn } from 'node:child_process';
import { requireProgram } from './programs.js';

/** How to run a program. */
export interface ProgramOptions {
  /** Milliseconds after which it is killed, which fails whoever waits for it. Defaults to 60,000. */
  timeout?: number;
  /** Added to the environment. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

/** How a program ended. */
export interface ProgramResult {
  /** Exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Programs that have not ended: a test that throws leaves none of them behind. */
const running = new Set<RunningProgram>();
process.on('exit', killPrograms);

/** Ends what is still running: after a test that failed half way. */
export function killPrograms(): void {
  for (const program of running) program.kill('SIGKILL');
}

/** A program a test started, and everything it says. */
export class RunningProgram {
  stdout = '';
  stderr = '';
  readonly #command: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<ProgramResult>;
  #isTimedOut = false;

  constructor(name: string, args: readonly string[], { timeout = 60_000, env = {}, cwd }: ProgramOptions = {}) {
    this.#command = [name, ...args].join(' ');
    this.#child = spawn(requireProgram(name), args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      cwd,
    });
    running.add(this);
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    const timer = setTimeout(() => {
      this.#isTimedOut = true;
      this.kill('SIGKILL');
    }, timeout);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        clearTimeout(timer);
        running.delete(this);
        const { stdout, stderr } = this;
        if (this.#isTimedOut) reject(new Error(this.describe(`did not end within ${timeout} ms`)));
        else resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout, stderr });
      });
    });
    // Whoever waits gets the error; nobody may be waiting yet.
    this.#ended.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Closes the pipes it writes to, as a reader does that ends before it. */
  stopReading(): void {
    this.#child.stdout!.destroy();
    this.#child.stderr!.destroy();
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when it has ended, however it did. */
  ended(): Promise<ProgramResult> {
    return this.#ended;
  }

  /** Resolves when it has ended with 0; anything else fails with what it wrote. */
  async succeeded(): Promise<ProgramResult> {
    const result = await this.#ended;
    if (result.code !== 0) throw new Error(this.describe(`ended with ${result.code ?? result.signal}`));
    return result;
  }

  /** Resolves when it has ended because of the signal, or was ended before. */
  async end(signal: NodeJS.Signals): Promise<ProgramResult> {
    this.kill(signal);
    return this.#ended;
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.hasEnded) this.#child.kill(signal);
  }

  /** A sentence about it with the end of what it wrote. */
  describe(what: string): string {
    const said = [this.stdout, this.stderr].map((text) => text.slice(-4000).trim()).filter(Boolean);
    return [`${this.#command} ${what}`, ...said].join('\n');
  }
}

/** Runs a program to its end, which must be 0. */
export function runProgram(name: string, args: readonly string[], options?: ProgramOptions): Promise<ProgramResult> {
  return new RunningProgram(name, args, options).succeeded();
}
