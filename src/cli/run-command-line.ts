import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CliError } from './cli.errors.js';
import { describeFailure } from './describe-failure.js';
import { ExitCode, exitCodeOf } from './exit-codes.js';
import { addPlayCommand } from './play-command.js';
import { addProbeCommand } from './probe-command.js';
import { addPublishCommand } from './publish-command.js';
import { Stop, Stopped } from './stop.js';

const HELP = `
A time is seconds, or [hours:]minutes:seconds. Names of streams and keys are not shown.

Examples:
  nest-rtmp publish film.flv rtmp://127.0.0.1/live/cam1 --loop
  ffmpeg -i film.mp4 -c copy -f flv - | nest-rtmp publish - rtmps://live.example.com/app/key
  nest-rtmp play rtmp://127.0.0.1/live/cam1 -o cam1.flv --duration 1:00
  nest-rtmp play http://127.0.0.1:8080/live/cam1.flv -o - | ffplay -
  nest-rtmp probe rtmp://127.0.0.1/live/cam1 --json

It ends with 0 when all is well, 2 for a wrong command line, 3 when there is no way to the server, 4 when it
refuses, 5 when something breaks off, 6 for what is wrong with a file, and 1 for its own faults.
`;

/** Runs `nest-rtmp` with arguments. Resolves to the code the process should end with. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const program = new Command('nest-rtmp')
    .description('Publish, play and look at live streams: RTMP, RTMPS, RTMPT, and FLV over HTTP.')
    .version(packageVersion(), '-V, --version')
    .addHelpText('after', HELP)
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  for (const add of [addPublishCommand, addPlayCommand, addProbeCommand]) add(program, withStop);
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return ExitCode.Done;
  } catch (error) {
    return failed(error);
  }
}

async function withStop(task: (stop: Stop) => Promise<void>): Promise<void> {
  const stop = new Stop();
  try {
    await task(stop);
  } catch (error) {
    // What a stop broke off fails in its own words.
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    stop.dispose();
  }
}

function failed(error: unknown): number {
  if (error instanceof Stopped) return 128 + error.signalNumber;
  let failure = error;
  if (error instanceof CommanderError) {
    // Help and version were asked for, and printed.
    if (error.exitCode === 0) return ExitCode.Done;
    if (error.code === 'commander.help') return ExitCode.Usage;
    const detail = error.message.replace(/^error: /u, '').replaceAll('\n', ' ');
    failure = new CliError('CLI_ERR_USAGE', detail);
  }
  process.stderr.write(`nest-rtmp: ${describeFailure(failure)}\n`);
  return exitCodeOf(failure);
}

function packageVersion(): string {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
