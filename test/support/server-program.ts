import { rmSync } from 'node:fs';
import { isListening } from './ports.js';
import type { RunningProgram } from './running-program.js';
import { until } from './until.js';

/** Another RTMP server, running on a port of loopback, with a folder of its own. */
export class ServerProgram {
  protected constructor(
    readonly port: number,
    readonly folder: string,
    readonly program: RunningProgram,
  ) {}

  /** Address of a stream, for example `live/one`. */
  url(stream: string): string {
    return `rtmp://127.0.0.1:${this.port}/${stream}`;
  }

  async stop(): Promise<void> {
    await this.program.end('SIGTERM');
    rmSync(this.folder, { recursive: true });
  }

  /** Waits until it takes connections. @param advice what to do when it ends instead */
  protected async listens(name: string, advice = ''): Promise<this> {
    await until(`${name} listens`, () => {
      if (this.program.hasEnded) throw new Error(this.program.describe(`ended${advice}`));
      return isListening(this.port);
    });
    return this;
  }
}
