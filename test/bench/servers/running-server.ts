import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endChild, spawnChild } from './child.js';
import { freePort } from './free-port.js';
import { processTree } from './process-usage.js';
import type { ServerKind, ServerOptions } from './server-kind.js';

const START_TIMEOUT = 20_000;
const POLL_INTERVAL = 20;
const HANDSHAKE = Buffer.concat([Buffer.of(3), Buffer.alloc(1536, 1).fill(0, 0, 8)]);

/** Directories that are in use: none outlives the benchmark. */
const directories = new Set<string>();
process.on('exit', () => directories.forEach(removeDirectory));

/** A server that runs and listens. */
export class RunningServer {
  readonly #child: ChildProcess;
  readonly #directory: string;
  #log = '';

  private constructor(
    kind: ServerKind,
    readonly port: number,
    /** Where it listens for HTTP. */
    readonly httpPort: number,
    { isRecording = false, hls }: ServerOptions,
    cpu: number | undefined,
  ) {
    this.#directory = mkdtempSync(join(memoryFolder(), 'nest-rtmp-bench-'));
    directories.add(this.#directory);
    const recordings = isRecording ? this.recordings : undefined;
    if (recordings !== undefined) mkdirSync(recordings);
    const { program, args, env } = kind.launch({
      port,
      spare: httpPort,
      directory: this.#directory,
      recordings,
      ...(hls && { hls }),
    });
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    this.#child = spawnChild(program, args, { cpu, stdio: [...stdio], cwd: this.#directory, ...(env ? { env } : {}) });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#log = (this.#log + text).slice(-4000)));
    this.#child.on('error', (error) => (this.#log += error.message));
  }

  /** Starts a server and resolves when it shakes hands. */
  static async start(kind: ServerKind, options: ServerOptions, cpu: number | undefined): Promise<RunningServer> {
    const [port, spare] = [await freePort(), await freePort()];
    const server = new RunningServer(kind, port, spare, options, cpu);
    for (let waited = 0; !(await shakesHands(port)); waited += POLL_INTERVAL) {
      if (server.#hasEnded || waited > START_TIMEOUT) {
        await server.stop();
        throw new Error(`${kind.name} did not start: ${server.#log.trim()}`);
      }
      await sleep(POLL_INTERVAL);
    }
    return server;
  }

  /** Where it records, if it does. */
  get recordings(): string {
    return join(this.#directory, 'recordings');
  }

  /** It and what it started. */
  get pids(): number[] {
    return processTree(this.#child.pid!);
  }

  /** What it said about problems, and whether it is still there. */
  get problem(): string | undefined {
    return this.#hasEnded ? `the server ended: ${this.#log.trim()}` : undefined;
  }

  async stop(): Promise<void> {
    await endChild(this.#child);
    removeDirectory(this.#directory);
  }

  get #hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  directories.delete(directory);
}

/** Recordings go to memory where there is a file system in it, so that no disk is measured. */
function memoryFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return readFileSync('/proc/mounts', 'utf8').includes(' /dev/shm tmpfs ') ? '/dev/shm' : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Whether S0 comes back. */
function shakesHands(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1000 });
    const settle = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => socket.write(HANDSHAKE));
    socket.once('data', (bytes) => settle(bytes[0] === 3));
    socket.once('timeout', () => settle(false));
    socket.on('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}
