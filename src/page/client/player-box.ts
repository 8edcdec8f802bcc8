import type { AdminStream } from '../../admin/admin-api.js';
import { h, setText } from './dom.js';
import { seconds } from './format.js';
import {
  isFlv,
  loadPlayer,
  type LivePlayer,
  type PlayerEnd,
  PLAYER_LABELS,
  type PlayerKind,
  playerKinds,
} from './live-player.js';
import type { Store } from './store.js';
import { hasKind, kindsOf, mediaOf, withoutDecoder } from './playable.js';
import { playQuery } from './stream-address.js';
import { MissingLibrary } from './vendor.js';

/** How often latency is read, in milliseconds. */
const LATENCY_INTERVAL = 500;
/** How long to wait before a player that failed is started again, in milliseconds: each time twice as long, up to a limit. */
const RETRY_AFTER = 1500;
const MAX_RETRY_AFTER = 24_000;
/** How long nothing new is shown, of a player that has played and of one that begins, until its connection is taken for dead, in milliseconds. */
const SILENCE = { playing: 10_000, beginning: 20_000 };

/** How far the clock of an encoder may run back from one look to the next, in milliseconds: pictures and sound are not quite together. */
const CLOCK_SLACK = 500;

/**
 * A player with the choice of how to watch. It starts again when the stream
 * is published again. It stops while nobody sees or hears it.
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
  /** How often it failed since it played. */
  #failures = 0;
  /** Whether this run has played. */
  #hasPlayed = false;
  /** Time of the video when it moved last, and when that was. */
  #shown = { time: 0, at: 0 };
  /** Stream time that was the newest when the server was heard last. */
  #newest: number | null = null;
  /** Key frames there had been when the clock of the encoder was found to have run back in this run. */
  #ranBackAt: number | undefined;
  /** Kinds of media the run was started for. */
  #kinds = '';
  /** What cannot be played, as `mediaOf()` has it: it is not tried again before it is something else. */
  #unplayable: string | undefined;

  constructor(
    private readonly store: Store,
    private readonly path: string,
    signal: AbortSignal,
  ) {
    this.video = h('video', { controls: true, playsinline: true, 'aria-label': `Live picture of ${path}` });
    this.video.muted = true; // else browsers wait for a click
    this.video.addEventListener('playing', () => this.#played(), { signal });
    document.addEventListener('visibilitychange', () => this.#look(), { signal });
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
      if (this.#isRunning) return;
      this.#cover('Waiting for the publisher…');
      this.#say('');
    } else {
      // mpegts.js is told at its start what there is: what comes later is not heard or seen, what ends is waited for.
      if (this.#isRunning && this.#kinds !== '' && this.#kinds !== kindsOf(stream)) this.#stop();
      this.#lookAtClock(stream);
      const isDue = !this.#isRunning && performance.now() >= this.#retryAt && !this.#isUnseen;
      if (isDue && stream.tracks.length > 0 && this.#unplayable !== mediaOf(stream)) this.#start(stream);
    }
  }

  /**
   * What an encoder sends whose clock was set back lies where mpegts.js has been, which waits until the clock is there
   * again. A player that is started anew gets a group of pictures: not before one has begun that is all of the new time.
   */
  #lookAtClock({ timestamp, incoming: { keyFrames } }: AdminStream): void {
    if ((timestamp ?? 0) < (this.#newest ?? 0) - CLOCK_SLACK) this.#ranBackAt = keyFrames;
    else if (this.#ranBackAt !== undefined && keyFrames > this.#ranBackAt && this.#kinds !== '') this.#stop();
    this.#newest = timestamp;
  }

  /** Nobody sees or hears it; in a window of its own a picture is seen. */
  get #isUnseen(): boolean {
    return document.hidden && this.video.muted && document.pictureInPictureElement !== this.video;
  }

  #look(): void {
    if (this.#isUnseen) {
      this.#stop();
    } else if (!document.hidden && !this.#isRunning && this.#retryAt !== Infinity) {
      this.#retryAt = 0;
      this.update(this.store.find(this.path));
    }
  }

  #played(): void {
    this.#hasPlayed = true;
    this.#failures = 0;
    this.#cover('');
    this.#say('');
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
    this.#failures = 0;
    this.#unplayable = undefined;
    this.#say('');
    this.update(this.store.find(this.path));
  }

  #start(stream: AdminStream): void {
    const run = ++this.#run;
    this.#isRunning = true;
    this.#hasPlayed = false;
    this.#ranBackAt = undefined;
    this.#shown = { time: 0, at: performance.now() };
    this.#kinds = isFlv(this.#kind!) ? kindsOf(stream) : '';
    this.#cover('Connecting…');
    const { server } = this.store;
    const request = {
      kind: this.#kind!,
      path: this.path,
      query: server === undefined ? '' : playQuery(server, stream.name),
      hasAudio: hasKind(stream, 'audio'),
      hasVideo: hasKind(stream, 'video'),
      video: this.video,
      serverNow: () => this.store.serverNow,
      onEnd: (end: PlayerEnd) => {
        if (run === this.#run) this.#ended(end);
      },
    };
    loadPlayer(request.kind)
      .then((play) => {
        if (run === this.#run) this.#player = play(request);
      })
      .catch((error: unknown) => {
        if (run !== this.#run) return;
        const problem = (error as Error).message;
        if (error instanceof MissingLibrary) this.#failed(problem);
        else this.#ended({ problem });
      });
  }

  /** It may come back: what was lost is tried again as long as the stream is there. */
  #ended({ problem, isMedia = false }: PlayerEnd): void {
    const stream = this.store.find(this.path);
    const unknown = isMedia && !this.#hasPlayed && stream !== undefined ? withoutDecoder(stream) : [];
    this.#stop();
    this.#retryAt = performance.now() + Math.min(RETRY_AFTER * 2 ** this.#failures, MAX_RETRY_AFTER);
    if (problem === undefined || stream === undefined) {
      this.#cover('Waiting for the publisher…');
    } else if (unknown.length > 0) {
      this.#unplayable = mediaOf(stream);
      this.#cover('');
      this.#say(`This browser cannot play ${unknown.join(' and ')}.`);
    } else {
      this.#failures++;
      this.#cover('Trying again…');
      this.#say(isMedia ? `${problem} Another way to play it may do.` : problem);
    }
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
    this.#watch();
    const isShowing = this.#player !== undefined && video.readyState >= 2;
    setText(this.#latency, isShowing ? seconds(this.#player!.latency()) : '–');
    setText(this.#picture, isShowing && video.videoWidth > 0 ? `${video.videoWidth}×${video.videoHeight}` : '–');
    setText(this.#dropped, isShowing ? String(video.getVideoPlaybackQuality().droppedVideoFrames) : '–');
  }

  /** A connection that is gone without a word, as behind a network that changed, is no error to mpegts.js: it waits. */
  #watch(): void {
    const { paused, currentTime } = this.video;
    const now = performance.now();
    const stream = this.store.find(this.path);
    // What the server says may not come either.
    if (!this.#isRunning && stream !== undefined) this.update(stream);
    const comesIn = (stream?.incoming.bitrate ?? 0) > 0;
    if (!this.#isRunning || paused || !comesIn || currentTime !== this.#shown.time) {
      this.#shown = { time: currentTime, at: now };
    } else if (now - this.#shown.at > (this.#hasPlayed ? SILENCE.playing : SILENCE.beginning)) {
      this.#ended({ problem: 'The connection was lost.' });
    }
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
