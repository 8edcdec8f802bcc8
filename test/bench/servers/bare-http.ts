import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endChild, spawnChild } from './child.js';
import { freePort } from './free-port.js';

/** What parts it serves. */
export interface BareHttpOptions {
  readonly partMilliseconds: number;
  /** Bytes of a part. */
  readonly partLength: number;
  readonly partsPerSegment: number;
}

const MAIN = fileURLToPath(new URL('bare-http-main.js', import.meta.url));
const POLL_INTERVAL = 20;

/** A server of node:http that does nothing but answer, beside which the whole of a server is measured. */
export class BareHttp {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /** Starts one and resolves when it listens. */
  static async start(options: BareHttpOptions, cpu: number | undefined): Promise<BareHttp> {
    const { partMilliseconds, partLength, partsPerSegment } = options;
    const port = await freePort();
    const args = [MAIN, port, partMilliseconds, partLength, partsPerSegment].map(String);
    const child = spawnChild(process.execPath, args, { cpu, stdio: ['ignore', 'ignore', 'inherit'] });
    while (!(await isOpen(port))) await sleep(POLL_INTERVAL);
    return new BareHttp(port, child);
  }

  get pids(): number[] {
    return [this.child.pid!];
  }

  stop(): Promise<void> {
    return endChild(this.child);
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
