import type Hls from 'hls.js';
import type Mpegts from 'mpegts.js';
import type UPlot from 'uplot';
import { request } from './api.js';
import { h } from './dom.js';
import { addressOf } from './page-base.js';

/** A library the page uses that is not installed where the server runs. */
export class MissingLibrary extends Error {
  constructor(readonly packageName: string) {
    super(`${packageName} is not installed beside the server: npm install ${packageName}`);
  }
}

/** A library that is loaded when it is wanted first, and again when that failed: the server may have been away. */
class Library<T> {
  #loaded: Promise<T> | undefined;
  #failures = 0;

  constructor(
    private readonly packageName: string,
    /** Gets what to append to addresses: browsers remember for as long as the page is open that a module failed. */
    private readonly load: (suffix: string) => Promise<T>,
  ) {}

  /** @throws {MissingLibrary} */
  get(): Promise<T> {
    this.#loaded ??= this.#load().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async #load(): Promise<T> {
    if ((await missingLibraries()).includes(this.packageName)) throw new MissingLibrary(this.packageName);
    try {
      return await this.load(this.#failures === 0 ? '' : `?again=${this.#failures}`);
    } catch {
      this.#failures++;
      throw new Error(`${this.packageName} could not be loaded from the server.`);
    }
  }
}

let missing: Promise<readonly string[]> | undefined;

/** Libraries that are not installed. */
export function missingLibraries(): Promise<readonly string[]> {
  missing ??= request<string[]>('/page/missing').catch(() => {
    missing = undefined;
    return [];
  });
  return missing;
}

const hls = new Library('hls.js', async (suffix) => {
  const module = (await import(url('hls.mjs', suffix))) as { default: typeof Hls };
  return module.default;
});

const mpegts = new Library('mpegts.js', async (suffix) => {
  await loadScript(url('mpegts.js', suffix));
  const library = (globalThis as unknown as { mpegts: typeof Mpegts.default }).mpegts;
  library.LoggingControl.enableAll = false;
  return library;
});

const uPlot = new Library('uplot', async (suffix) => {
  const module = (await import(url('uplot.mjs', suffix))) as { default: typeof UPlot };
  document.head.append(h('link', { rel: 'stylesheet', href: url('uplot.css', suffix) }));
  return module.default;
});

/** @throws {MissingLibrary} */
export function loadHls(): Promise<typeof Hls> {
  return hls.get();
}

/** @throws {MissingLibrary} */
export function loadMpegts(): Promise<typeof Mpegts.default> {
  return mpegts.get();
}

/** @throws {MissingLibrary} */
export function loadUPlot(): Promise<typeof UPlot> {
  return uPlot.get();
}

function url(file: string, suffix: string): string {
  return addressOf(`/page/vendor/${file}${suffix}`);
}

/** mpegts.js is no module: it leaves a global behind. */
function loadScript(src: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = h('script', { src });
    script.addEventListener('load', () => resolve());
    script.addEventListener('error', () => reject(new Error(`Could not load ${src}.`)));
    document.head.append(script);
  });
}
