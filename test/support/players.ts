import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireProgram } from './programs.js';
import { type ProgramOptions, RunningProgram } from './running-program.js';
import { words } from './words.js';

/** A command that plays an address and writes what it got, as it came, into a file. */
type Command = (url: string, file: string) => string[];

const COMMANDS = {
  FFmpeg: (url, file) =>
    words`${requireProgram('ffmpeg')} -v error -nostdin -rtmp_live live -i ${url} -c copy -copyts -f flv ${file}`,
  rtmpdump: (url, file) => words`${requireProgram('rtmpdump')} -q --live -r ${url} -o ${file}`,
  'GStreamer rtmp2src': (url, file) =>
    words`${requireProgram('gst-launch-1.0')} -q rtmp2src location=${url} ! filesink location=${file}`,
  mpv: (url, file) => words`${requireProgram('mpv')} --no-config --really-quiet --stream-dump=${file} ${url}`,
  VLC: (url, file) =>
    words`${unprivileged()} ${requireProgram('cvlc')} -q -I dummy --no-dbus --demux=dump --demuxdump-file=${file}
      --play-and-exit ${url} vlc://quit`,
} satisfies Record<string, Command>;

/** A player. */
export type PlayerName = keyof typeof COMMANDS;

/** All players. */
export const PLAYERS = Object.keys(COMMANDS) as PlayerName[];

/** A player that is running. */
export class Player extends RunningProgram {
  private constructor(
    readonly name: PlayerName,
    readonly file: string,
    [program, ...args]: string[],
    options: ProgramOptions,
  ) {
    super(program!, args, options);
  }

  /** Plays an address; what it gets goes into a file in the directory, which is its home, too. */
  static start(name: PlayerName, url: string, directory: string): Player {
    const file = join(directory, `${name.replaceAll(' ', '-')}-${url.replaceAll(/\W+/gu, '-')}.flv`);
    return new Player(name, file, COMMANDS[name](url, file), { env: { HOME: directory } });
  }
}

/** A directory that players of any user can write to. */
export class PlayersDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'nest-rtmp-players-'));

  constructor() {
    chmodSync(this.path, 0o777);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** VLC does not run as root. */
function unprivileged(): string[] {
  return process.getuid?.() === 0 ? words`${requireProgram('runuser')} -u nobody --` : [];
}
