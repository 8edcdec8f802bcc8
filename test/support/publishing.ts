import { type ProgramOptions, RunningProgram } from './running-program.js';
import { words } from './words.js';

/** How FFmpeg publishes a file. */
export interface PublishOptions extends ProgramOptions {
  /** At the speed it is played, not as fast as possible. */
  isRealTime?: boolean;
  /** Further arguments before the input, and before the address. */
  inputArgs?: readonly string[];
  args?: readonly string[];
  /** How much FFmpeg tells. Defaults to 'error'. */
  logLevel?: string;
}

/** FFmpeg publishing a file as it is, without encoding. */
export class FfmpegPublisher extends RunningProgram {
  constructor(file: string, url: string, options: PublishOptions = {}) {
    const { isRealTime = false, inputArgs = [], args = [], logLevel = 'error' } = options;
    super(
      'ffmpeg',
      words`-hide_banner -nostdin -loglevel ${logLevel} -progress pipe:1 -stats_period 0.1
        ${isRealTime ? ['-re'] : []} ${inputArgs} -i ${file} -c copy -map 0 ${args} -f flv ${url}`,
      options,
    );
  }

  /** How far it says it has sent the file, in milliseconds. */
  get sent(): number {
    const times = [...this.stdout.matchAll(/^out_time_us=(\d+)$/gmu)];
    return Number(times.at(-1)?.[1] ?? 0) / 1000;
  }
}

/** Publishes a file to its end. */
export async function publish(file: string, url: string, options?: PublishOptions): Promise<void> {
  await new FfmpegPublisher(file, url, options).succeeded();
}
