import type { AdminStream } from '../../admin/admin-api.js';
import { h, setText } from './dom.js';
import { seconds } from './format.js';
import { type LivePlayer, PLAYER_LABELS, type PlayerKind, playerKinds, startPlayer } from './live-player.js';
import type { Store } from './store.js';
import { playQuery } from './stream-address.js';

/** How often latency is read, in milliseconds. */
const LATENCY_INTERVAL = 500;
/** How long to wait before a player that failed is started again, in milliseconds. */
const RETRY_AFTER = 1500;

/**
 * A player with the choice of how to watch. It starts again when the stream
 * is published again.
 */
export class PlayerBox {
  readonly element: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly #veil = h('p', { class: 'veil' });
  readonly #latency = h('output', { class: 'figure', 'data-figure': 'latency' }, '–');
  readonly #picture = h('output', { class: 'figure', 'data-figure': 'picture' }, '–');
  readonly #dropped = h('output', { class: 'figure', 'data-figure': 'dropped' }, '–');
  readonly #problem = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  #kind: PlayerKind | undefined;
  #player: LivePlayer | undefined;
  /** Counts starts, so that one that took long does not come in the way of the next. */
  #run = 0;
  #isRunning = false;
  #retryAt = 0;

  constructor(
    private readonly store: Store,
    private readonly path: string,
    signal: AbortSignal,
  ) {
    this.video = h('video', { controls: true, playsinline: true, 'aria-label': `Live picture of ${path}` });
    this.video.muted = true; // else browsers wait for a click
    this.video.addEventListener('playing', () => this.#cover(''), { signal });
    const kinds = store.server === undefined ? [] : playerKinds(store.server.features);
    this.#kind = kinds.find((kind) => kind === recall()) ?? kinds[0];
    this.element = h(
      'section',
      { class: 'player', 'aria-label': 'Player' },
      h('div', { class: 'screen' }, this.video, this.#veil),
      h('div', { class: 'player-bar' }, this.#choice(kinds), this.#figures()),
      this.#problem,
    );
    const timer = setInterval(() => this.#measure(), LATENCY_INTERVAL);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      this.#stop();
    });
  }

  /** The stream as it is now; undefined when it is not live. */
  update(stream: AdminStream | undefined): void {
    if (this.#kind === undefined) {
      this.#cover('This server has no players for browsers.');
    } else if (stream === undefined) {
      if (!this.#isRunning) this.#cover('Waiting for the publisher…');
    } else if (!this.#isRunning && performance.now() >= this.#retryAt && stream.tracks.length > 0) {
      this.#start(stream);
    }
  }

  #choice(kinds: readonly PlayerKind[]): HTMLElement {
    const options = kinds.map((kind) => {
      const input = h('input', { type: 'radio', name: 'player', value: kind, onchange: () => this.#choose(kind) });
      input.checked = kind === this.#kind;
      return h('label', {}, input, h('span', {}, PLAYER_LABELS[kind]));
    });
    return h('fieldset', { class: 'segments' }, h('legend', { class: 'unseen' }, 'Play by'), ...options);
  }

  #figures(): HTMLElement {
    const figure = (label: string, output: HTMLElement, title: string) =>
      h('div', { title }, h('span', { class: 'label' }, label), output);
    return h(
      'div',
      { class: 'player-figures' },
      figure('Behind live', this.#latency, 'From the newest picture the server has to the one that is shown'),
      figure('Picture', this.#picture, 'As decoded'),
      figure('Dropped', this.#dropped, 'Pictures this browser could not show in time'),
    );
  }

  #choose(kind: PlayerKind): void {
    this.#kind = kind;
    remember(kind);
    this.#stop();
    this.#retryAt = 0;
    this.update(this.store.find(this.path));
  }

  #start(stream: AdminStream): void {
    const run = ++this.#run;
    this.#isRunning = true;
    this.#cover('Connecting…');
    this.#say('');
    const has = (kind: 'audio' | 'video') => stream.tracks.some((track) => track.kind === kind);
    const { server } = this.store;
    const request = {
      kind: this.#kind!,
      path: this.path,
      query: server === undefined ? '' : playQuery(server, stream.name),
      hasAudio: has('audio'),
      hasVideo: has('video'),
      video: this.video,
      serverNow: () => this.store.serverNow,
      onEnd: (problem: string | undefined) => {
        if (run === this.#run) this.#ended(problem);
      },
    };
    startPlayer(request).then(
      (player) => {
        if (run === this.#run && this.#isRunning) this.#player = player;
        else player.stop();
      },
      (error: unknown) => {
        if (run === this.#run) this.#failed((error as Error).message);
      },
    );
  }

  /** It may come back: what was lost is tried again as long as the stream is there. */
  #ended(problem: string | undefined): void {
    this.#stop();
    this.#retryAt = performance.now() + RETRY_AFTER;
    const isStillLive = problem !== undefined && this.store.find(this.path) !== undefined;
    this.#cover(isStillLive ? 'Trying again…' : 'Waiting for the publisher…');
    if (isStillLive) this.#say(problem);
  }

  /** A library is missing: trying again is of no use until another is chosen. */
  #failed(problem: string): void {
    this.#stop();
    this.#retryAt = Infinity;
    this.#cover('');
    this.#say(problem);
  }

  #stop(): void {
    this.#run++;
    this.#isRunning = false;
    this.#player?.stop();
    this.#player = undefined;
  }

  #measure(): void {
    const { video } = this;
    const isShowing = this.#player !== undefined && video.readyState >= 2;
    setText(this.#latency, isShowing ? seconds(this.#player!.latency()) : '–');
    setText(this.#picture, isShowing && video.videoWidth > 0 ? `${video.videoWidth}×${video.videoHeight}` : '–');
    setText(this.#dropped, isShowing ? String(video.getVideoPlaybackQuality().droppedVideoFrames) : '–');
  }

  #cover(text: string): void {
    setText(this.#veil, text);
    this.#veil.hidden = text === '';
  }

  #say(problem: string): void {
    setText(this.#problem, problem);
    this.#problem.hidden = problem === '';
  }
}

/** What was chosen last, in this browser. */
function recall(): string | null {
  try {
    return localStorage.getItem('player');
  } catch {
    return null;
  }
}

function remember(kind: PlayerKind): void {
  try {
    localStorage.setItem('player', kind);
  } catch {
    // Storage may be switched off.
  }
}
