import type { Command } from 'commander';
import { PlayedFlv } from '../client/played-flv.js';
import { addConnectionOptions } from './command-options.js';
import { type FlvOutput, flvOutput, ReaderGone } from './flv-output.js';
import { formatBytes, formatCount, formatTime } from './format.js';
import { parsePositiveTime, parseTime } from './option-values.js';
import { Progress } from './progress/progress.js';
import { CliError } from './cli.errors.js';
import { maskedUrl, type MediaOptions, openStream } from './source/open-media.js';
import { SilenceWatch } from './source/silence-watch.js';
import type { Stop } from './stop.js';

interface PlayOptions extends MediaOptions {
  readonly output: string;
  readonly force?: boolean;
  readonly duration?: number;
}

/** Longest silence by default, in milliseconds. */
const SILENCE = 30_000;

/** Describes `nest-rtmp play`. */
export function addPlayCommand(program: Command, run: (task: (stop: Stop) => Promise<void>) => Promise<void>): void {
  const command = program
    .command('play')
    .description('play a stream into an FLV file')
    .argument('<url>', 'rtmp://host/app/name, or rtmps, rtmpt, rtmpts, or http://host/app/name.flv, or https')
    .requiredOption('-o, --output <file>', 'the FLV file to write, or - for standard output')
    .option('-f, --force', 'overwrite the file')
    .option('--duration <time>', 'end after so much', parsePositiveTime)
    .option('--start <time>', 'where to begin in a recording that the server plays', parseTime)
    .option('--follow', 'go on when the publisher goes, and wait for the next');
  addConnectionOptions(command, 'end when nothing comes for so long; 30 seconds by default').action(
    (url: string, options: PlayOptions) => run((stop) => playCommand(url, options, stop)),
  );
}

async function playCommand(url: string, options: PlayOptions, stop: Stop): Promise<void> {
  const { output: path, force = false, duration, quiet = false, follow = false, timeout } = options;
  const progress = new Progress(quiet);
  const output = await flvOutput(path, force, stop.signal);
  progress.say(`Connecting to ${maskedUrl(url, options.app)}.`);
  const media = await openStream(url, options, stop);
  const watch = new SilenceWatch(media, timeout ?? (follow ? Infinity : SILENCE));
  const flv = new PlayedFlv(watch.messages(), duration === undefined ? {} : { duration });
  const since = performance.now();
  try {
    progress.say(`Playing into ${output.name}. Ctrl-C ends it.`);
    progress.start(() => ({
      time: flv.duration,
      bytes: flv.length,
      elapsed: performance.now() - since,
      fraction: duration === undefined ? undefined : flv.duration / duration,
      waitingFor: 'the stream',
    }));
    await write(flv, output);
  } finally {
    progress.stop();
    // Whatever ended it, what came until then is a whole file.
    if (flv.length > 0) {
      await output.finish(flv.summary?.patches ?? []);
      progress.say(summary(flv, output.name));
    }
    await media.close();
  }
  if (watch.failure !== undefined) throw watch.failure;
  if (flv.summary?.tracks.length === 0 || flv.length === 0) {
    stop.signal.throwIfAborted();
    throw new CliError('CLI_ERR_NO_MEDIA', `${media.name}: it ended before any came`);
  }
}

async function write(flv: PlayedFlv, output: FlvOutput): Promise<void> {
  try {
    for await (const bytes of flv) await output.write(bytes);
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
  }
}

function summary(flv: PlayedFlv, name: string): string {
  const { duration = 0, fileSize = 0, tracks = [] } = flv.summary ?? {};
  const what = tracks.map(({ kind, trackId, frames }) => {
    const noun = kind === 'video' ? 'pictures' : 'frames of audio';
    return `${formatCount(frames)} ${noun}${trackId === 0 ? '' : ` of track ${trackId}`}`;
  });
  return `${name}: ${[formatTime(duration), formatBytes(fileSize), ...what].join(', ')}.`;
}
