import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { findProgram } from './find-program.js';

/** How to start a process of the benchmark. */
export interface ChildOptions {
  /** The one CPU it runs on; any when undefined. */
  readonly cpu: number | undefined;
  readonly stdio: StdioOptions;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Time to leave by itself, in milliseconds. */
const PATIENCE = 10_000;

/** Processes that have not ended: none outlives the benchmark. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    process.stderr.write(`Ended by ${signal}\n`);
    process.exit(1);
  });
}

/** Starts a program, on one CPU if that is asked for. */
export function spawnChild(program: string, args: readonly string[], options: ChildOptions): ChildProcess {
  const { cpu, ...rest } = options;
  // taskset becomes the program, so the process ID is the program's.
  const command = cpu === undefined ? [program, ...args] : [requireTaskset(), '-c', String(cpu), program, ...args];
  const child = spawn(command[0]!, command.slice(1), rest);
  running.add(child);
  child.once('close', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Ends a process as a supervisor does. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  await ended;
  clearTimeout(timer);
}

function requireTaskset(): string {
  const path = findProgram('taskset');
  if (path === undefined) throw new Error('--pin needs taskset (Debian package util-linux)');
  return path;
}
