import { h } from './dom.js';

/** How often a picture is asked for, in milliseconds: the server makes each with ffmpeg. */
const INTERVAL = 15_000;

/** Pictures that are to be asked for: one at a time, so that a page of many streams does not ask for all at once. */
let queue: Promise<void> = Promise.resolve();

/** A still picture of a live stream, renewed while somebody sees it. */
export class Thumbnail {
  readonly element: HTMLElement;
  readonly #image: HTMLImageElement;
  #isVisible = false;
  #isReady = false;
  #askedAt = -Infinity;

  constructor(
    private readonly url: string,
    path: string,
    signal: AbortSignal,
  ) {
    this.#image = h('img', { alt: `Still picture of ${path}`, width: 640, height: 360, hidden: true });
    this.element = h('div', { class: 'thumbnail' }, this.#image);
    const observer = new IntersectionObserver(([entry]) => {
      this.#isVisible = entry?.isIntersecting === true;
      this.#ask();
    });
    observer.observe(this.element);
    signal.addEventListener('abort', () => {
      observer.disconnect();
      this.#isReady = false;
    });
  }

  /** There has been a key frame: there is something to make a picture of. */
  update(isReady: boolean): void {
    this.#isReady = isReady;
    this.#ask();
  }

  #ask(): void {
    if (!this.#isReady || !this.#isVisible || document.hidden || performance.now() - this.#askedAt < INTERVAL) return;
    this.#askedAt = performance.now();
    queue = queue.then(() => this.#load());
  }

  async #load(): Promise<void> {
    if (!this.#isReady) return;
    const next = new Image();
    next.src = `${this.url}?${Date.now()}`;
    try {
      await next.decode();
      this.#image.src = next.src;
      this.#image.hidden = false;
    } catch {
      // The next one may be better.
    }
  }
}
