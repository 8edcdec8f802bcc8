import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ProgramOptions, type ProgramResult, RunningProgram } from './running-program.js';

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** The built `nest-rtmp`, running. */
export class CommandLine extends RunningProgram {
  constructor(args: readonly string[], options?: ProgramOptions) {
    if (!existsSync(MAIN)) throw new Error(`There is no ${MAIN}: run npm run build`);
    super('env', [process.execPath, '--enable-source-maps', MAIN, ...args], options);
  }

  /** Runs it in a shell, where `$CLI` is the command. */
  static inShell(script: string, options?: ProgramOptions): RunningProgram {
    const env = { ...options?.env, CLI: `${process.execPath} ${MAIN}` };
    return new RunningProgram('bash', ['-o', 'pipefail', '-c', script], { ...options, env });
  }
}

/** Runs it to its end, whatever that is. */
export function commandLine(args: readonly string[], options?: ProgramOptions): Promise<ProgramResult> {
  return new CommandLine(args, options).ended();
}
