import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './find-program.js';
import type { Launch, LaunchOptions, ServerKind } from './server-kind.js';

/** Where Debian's package libnginx-mod-rtmp puts it. */
const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

/** nginx with the RTMP module, one worker, its defaults otherwise. */
export class NginxRtmp implements ServerKind {
  readonly hasHls = false;
  readonly name = 'nginx-rtmp';
  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
  }

  /** Undefined when it is not installed (Debian: nginx, libnginx-mod-rtmp). */
  static find(): NginxRtmp | undefined {
    const program = findProgram('nginx');
    return program === undefined || !existsSync(MODULE) ? undefined : new NginxRtmp(program);
  }

  get version(): string {
    const nginx = /nginx\/(\S+)/u.exec(spawnSync(this.#program, ['-v'], { encoding: 'utf8' }).stderr)?.[1] ?? '?';
    const query = ['-W', '-f', '${Version}', 'libnginx-mod-rtmp'];
    const { stdout, status } = spawnSync('dpkg-query', query, { encoding: 'utf8' });
    return status === 0 ? `${nginx}, module ${stdout}` : nginx;
  }

  launch({ port, directory, recordings }: LaunchOptions): Launch {
    const record =
      recordings === undefined ? '' : `record all; record_path ${recordings}; record_unique off; record_suffix .flv;`;
    const path = join(directory, 'nginx.conf');
    writeFileSync(
      path,
      `load_module ${MODULE};
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log error;
events { worker_connections 16000; }
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:${port};
    chunk_size 4096;
    application live { live on; ${record} }
  }
}
`,
    );
    return { program: this.#program, args: ['-p', directory, '-c', path] };
  }
}
