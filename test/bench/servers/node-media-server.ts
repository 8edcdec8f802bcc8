import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.js';
import type { Launch, LaunchOptions, ServerKind } from './server-kind.js';

/** Node-Media-Server 4 as it comes, without its administration pages. */
export class NodeMediaServer implements ServerKind {
  readonly hasHls = false;
  readonly name = 'node-media-server';
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined when it is neither in node_modules nor where NODE_MEDIA_SERVER says (the folder of the package). */
  static find(): NodeMediaServer | undefined {
    const folder = process.env['NODE_MEDIA_SERVER'] ?? join(ROOT, 'node_modules/node-media-server');
    return existsSync(join(folder, 'bin/app.js')) ? new NodeMediaServer(folder) : undefined;
  }

  get version(): string {
    const text = readFileSync(join(this.#folder, 'package.json'), 'utf8');
    return `${(JSON.parse(text) as { version: string }).version}, Node ${process.versions.node}`;
  }

  launch({ port, spare, directory, recordings }: LaunchOptions): Launch {
    const path = join(directory, 'config.json');
    const jwt = { secret: 'bench', users: [] };
    const config = {
      bind: '127.0.0.1',
      notify: { url: '' },
      store: { path: join(directory, 'data') },
      auth: { play: false, publish: false, secret: 'bench', jwt },
      rtmp: { port },
      http: { port: spare },
      webadmin: { enable: false },
      record: { auto: recordings !== undefined, path: recordings ?? join(directory, 'record') },
    };
    writeFileSync(path, JSON.stringify(config));
    return { program: process.execPath, args: [join(this.#folder, 'bin/app.js'), '-c', path] };
  }
}
