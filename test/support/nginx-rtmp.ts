import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, isListening } from './ports.js';
import { RunningProgram } from './running-program.js';
import { until } from './until.js';
import { words } from './words.js';

/** nginx-rtmp on a free port of loopback. */
export class NginxRtmp {
  private constructor(
    readonly port: number,
    readonly folder: string,
    readonly program: RunningProgram,
  ) {}

  /** @param applications what stands in its `server` block */
  static async start(applications: string): Promise<NginxRtmp> {
    const folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-nginx-'));
    const port = await freePort();
    mkdirSync(join(folder, 'logs'));
    const configuration = join(folder, 'nginx.conf');
    writeFileSync(
      configuration,
      `load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      daemon off; worker_processes 1; pid ./nginx.pid; error_log stderr warn;
      events { worker_connections 64; }
      rtmp { access_log off; server { listen 127.0.0.1:${port}; chunk_size 4096; ${applications} } }`,
    );
    const program = new RunningProgram('nginx', words`-c ${configuration} -p ${folder}`, { timeout: 120_000 });
    await until('nginx listens', () => {
      if (program.hasEnded) {
        throw new Error(program.describe('ended: apt-get install libnginx-mod-rtmp, if that is missing'));
      }
      return isListening(port);
    });
    return new NginxRtmp(port, folder, program);
  }

  /** Address of a stream, for example `live/one`. */
  url(stream: string): string {
    return `rtmp://127.0.0.1:${this.port}/${stream}`;
  }

  /** Connections that are open at its end (proc(5), `/proc/net/tcp`). */
  get connections(): number {
    const port = this.port.toString(16).toUpperCase().padStart(4, '0');
    const open = new RegExp(`^ *\\d+: [0-9A-F]{8}:${port} \\S+ 01 `, 'gmu');
    return readFileSync('/proc/net/tcp', 'latin1').match(open)?.length ?? 0;
  }

  async stop(): Promise<void> {
    await this.program.end('SIGTERM');
    rmSync(this.folder, { recursive: true });
  }
}
