import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable, Logger } from '@nestjs/common';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { PageFile } from './page-file.js';

/** The page's own files: what is compiled of client/, and what is beside it. */
const OWN = fileURLToPath(new URL('./client/', import.meta.url));

/** In a clone; the package has the page built. */
export const BUILD_COMMAND = 'npm run build:page';

/** Libraries the page uses when they are installed: the path they are served at, and where they are. */
const VENDOR: Readonly<Record<string, readonly [packageName: string, file: string]>> = {
  'vendor/hls.mjs': ['hls.js', 'dist/hls.min.mjs'],
  'vendor/mpegts.js': ['mpegts.js', 'dist/mpegts.js'],
  'vendor/uplot.mjs': ['uplot', 'dist/uPlot.esm.js'],
  'vendor/uplot.css': ['uplot', 'dist/uPlot.min.css'],
};

/** All files of the page, in memory: there are few, and no path of a request ever reaches the file system. */
@Injectable()
export class PageFiles {
  readonly #byPath = new Map<string, PageFile>();
  readonly #missing = new Set<string>();

  constructor() {
    const own = existsSync(OWN) ? readdirSync(OWN) : [];
    for (const name of own) if (/\.(?:js|css|html|svg)$/u.test(name)) this.#add(name, join(OWN, name));
    if (own.length === 0) new Logger(RTMP_LOG_CONTEXT).warn(`the page is not built: ${BUILD_COMMAND}`);
    for (const [path, [packageName, file]] of Object.entries(VENDOR)) {
      const folder = folderOf(packageName);
      if (folder === undefined) this.#missing.add(packageName);
      else this.#add(path, join(folder, file));
    }
  }

  /** @param path as behind `/page/` */
  get(path: string): PageFile | undefined {
    return this.#byPath.get(path);
  }

  /** Libraries that are not installed. */
  get missing(): string[] {
    return [...this.#missing];
  }

  #add(path: string, file: string): void {
    this.#byPath.set(path, new PageFile(path, readFileSync(file)));
  }
}

/** The folder of an installed package; undefined when it is not installed. */
function folderOf(packageName: string): string | undefined {
  const { resolve } = createRequire(import.meta.url);
  try {
    return dirname(resolve(`${packageName}/package.json`));
  } catch {
    return undefined;
  }
}
