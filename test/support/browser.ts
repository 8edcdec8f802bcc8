import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { requireProgram } from './programs.js';
import { until } from './until.js';

/** How much of a video has been shown. */
export interface VideoProgress {
  readonly currentTime: number;
  readonly frames: number;
  readonly width: number;
}

/** A window of Chromium on a page, and what went wrong in it. */
export class BrowserPage {
  /** Errors on the console, exceptions, and what the page's policy forbade, which Chromium puts on the console, too. */
  readonly problems: string[] = [];

  constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.problems.push(message.text());
    });
  }

  /** What the one video of the page has shown so far. */
  async video(): Promise<VideoProgress> {
    return this.page.locator('video').evaluate((video: HTMLVideoElementLike) => ({
      currentTime: video.currentTime,
      frames: video.getVideoPlaybackQuality().totalVideoFrames,
      width: video.videoWidth,
    }));
  }

  /** Waits until the video goes on: its time, and pictures that were decoded. */
  async plays(frames = 20): Promise<VideoProgress> {
    const start = await until(
      'the video has begun',
      async () => {
        const video = await this.video();
        return video.width > 0 && video;
      },
      this.#said,
    );
    return until(
      `${frames} more pictures`,
      async () => {
        const now = await this.video();
        // Another player begins anew.
        const shown = now.frames < start.frames ? now.frames : now.frames - start.frames;
        return shown >= frames && now.currentTime > 0 && now.currentTime !== start.currentTime && now;
      },
      this.#said,
    );
  }

  readonly #said = { timeout: 20_000, instead: () => this.problems.join('\n') };
}

/** What is used of the DOM's HTMLVideoElement, which tests do not have the types of. */
interface HTMLVideoElementLike {
  readonly currentTime: number;
  readonly videoWidth: number;
  getVideoPlaybackQuality(): { readonly totalVideoFrames: number };
}

/** Chromium without a window. */
export class TestBrowser {
  private constructor(private readonly browser: Browser) {}

  static async start(): Promise<TestBrowser> {
    const browser = await chromium.launch({
      executablePath: requireProgram('chromium'),
      args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--disable-gpu', '--mute-audio'],
    });
    return new TestBrowser(browser);
  }

  /** Opens an address in a profile of its own. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<BrowserPage> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(15_000);
    const opened = new BrowserPage(await context.newPage());
    await opened.page.goto(url);
    return opened;
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}
