import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endChild, spawnChild } from './child.js';
import { freePort } from './free-port.js';

const POLL_INTERVAL = 20;

/** A server that does nothing but what Node itself must do for its clients, beside which the whole of a server is measured. */
export class BareServer {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /**
   * Starts one and resolves when it listens.
   *
   * @param main its program, in this folder: it is given a port, and what else there is
   */
  static async start(main: string, values: readonly number[], cpu: number | undefined): Promise<BareServer> {
    const port = await freePort();
    const args = [fileURLToPath(new URL(main, import.meta.url)), ...[port, ...values].map(String)];
    const child = spawnChild(process.execPath, args, { cpu, stdio: ['ignore', 'ignore', 'inherit'] });
    while (!(await isOpen(port))) await sleep(POLL_INTERVAL);
    return new BareServer(port, child);
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
