import type Hls from 'hls.js';
import type Mpegts from 'mpegts.js';
import { h, icon, setText } from './dom.js';
import { addressOf } from './page-base.js';
import { loadHls, loadMpegts } from './vendor.js';

/** Media type of a recording as HLS. */
export const HLS_TYPE = 'application/vnd.apple.mpegurl';

/** What is to be played. */
export interface PlayableRecording {
  /** From the root of the server. */
  readonly path: string;
  /** Media type. */
  readonly type: string;
}

/** Plays a recording: MP4 as the browser does, FLV by mpegts.js, which reads parts of the file, HLS by hls.js. */
export class RecordingPlayer {
  readonly element: HTMLElement;
  readonly #title = h('h2', {});
  readonly #problem = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  readonly #video = h('video', { controls: true, playsinline: true });
  #flv: ReturnType<typeof Mpegts.default.createPlayer> | undefined;
  #hls: Hls | undefined;
  /** Counts what was asked for: a library that took long does not come in the way of the next. */
  #run = 0;

  constructor(onClose: () => void, signal: AbortSignal) {
    const close = h('button', { type: 'button', class: 'quiet', onclick: () => this.close() }, 'Close');
    close.addEventListener('click', onClose);
    this.#video.addEventListener('error', () => this.#flv ?? this.#hls ?? this.#say('This browser cannot play it.'), {
      signal,
    });
    // Browsers leave out tracks of a file that they have no decoder for, and say nothing.
    const look = () => {
      if (this.#video.videoWidth === 0 && this.#problem.hidden)
        this.#say('No picture is shown: there is none, or this browser cannot decode it.');
    };
    this.#video.addEventListener('playing', look, { signal });
    this.element = h(
      'section',
      { class: 'player recording', 'aria-label': 'Player', hidden: true },
      h('div', { class: 'player-bar' }, this.#title, close),
      h('div', { class: 'screen' }, this.#video),
      this.#problem,
    );
    signal.addEventListener('abort', () => this.close());
  }

  async play(recording: PlayableRecording, title: string): Promise<void> {
    this.close();
    const run = this.#run;
    this.element.hidden = false;
    setText(this.#title, title);
    this.#video.setAttribute('aria-label', title);
    this.element.scrollIntoView({ block: 'nearest' });
    this.#video.focus();
    try {
      const address = addressOf(recording.path);
      if (recording.type === 'video/x-flv') await this.#playFlv(address, run);
      else if (recording.type === HLS_TYPE) await this.#playHls(address, run);
      else this.#video.src = address;
      if (run === this.#run) await this.#video.play();
    } catch (error) {
      // Closed meanwhile, or the browser wants a click on its own button first.
      if (run === this.#run && !(error instanceof DOMException)) this.#say((error as Error).message);
    }
  }

  close(): void {
    this.#run++;
    this.element.hidden = true;
    this.#problem.hidden = true;
    this.#flv?.destroy();
    this.#flv = undefined;
    this.#hls?.destroy();
    this.#hls = undefined;
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  async #playFlv(address: string, run: number): Promise<void> {
    const mpegts = await loadMpegts();
    if (run !== this.#run) return;
    this.#flv = mpegts.createPlayer({ type: 'flv', isLive: false, url: address }, { enableStashBuffer: true });
    this.#flv.on(mpegts.Events.ERROR, (_type: string, detail: string) => {
      if (run === this.#run) this.#cannot(detail);
    });
    this.#flv.attachMediaElement(this.#video);
    this.#flv.load();
  }

  async #playHls(address: string, run: number): Promise<void> {
    const Player = await loadHls();
    if (run !== this.#run) return;
    if (!Player.isSupported()) {
      this.#video.src = address;
      return;
    }
    // A worker from a blob: URL is not allowed to run here.
    this.#hls = new Player({ enableWorker: false });
    this.#hls.on(Player.Events.ERROR, (_event, { fatal, details }) => {
      if (fatal && run === this.#run) this.#cannot(details);
    });
    this.#hls.loadSource(address);
    this.#hls.attachMedia(this.#video);
  }

  #cannot(detail: string): void {
    this.#say(`It cannot be played here (${detail}). VLC and mpv play what browsers cannot.`);
  }

  #say(problem: string): void {
    setText(this.#problem, problem);
    this.#problem.hidden = false;
  }
}

/** A link that saves a recording. */
export function downloadLink({ path }: PlayableRecording, spoken: string): HTMLElement {
  const link = h(
    'a',
    { href: addressOf(`${path}?download`), class: 'button quiet', download: true },
    icon('download'),
    'Download',
  );
  link.setAttribute('aria-label', `Download ${spoken}`);
  return link;
}
