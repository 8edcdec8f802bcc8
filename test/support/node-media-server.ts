import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { RunningProgram } from './running-program.js';
import { ServerProgram } from './server-program.js';

/** Node-Media-Server 4 on a free port of loopback. */
export class NodeMediaServerProcess extends ServerProgram {
  /** @param packageFolder where node-media-server is installed */
  static async start(packageFolder: string): Promise<NodeMediaServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-nms-'));
    const [port, httpPort] = [await freePort(), await freePort()];
    const configuration = join(folder, 'config.json');
    const settings = {
      bind: '127.0.0.1',
      notify: { url: '' },
      store: { path: join(folder, 'data') },
      auth: { play: false, publish: false, secret: 'test', jwt: { secret: 'test', users: [] } },
      rtmp: { port },
      http: { port: httpPort },
      webadmin: { enable: false },
      record: { auto: false, path: join(folder, 'record') },
    };
    writeFileSync(configuration, JSON.stringify(settings));
    const program = new RunningProgram('env', [
      process.execPath,
      join(packageFolder, 'bin/app.js'),
      '-c',
      configuration,
    ]);
    return new NodeMediaServerProcess(port, folder, program).listens('Node-Media-Server');
  }
}
