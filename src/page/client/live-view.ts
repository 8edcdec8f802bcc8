import type { AdminStream } from '../../admin/admin-api.js';
import { isBehind, LONG_GOP } from './advice.js';
import { Chart } from './chart.js';
import { h, setAttribute, setText } from './dom.js';
import { bitrate, counted, duration, rate, seconds, spokenDuration } from './format.js';
import { addressOf } from './page-base.js';
import { publishPanel } from './publish-view.js';
import { Thumbnail } from './thumbnail.js';
import { tracksText } from './track-text.js';
import { streamHref, type View, type ViewContext } from './view.js';

/** Cards that have a chart: hundreds would keep a phone busy. */
const MAX_CHARTS = 24;

/** What is live now. */
export function liveView(context: ViewContext): View {
  const { store, signal } = context;
  const summary = h('p', { class: 'lead' });
  const grid = h('ul', { class: 'cards' });
  const empty = h(
    'div',
    { class: 'empty', hidden: true },
    h('p', { class: 'empty-title' }, 'Nothing is live'),
    h('p', { class: 'lead' }, 'As soon as somebody publishes, it appears here by itself.'),
    publishPanel(store),
  );
  const more = h('p', { class: 'hint', hidden: true });
  const cards = new Map<string, StreamCard>();
  const update = () => {
    const { streams, snapshot } = store;
    if (snapshot === undefined) return;
    const paths = new Set(streams.map(({ path }) => path));
    for (const [path, card] of cards) {
      if (paths.has(path)) continue;
      card.remove();
      cards.delete(path);
    }
    for (const stream of streams) {
      let card = cards.get(stream.path);
      if (card === undefined) {
        card = new StreamCard(context, stream, cards.size < MAX_CHARTS);
        cards.set(stream.path, card);
        grid.append(card.element);
      }
      card.update(stream);
    }
    setText(summary, summaryOf(streams));
    summary.hidden = streams.length === 0;
    empty.hidden = streams.length > 0;
    grid.hidden = streams.length === 0;
    more.hidden = snapshot.total <= streams.length;
    setText(more, `and ${snapshot.total - streams.length} more, which /api/streams lists`);
  };
  store.onChange(update, signal);
  update();
  return { title: 'Live', element: h('div', {}, h('h1', { tabindex: -1 }, 'Live'), summary, grid, more, empty) };
}

function summaryOf(streams: readonly AdminStream[]): string {
  const sum = (of: (stream: AdminStream) => number) => streams.reduce((total, stream) => total + of(stream), 0);
  return [
    counted(streams.length, 'stream'),
    counted(
      sum(({ viewers }) => viewers.total),
      'viewer',
    ),
    `${bitrate(sum(({ incoming }) => incoming.bitrate ?? 0))} in`,
    `${bitrate(sum(({ outgoing }) => outgoing.bitrate ?? 0))} out`,
  ].join(' · ');
}

/** One stream among the others. */
class StreamCard {
  readonly element: HTMLLIElement;
  readonly #controller = new AbortController();
  readonly #age = h('span', { class: 'age' });
  readonly #tracks = h('p', { class: 'tracks' });
  readonly #tags = h('span', { class: 'tags' });
  readonly #figures = {
    bitrate: h('dd', {}),
    fps: h('dd', {}),
    gop: h('dd', {}),
    viewers: h('dd', {}),
  };
  readonly #chart: Chart | undefined;
  readonly #thumbnail: Thumbnail | undefined;

  constructor(
    private readonly context: ViewContext,
    stream: AdminStream,
    hasChart: boolean,
  ) {
    const { signal } = this.#controller;
    // The view lives longer than its cards: what listens to it would be kept with it.
    context.signal.addEventListener('abort', () => this.#controller.abort(), { once: true, signal });
    if (context.store.server?.features.thumbnails === true) {
      const path = `/api/streams/${encodeURIComponent(stream.app)}/${encodeURIComponent(stream.name)}/thumbnail.jpg`;
      this.#thumbnail = new Thumbnail(addressOf(path), stream.path, signal);
    }
    if (hasChart) this.#chart = new Chart({ height: 44, label: 'Bitrate', format: bitrate }, signal);
    const { bitrate: rateIn, fps, gop, viewers } = this.#figures;
    const figure = (label: string, value: HTMLElement) => h('div', {}, h('dt', {}, label), value);
    this.element = h(
      'li',
      { class: 'card', 'data-stream': stream.path },
      h(
        'div',
        { class: 'card-head' },
        h('h2', {}, h('a', { href: streamHref(stream) }, h('span', { class: 'app' }, `${stream.app}/`), stream.name)),
        h('span', { class: 'live' }, h('span', { class: 'dot' }), this.#age),
      ),
      this.#thumbnail?.element,
      this.#tracks,
      h(
        'dl',
        { class: 'figures' },
        figure('Bitrate', rateIn),
        figure('Pictures', fps),
        figure('GOP', gop),
        figure('Viewers', viewers),
      ),
      this.#chart?.element,
      this.#tags,
    );
  }

  update(stream: AdminStream): void {
    const { incoming, viewers, age } = stream;
    setText(this.#age, duration(age));
    setAttribute(this.#age, 'aria-label', `live for ${spokenDuration(age)}`);
    setText(this.#tracks, tracksText(stream));
    setText(this.#figures.bitrate, bitrate(incoming.bitrate));
    setText(this.#figures.fps, `${rate(incoming.fps)} fps`);
    setText(this.#figures.gop, seconds(incoming.gop));
    setText(this.#figures.viewers, String(viewers.total));
    const tags = tagsOf(stream);
    if (tags.join() !== [...this.#tags.children].map(({ textContent }) => textContent).join()) {
      this.#tags.replaceChildren(
        ...tags.map((tag) => h('span', { class: tag === 'Recording' ? 'tag rec' : 'tag warn' }, tag)),
      );
    }
    const { times, bitrate: samples } = this.context.store.historyOf(stream);
    this.#chart?.update(times, samples);
    this.#thumbnail?.update(incoming.keyFrames > 0);
  }

  remove(): void {
    this.#controller.abort();
    this.element.remove();
  }
}

/** What is worth a word: the rest of the time there is none. */
function tagsOf(stream: AdminStream): string[] {
  const { isRecording, incoming, outgoing } = stream;
  const tags: string[] = [];
  if (isRecording) tags.push('Recording');
  if (isBehind(stream)) tags.push('Slower than real time');
  if (incoming.gop !== null && incoming.gop > LONG_GOP) tags.push('Long GOP: players start late');
  if (outgoing.skips > 0) tags.push(`${counted(outgoing.skips, 'drop')} to slow viewers`);
  if (incoming.invalid > 0) tags.push(counted(incoming.invalid, 'invalid message'));
  return tags;
}
