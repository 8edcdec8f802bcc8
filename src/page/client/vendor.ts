import type Hls from 'hls.js';
import type Mpegts from 'mpegts.js';
import type UPlot from 'uplot';
import { request } from './api.js';
import { h } from './dom.js';
import { addressOf } from './page-base.js';

/** A library the page uses that is not installed where the server runs. */
class MissingLibrary extends Error {
  constructor(readonly packageName: string) {
    super(`${packageName} is not installed beside the server: npm install ${packageName}`);
  }
}

let missing: Promise<readonly string[]> | undefined;

/** Libraries that are not installed. */
export function missingLibraries(): Promise<readonly string[]> {
  return (missing ??= request<string[]>('/page/missing').catch(() => []));
}

let hls: Promise<typeof Hls> | undefined;
let mpegts: Promise<typeof Mpegts.default> | undefined;
let uPlot: Promise<typeof UPlot> | undefined;

/** @throws {MissingLibrary} */
export function loadHls(): Promise<typeof Hls> {
  return (hls ??= load('hls.js', async () => {
    const module = (await import(url('hls.mjs'))) as { default: typeof Hls };
    return module.default;
  }));
}

/** @throws {MissingLibrary} */
export function loadMpegts(): Promise<typeof Mpegts.default> {
  return (mpegts ??= load('mpegts.js', async () => {
    await loadScript(url('mpegts.js'));
    const library = (globalThis as unknown as { mpegts: typeof Mpegts.default }).mpegts;
    library.LoggingControl.enableAll = false;
    return library;
  }));
}

/** @throws {MissingLibrary} */
export function loadUPlot(): Promise<typeof UPlot> {
  return (uPlot ??= load('uplot', async () => {
    document.head.append(h('link', { rel: 'stylesheet', href: url('uplot.css') }));
    const module = (await import(url('uplot.mjs'))) as { default: typeof UPlot };
    return module.default;
  }));
}

function url(file: string): string {
  return addressOf(`/page/vendor/${file}`);
}

async function load<T>(packageName: string, importIt: () => Promise<T>): Promise<T> {
  if ((await missingLibraries()).includes(packageName)) throw new MissingLibrary(packageName);
  return importIt();
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
