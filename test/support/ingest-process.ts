import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { type ProgramResult, RunningProgram } from './running-program.js';
import { until, type UntilOptions } from './until.js';
import { words } from './words.js';

/** The built server, seen from the root of the project, where tests run; INGEST_MAIN names another build of it. */
const MAIN = resolve(process.env['INGEST_MAIN'] ?? 'dist/apps/ingest/src/main.js');

/** How to start the server. */
export interface IngestOptions {
  /** Settings over the defaults of a test: a free port on loopback, a temporary directory, JSON log. */
  env?: NodeJS.ProcessEnv;
  /** Where to record; a temporary directory by default, which is removed with the process. */
  directory?: string;
  /** A command that runs the server, which is appended to it. */
  launcher?: readonly string[];
  /** Milliseconds the process may live. Defaults to 170,000. */
  timeout?: number;
}

/** A line of the log. */
export interface LogEntry {
  readonly level: string;
  readonly message: string;
  /** ID of the session it is about. */
  readonly session?: string;
  /** What went wrong, for programs. */
  readonly code?: string;
  /** The line as it is. */
  readonly text: string;
}

/** `node dist/apps/ingest/src/main.js`, listening on a free port. */
export class IngestProcess {
  readonly program: RunningProgram;
  readonly #ownDirectory: string | undefined;

  private constructor(
    readonly directory: string,
    { env = {}, directory: given, launcher = [], timeout = 170_000 }: IngestOptions,
  ) {
    if (!existsSync(MAIN)) throw new Error(`There is no ${MAIN}: run npm run build`);
    this.#ownDirectory = given === undefined ? directory : undefined;
    this.program = new RunningProgram('env', words`${launcher} ${process.execPath} --enable-source-maps ${MAIN}`, {
      timeout,
      // An ingest.env in the working directory would be read.
      cwd: directory,
      env: {
        RTMP_PORT: '0',
        HTTP_PORT: '0',
        RECORDINGS_DIR: directory,
        LOG_FORMAT: 'json',
        NODE_ENV: 'production',
        ...env,
      },
    });
  }

  /** Resolves when it listens. */
  static async start(options: IngestOptions = {}): Promise<IngestProcess> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'nest-rtmp-e2e-'));
    const ingest = new IngestProcess(directory, options);
    try {
      await ingest.until('the server listens', () => {
        if (ingest.program.hasEnded) throw new Error(ingest.program.describe('ended before it listened'));
        return ingest.#listeningPort() !== undefined;
      });
    } catch (error) {
      await ingest.stop();
      throw error;
    }
    return ingest;
  }

  get port(): number {
    return this.#listeningPort()!;
  }

  get pid(): number {
    return this.program.pid;
  }

  /** Port of its listener of a kind. */
  async portOf(kind: 'rtmps' | 'http' | 'https'): Promise<string> {
    const listener = new RegExp(`${kind}://[^\\s/]+:(\\d+)`, 'u');
    return this.until(`it listens for ${kind}`, () => listener.exec(this.program.stdout)?.[1]);
  }

  /** Address of a stream, for example `live/one`. */
  url(stream: string): string {
    return `rtmp://127.0.0.1:${this.port}/${stream}`;
  }

  /** Address of a stream over HTTP, for example `live/one.flv`. */
  async httpUrl(path: string): Promise<string> {
    return `http://127.0.0.1:${await this.portOf('http')}/${path}`;
  }

  /** The log so far; warnings and errors, which go to standard error, last. */
  get log(): LogEntry[] {
    return [this.program.stdout, this.program.stderr].flatMap(parseLog);
  }

  /** Paths of the finished recordings whose path begins with `stream`, oldest first. */
  recordings(stream = ''): string[] {
    return this.files(stream, '.flv');
  }

  /** Paths of recordings that are being written, or were when the process was killed. */
  unfinished(stream = ''): string[] {
    return this.files(stream, '.part');
  }

  /** Paths of files whose path below the directory begins with `stream` and ends with `end`, in order. */
  files(stream: string, end: string): string[] {
    return readdirSync(this.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(end))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => relative(this.directory, path).startsWith(stream))
      .sort();
  }

  /** Waits until a stream has so many finished recordings, and none that is being written. */
  async finishedRecordings(stream: string, count = 1): Promise<string[]> {
    return this.until(`${count} finished recording(s) of ${stream}`, () => {
      const found = this.recordings(stream);
      return found.length >= count && this.unfinished(stream).length === 0 && found;
    });
  }

  /** The one recording of a stream. */
  async finishedRecording(stream: string): Promise<string> {
    const found = await this.finishedRecordings(stream);
    if (found.length !== 1) throw new Error(`${stream} has ${found.length} recordings:\n${found.join('\n')}`);
    return found[0]!;
  }

  /** Waits for a line of the log that contains all of the texts. */
  async logged(...texts: string[]): Promise<LogEntry> {
    return this.until(`a log line with ${texts.join(' and ')}`, () =>
      this.log.find(({ text }) => texts.every((part) => text.includes(part))),
    );
  }

  /** Waits for something; when it does not come the failure shows the end of the log. */
  async until<T>(what: string, condition: () => T | Promise<T>, options: UntilOptions = {}) {
    return until(what, condition, { instead: () => this.program.describe('said:'), ...options });
  }

  /** Memory the process has, in bytes. */
  residentSetSize(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]) * 1024;
  }

  /** Processor time it has used, user and system, in seconds. */
  processorSeconds(): number {
    // proc(5): behind the name of the program, which may contain anything; utime and stime are in hundredths.
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8')
      .replace(/^.*\) /su, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Ends it as a supervisor does, and removes its directory. */
  async stop(): Promise<ProgramResult> {
    const result = await this.program.end('SIGTERM');
    this.removeDirectory();
    return result;
  }

  removeDirectory(): void {
    if (this.#ownDirectory !== undefined) rmSync(this.#ownDirectory, { recursive: true, force: true });
  }

  #listeningPort(): number | undefined {
    const port = /rtmp:\/\/[^\s/]+:(\d+)/u.exec(this.program.stdout)?.[1];
    return port === undefined ? undefined : Number(port);
  }
}

function parseLog(text: string): LogEntry[] {
  const lines = text.split('\n');
  // What follows the last end of line is not whole yet.
  lines.pop();
  return lines.filter((line) => line.startsWith('{')).map(parseEntry);
}

function parseEntry(text: string): LogEntry {
  return { ...(JSON.parse(text) as Omit<LogEntry, 'text'>), text };
}
