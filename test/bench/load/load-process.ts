import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endChild, spawnChild } from '../servers/child.js';
import type { LoadJob, LoadJobOptions } from './load-job.js';

/** What a load process is told. */
export interface LoadCall {
  readonly id: number;
  readonly method: keyof LoadJob;
}

/** What it answers. */
export interface LoadReply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

const MAIN = fileURLToPath(new URL('load-main.js', import.meta.url));

/** A job in a process of its own, so that its CPU is its own and it is not held up by another part of the load. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  /** @param cpu the CPU to run on; any when undefined */
  constructor(options: LoadJobOptions, cpu: number | undefined) {
    this.#child = spawnChild(process.execPath, [MAIN, JSON.stringify(options)], {
      cpu,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', ({ id, value, error }: LoadReply) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (error === undefined) call?.resolve(value);
      else call?.reject(new Error(`load ${options.kind}: ${error}`));
    });
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#calls.values()) {
        reject(new Error(`the load process (${options.kind}) ended with ${code ?? signal}`));
      }
      this.#calls.clear();
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Runs a method of the job. */
  async call<T>(method: keyof LoadJob): Promise<T> {
    const id = ++this.#lastId;
    const reply = new Promise<unknown>((resolve, reject) => this.#calls.set(id, { resolve, reject }));
    this.#child.send({ id, method } satisfies LoadCall);
    return (await reply) as T;
  }

  async end(): Promise<void> {
    await endChild(this.#child);
  }
}
