import { BITS, BLOCK, WRAP } from './timecode.js';

/** An error of hls.js. */
export interface WatchedError {
  readonly details: string;
  readonly fatal: boolean;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** File and query it was about, and for how many milliseconds that had been asked for. */
  readonly file?: string;
  readonly waited?: number;
}

/** What was seen of one player, told in the page by {@link WATCH_PICTURES}. */
export interface Watched {
  /** Milliseconds from the navigation, and from the start of the player, to the first picture; undefined without one. */
  readonly firstAfterNavigation?: number;
  readonly firstAfterStart?: number;
  /** `[milliseconds since the first picture, milliseconds from drawing to screen]`. */
  readonly delays: ReadonlyArray<readonly [at: number, delay: number]>;
  /** Pictures whose blocks could not be read. */
  readonly unreadable: number;
  /** Every error of hls.js, most of which it gets over by itself. */
  readonly errors: readonly WatchedError[];
  readonly stalls: number;
  readonly dropped: number;
}

/** How often the time is read, in milliseconds. */
const INTERVAL = 200;

/**
 * Runs in the page before its own scripts: reads the blocks of the pictures its video shows, at the time each is expected on
 * the screen.
 */
export function watchPictures(kind: string): string {
  return `(${WATCH_PICTURES})(${JSON.stringify({ kind, bits: BITS, block: BLOCK, wrap: WRAP, interval: INTERVAL })})`;
}

/** Put in the place of hls.js, which it loads: what that reports goes to the page's account as well. */
export const REPORTING_HLS = `
  import Hls from '/page/vendor/hls.mjs?itself';
  const { trigger } = Hls.prototype;
  Hls.prototype.trigger = function (event, data) {
    if (event === Hls.Events.ERROR) {
      const { details, fatal, url = data.context?.url, stats } = data;
      const [file, start] = [url?.replace(/^.*\\//, ''), stats?.loading?.start];
      const waited = start ? performance.now() - start : undefined;
      globalThis.watched.errors.push({ details, fatal, time: Date.now(), file, waited });
    }
    return trigger.call(this, event, data);
  };
  export default Hls;`;

const WATCH_PICTURES = `({ kind, bits, block, wrap, interval }) => {
  localStorage.setItem('player', kind);
  const watched = { delays: [], unreadable: 0, errors: [], stalls: 0, dropped: 0 };
  globalThis.watched = watched;
  const canvas = new OffscreenCanvas(bits * block, 2 * block);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const read = (video) => {
    context.drawImage(video, 0, 0, canvas.width, canvas.height, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const light = (column, row) => data[4 * ((row + 0.5) * block * canvas.width + (column + 0.5) * block)];
    let time = 0;
    for (let bit = 0; bit < bits; bit++) {
      const [one, other] = [light(bit, 0), light(bit, 1)];
      if (Math.abs(one - other) < 96) return undefined;
      time = time * 2 + (one > other ? 1 : 0);
    }
    return time;
  };
  const watch = (video) => {
    let started, first, last = -Infinity;
    video.addEventListener('loadstart', () => (started ??= performance.now()));
    video.addEventListener('waiting', () => first !== undefined && watched.stalls++);
    const onPicture = (now, { expectedDisplayTime }) => {
      if (first === undefined) {
        first = expectedDisplayTime;
        watched.firstAfterNavigation = first;
        watched.firstAfterStart = first - started;
      }
      if (now - last >= interval) {
        last = now;
        const time = read(video);
        const shown = performance.timeOrigin + expectedDisplayTime;
        if (time === undefined) watched.unreadable++;
        else watched.delays.push([expectedDisplayTime - first, (((shown - time) % wrap) + wrap) % wrap]);
        watched.dropped = video.getVideoPlaybackQuality().droppedVideoFrames;
      }
      video.requestVideoFrameCallback(onPicture);
    };
    video.requestVideoFrameCallback(onPicture);
  };
  new MutationObserver((_records, observer) => {
    const video = document.querySelector('video');
    if (video === null) return;
    observer.disconnect();
    watch(video);
  }).observe(document, { childList: true, subtree: true });
}`;
