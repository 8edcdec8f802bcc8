import { type ProgramOptions, RunningProgram, runProgram } from './running-program.js';
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

/**
 * GStreamer publishing what it encodes live, 25 pictures and 43 pieces of sound a second; it sends metadata dozens of times.
 *
 * @param sent file that is given what it sends
 */
export async function publishLive(url: string, sent: string, pictures: number, sounds: number): Promise<void> {
  await runProgram(
    'gst-launch-1.0',
    words`-q videotestsrc is-live=true num-buffers=${`${pictures}`} ! video/x-raw,width=320,height=240,framerate=25/1
      ! x264enc tune=zerolatency key-int-max=25 bitrate=300 ! video/x-h264,profile=main ! h264parse
      ! flvmux name=m streamable=true ! tee name=t
      audiotestsrc is-live=true num-buffers=${`${sounds}`} ! audio/x-raw,rate=44100 ! avenc_aac ! aacparse ! m.
      t. ! queue ! rtmp2sink location=${url} t. ! queue ! filesink location=${sent}`,
  );
}
