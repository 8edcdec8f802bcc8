import { type Command, Option } from 'commander';
import { flvTags } from '../client/flv-tags.js';
import { type PublishedTag, publishTags } from '../client/publish-flv.js';
import { RtmpClientError } from '../client/rtmp-client.errors.js';
import type { RtmpClientPublication } from '../client/rtmp-client-publication.js';
import { parseRtmpUrl } from '../client/rtmp-url.js';
import { CliError } from './cli.errors.js';
import { addConnectionOptions, connectClient, type ConnectionOptions } from './command-options.js';
import { formatBytes, formatTime } from './format.js';
import { parsePositiveTime, parseTime, parseTimes } from './option-values.js';
import { Progress } from './progress/progress.js';
import { begun } from './source/begun.js';
import { cutTags } from './source/cut-tags.js';
import { FileBytes } from './source/file-bytes.js';
import type { Stop } from './stop.js';

interface PublishOptions extends ConnectionOptions {
  readonly fullSpeed?: boolean;
  readonly loop?: number | true;
  readonly start?: number;
  readonly duration?: number;
}

/** Time an end may take after Ctrl-C, in milliseconds. */
const END_TIMEOUT = 3000;

/** Describes `nest-rtmp publish`. */
export function addPublishCommand(program: Command, run: (task: (stop: Stop) => Promise<void>) => Promise<void>): void {
  const command = program
    .command('publish')
    .description('publish an FLV file, as an encoder does')
    .argument('<file>', 'an FLV file, or - for standard input')
    .argument('<url>', 'rtmp://host/app/name, or rtmps, rtmpt, rtmpts')
    .addOption(new Option('--realtime', 'at the speed it is played (the default)').conflicts('fullSpeed'))
    .option('--full-speed', 'as fast as the server takes it')
    .option('--loop [times]', 'again and again, or so many times', parseTimes)
    .option('--start <time>', 'begin at the first key frame at or behind this time of the file', parseTime)
    .option('--duration <time>', 'end after so much', parsePositiveTime);
  addConnectionOptions(command, 'for the answers of the server; 15 and 10 seconds by default').action(
    (file: string, url: string, options: PublishOptions) => run((stop) => publishCommand(file, url, options, stop)),
  );
}

async function publishCommand(file: string, url: string, options: PublishOptions, stop: Stop): Promise<void> {
  const { loop, start, duration, fullSpeed = false, quiet = false } = options;
  const { masked, name } = parseRtmpUrl(url, options.app);
  if (name === undefined) {
    throw new RtmpClientError(
      'RTMP_CLIENT_ERR_URL',
      `${masked}: it has no name of a stream, write rtmp://host/app/name`,
    );
  }
  if (file === '-' && loop !== undefined)
    throw new CliError('CLI_ERR_USAGE', '--loop wants a file, not standard input');
  const progress = new Progress(quiet);
  const source = await FileBytes.find(file);
  stop.signal.addEventListener('abort', () => source.close());
  const onCut = (bytes: number): void => {
    progress.stop();
    progress.say(`${source.name} ends in the middle of a tag; ${formatBytes(bytes)} are left out.`);
  };
  const open = () => flvTags(source.open(), { onCut });
  const times = loop === true ? Infinity : loop;
  const tags = await begun(cutTags(open, { start, duration, times }));
  if (tags === undefined) {
    throw new CliError('CLI_ERR_NO_MEDIA', start === undefined ? source.name : `${source.name}, at or behind --start`);
  }
  progress.say(`Connecting to ${masked}.`);
  const client = await connectClient(url, options, stop);
  // A server that takes nothing any more cannot be told.
  stop.signal.addEventListener('abort', () => setTimeout(() => client.destroy(), END_TIMEOUT).unref());
  try {
    const publication = await client.publish(undefined, { signal: stop.signal });
    progress.say(`Publishing ${source.name}. Ctrl-C ends it.`);
    const fraction = fractionOf(source, options);
    const sent = await publishUntilStopped({
      publication,
      tags,
      pace: fullSpeed ? 'full' : 'realtime',
      stop,
      progress,
      fraction,
    });
    progress.say(
      `Published ${formatTime(sent.time)}, ${formatBytes(sent.bytes)}${stop.stopped ? ', until it was stopped' : ''}.`,
    );
  } finally {
    progress.stop();
    await client.close();
  }
}

interface PublishRun {
  readonly publication: RtmpClientPublication;
  readonly tags: AsyncIterable<PublishedTag>;
  readonly pace: 'realtime' | 'full';
  readonly stop: Stop;
  readonly progress: Progress;
  readonly fraction: (time: number) => number | undefined;
}

/** What is published so far. */
interface Sent {
  time: number;
  bytes: number;
}

/** A stop ends the publish as its end does: the server is told. */
async function publishUntilStopped({ publication, tags, pace, stop, progress, fraction }: PublishRun): Promise<Sent> {
  const sent: Sent = { time: 0, bytes: 0 };
  const since = performance.now();
  progress.start(() => ({ ...sent, elapsed: performance.now() - since, fraction: fraction(sent.time) }));
  // Nothing is sent while a pipe has nothing: that the server is gone is heard of here.
  void publication.closed.then((error) => error !== undefined && stop.fail(error));
  try {
    await publishTags(publication, tags, {
      pace,
      signal: stop.signal,
      onProgress: ({ duration, bytes }) => {
        sent.time = duration;
        sent.bytes = bytes;
      },
    });
  } catch (error) {
    if (stop.stopped === undefined) throw stop.signal.aborted ? stop.signal.reason : error;
  }
  await publication.end();
  progress.stop();
  return sent;
}

/** How far it is, if there is an end in sight: of the time that was asked for, or of the file. */
function fractionOf(source: FileBytes, { duration, loop }: PublishOptions): (time: number) => number | undefined {
  const { size } = source;
  return (time) => {
    if (duration !== undefined) return time / duration;
    return size === undefined || loop !== undefined ? undefined : source.read / size;
  };
}
