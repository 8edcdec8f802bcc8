import type { Command } from 'commander';
import { flvMessages } from '../client/flv-messages.js';
import { flvTags } from '../client/flv-tags.js';
import { CliError } from './cli.errors.js';
import { addConnectionOptions, type ConnectionOptions } from './command-options.js';
import { parsePositiveTime } from './option-values.js';
import { type ProbeReport, probeJson, serverReport, withTexts } from './probe/probe-report.js';
import { probeText } from './probe/probe-text.js';
import { StreamProbe } from './probe/stream-probe.js';
import { Progress } from './progress/progress.js';
import { FileBytes } from './source/file-bytes.js';
import { isUrl, type OpenedMedia, openStream } from './source/open-media.js';
import { SilenceWatch } from './source/silence-watch.js';
import type { Stop } from './stop.js';

interface ProbeOptions extends ConnectionOptions {
  readonly json?: boolean;
  readonly duration?: number;
}

/** Of a live stream that is looked at by default, at most for a second key frame, and longest silence, in milliseconds. */
const OBSERVED = 5000;
const OBSERVED_AT_MOST = 15_000;
const SILENCE = 15_000;

/** Describes `nest-rtmp probe`. */
export function addProbeCommand(program: Command, run: (task: (stop: Stop) => Promise<void>) => Promise<void>): void {
  const command = program
    .command('probe')
    .description('say what is in a stream, or in an FLV file')
    .argument('<source>', 'rtmp://host/app/name …, http://host/app/name.flv …, an FLV file, or - for standard input')
    .option('--json', 'for programs')
    .option(
      '--duration <time>',
      'look at so much of it; by default 5 seconds of a stream, up to 15 when key frames are rare, and all of a file',
      parsePositiveTime,
    );
  addConnectionOptions(command, 'give up when nothing comes for so long; 15 seconds by default').action(
    (source: string, options: ProbeOptions) => run((stop) => probeCommand(source, options, stop)),
  );
}

async function probeCommand(source: string, options: ProbeOptions, stop: Stop): Promise<void> {
  const { json = false, quiet = false, timeout = SILENCE } = options;
  const isStream = isUrl(source);
  const duration = options.duration ?? (isStream ? OBSERVED : Infinity);
  const most = options.duration ?? (isStream ? OBSERVED_AT_MOST : Infinity);
  const media = await (isStream ? openStream(source, { ...options, timeout }, stop) : openFile(source, stop));
  const watch = new SilenceWatch(media, isStream ? timeout : Infinity);
  const probe = new StreamProbe();
  const progress = new Progress(quiet);
  const since = performance.now();
  progress.start(() => ({
    time: probe.observed,
    bytes: probe.bytes,
    elapsed: performance.now() - since,
    fraction: duration === Infinity ? undefined : probe.observed / duration,
    waitingFor: isStream ? 'the stream' : undefined,
  }));
  try {
    for await (const message of watch.messages()) {
      probe.take(message);
      if (probe.hasSeen(duration, most)) break;
    }
  } finally {
    progress.stop();
    await media.close();
  }
  const report = probe.report();
  if (report.tracks.length === 0) {
    stop.signal.throwIfAborted();
    throw watch.failure ?? new CliError('CLI_ERR_NO_MEDIA', media.name);
  }
  if (watch.failure !== undefined) progress.say(watch.failure.message);
  print(
    {
      source: media.name,
      ...(media.client !== undefined && { server: serverReport(media.client) }),
      ...report,
      metadata: withTexts(report.metadata, media.mask),
    },
    json,
  );
}

function print(report: ProbeReport, asJson: boolean): void {
  process.stdout.write(asJson ? probeJson(report) : probeText(report));
}

async function openFile(path: string, stop: Stop): Promise<OpenedMedia> {
  const file = await FileBytes.find(path);
  stop.signal.addEventListener('abort', () => file.close());
  return {
    name: file.name,
    messages: flvMessages(flvTags(file.open())),
    client: undefined,
    mask: (text) => text,
    end: () => file.close(),
    close: async () => file.close(),
  };
}
