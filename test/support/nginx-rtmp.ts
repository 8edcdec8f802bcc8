import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { RunningProgram } from './running-program.js';
import { ServerProgram } from './server-program.js';
import { words } from './words.js';

/** nginx-rtmp on a free port of loopback. */
export class NginxRtmp extends ServerProgram {
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
    const server = new NginxRtmp(port, folder, program);
    return server.listens('nginx', ': apt-get install libnginx-mod-rtmp, if that is missing');
  }

  /** Connections that are open at its end (proc(5), `/proc/net/tcp`). */
  get connections(): number {
    const port = this.port.toString(16).toUpperCase().padStart(4, '0');
    const open = new RegExp(`^ *\\d+: [0-9A-F]{8}:${port} \\S+ 01 `, 'gmu');
    return readFileSync('/proc/net/tcp', 'latin1').match(open)?.length ?? 0;
  }
}
