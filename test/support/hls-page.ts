import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { BrowserPage, TestBrowser } from './browser.js';

const PAGE = '<!doctype html><video muted autoplay></video><script src="/hls.js"></script>';

/** What hls.js has told so far. */
export interface HlsJsReport {
  readonly fatal: readonly string[];
  /** Parts and segments that were loaded. */
  readonly parts: number;
  readonly segments: number;
  /** Their addresses, in order; init segments are not among them. */
  readonly loaded: readonly string[];
  /** Seconds behind the newest of what the playlist has. */
  readonly latency: number;
  readonly isEnded: boolean;
}

/** A page that is nothing but hls.js and a video, from an origin of its own. */
export class HlsPage {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<HlsPage> {
    const script = readFileSync(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'));
    const server = createServer((request, response) => {
      const isScript = request.url === '/hls.js';
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : PAGE);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new HlsPage(server);
  }

  /** Plays an address with settings of hls.js. */
  async play(browser: TestBrowser, url: string, settings: Record<string, unknown>): Promise<BrowserPage> {
    const page = await browser.open(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`);
    await page.page.evaluate(`(${START})(${JSON.stringify({ url, settings })})`);
    return page;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** What hls.js on a page has told so far. */
export async function hlsReport({ page }: BrowserPage): Promise<HlsJsReport> {
  return page.evaluate(
    '({ ...window.told, latency: window.hls.latency, isEnded: document.querySelector("video").ended })',
  );
}

/** Runs in the page. */
const START = `({ url, settings }) => {
  const video = document.querySelector('video');
  const hls = new Hls(settings);
  const told = { fatal: [], parts: 0, segments: 0, loaded: [] };
  hls.on(Hls.Events.ERROR, (_event, { fatal, details, reason }) => fatal && told.fatal.push(details + ' ' + reason));
  hls.on(Hls.Events.FRAG_LOADED, (_event, { frag, part }) => {
    if (part) told.parts++;
    else told.segments++;
    told.loaded.push((part ?? frag).url);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  Object.assign(window, { hls, told });
}`;
