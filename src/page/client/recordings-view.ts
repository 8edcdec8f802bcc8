import type { ArchivedRecording, ArchiveList } from '../../archive/archive-api.js';
import { request } from './api.js';
import { field, h, icon, setText } from './dom.js';
import { bytes, counted } from './format.js';
import { downloadLink, HLS_TYPE, RecordingPlayer } from './recording-player.js';
import type { Store } from './store.js';
import { playQuery } from './stream-address.js';
import type { View, ViewContext } from './view.js';

/** How often the list is asked for, in milliseconds. */
const REFRESH_INTERVAL = 10_000;
/** How long after the last letter the server is asked for what is not in the list, in milliseconds. */
const TYPING_PAUSE = 300;
/** Rows shown before somebody asks for more. */
const ROWS = 100;

/** What containers are called. */
const KINDS: Readonly<Record<string, string>> = { 'video/mp4': 'MP4', 'video/x-flv': 'FLV', [HLS_TYPE]: 'HLS' };

/** Recordings, to watch and to download. */
export function recordingsView({ store, signal }: ViewContext): View {
  const summary = h('p', { class: 'lead' }, 'Looking…');
  const filter = h('input', { id: 'filter', type: 'search', autocomplete: 'off', spellcheck: 'false' });
  const table = new RecordingTable(store, signal);
  const filterField = field('Filter by name', filter);
  filterField.classList.add('filter');
  /** There are more than a list has: those that are wanted may not be among the newest. */
  let isCut = false;
  /** Counts what was asked for, so that a list that took long does not take the place of a newer one. */
  let asked = 0;
  let typing: number | undefined;
  const refresh = async () => {
    const run = ++asked;
    const search = isCut ? filter.value.trim() : '';
    try {
      const path = search === '' ? '/api/recordings' : `/api/recordings?search=${encodeURIComponent(search)}`;
      const list = await request<ArchiveList>(path);
      if (signal.aborted || run !== asked) return;
      setText(summary, summaryOf(list, search !== ''));
      if (search === '') {
        isCut = list.recordings.length < list.total;
        filterField.hidden = list.total < 2;
      }
      table.update(list.recordings);
    } catch (error) {
      if (!signal.aborted) setText(summary, (error as Error).message);
    }
  };
  filter.addEventListener('input', () => {
    table.filter(filter.value);
    clearTimeout(typing);
    if (isCut) typing = setTimeout(() => void refresh(), TYPING_PAUSE);
  });
  void refresh();
  const timer = setInterval(() => document.hidden || void refresh(), REFRESH_INTERVAL);
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    clearTimeout(typing);
  });
  const heading = h('h1', { tabindex: -1 }, 'Recordings');
  return {
    title: 'Recordings',
    element: h('div', {}, heading, summary, table.player.element, filterField, table.element),
  };
}

function summaryOf({ total, recordings, bytes: sum }: ArchiveList, isSearch: boolean): string {
  if (total === 0 && !isSearch) return 'There are none yet. What is published while recording is on is found here.';
  const text = `${counted(total, 'recording')} · ${bytes(sum)}`;
  return recordings.length < total ? `${text} · the newest ${recordings.length.toLocaleString('en')} are shown` : text;
}

/** The list, kept in step: rows stay while what they show stays. */
class RecordingTable {
  readonly element: HTMLElement;
  readonly player: RecordingPlayer;
  readonly #body = h('tbody', {});
  readonly #none = h('p', { class: 'hint', hidden: true }, 'No recording has this in its name.');
  readonly #more = h('button', { type: 'button', class: 'more' }, 'Show more');
  readonly #rows = new Map<string, HTMLTableRowElement>();
  /** Says how many watch, by path; of those that may be watched as HLS. */
  readonly #viewers = new Map<string, HTMLElement>();
  #recordings: readonly ArchivedRecording[] = [];
  #query = '';
  #shown = ROWS;
  #playing: string | undefined;

  constructor(
    private readonly store: Store,
    signal: AbortSignal,
  ) {
    this.player = new RecordingPlayer(() => this.#mark(undefined), signal);
    this.#more.addEventListener('click', () => {
      this.#shown += ROWS;
      this.#render();
    });
    const heads = ['Stream', 'Begun', 'Size'].map((head) => h('th', { scope: 'col' }, head));
    store.onChange(() => this.#count(), signal);
    const head = h(
      'thead',
      {},
      h('tr', {}, ...heads, h('th', { scope: 'col' }, h('span', { class: 'unseen' }, 'Actions'))),
    );
    this.element = h('div', {}, h('table', { class: 'recordings' }, head, this.#body), this.#none, this.#more);
  }

  update(recordings: readonly ArchivedRecording[]): void {
    this.#recordings = recordings;
    this.#render();
  }

  filter(query: string): void {
    this.#query = query.trim().toLowerCase();
    this.#shown = ROWS;
    this.#render();
  }

  #render(): void {
    const found = this.#recordings.filter(({ app, name }) => `${app}/${name}`.toLowerCase().includes(this.#query));
    const keys = new Set<string>();
    const rows = found.slice(0, this.#shown).map((recording) => {
      // Another size is another row: nothing in it has to be changed but how many watch.
      const key = `${recording.id} ${recording.bytes} ${recording.isComplete}`;
      keys.add(key);
      const row = this.#rows.get(key) ?? this.#row(recording);
      this.#rows.set(key, row);
      return row;
    });
    for (const key of this.#rows.keys()) if (!keys.has(key)) this.#rows.delete(key);
    const paths = new Set(this.#recordings.map(({ path }) => path));
    for (const path of this.#viewers.keys()) if (!paths.has(path)) this.#viewers.delete(path);
    this.#count();
    const isSame = rows.length === this.#body.rows.length && rows.every((row, index) => row === this.#body.rows[index]);
    if (!isSame) this.#body.replaceChildren(...rows);
    this.element.firstElementChild!.toggleAttribute('hidden', rows.length === 0);
    this.#none.hidden = found.length > 0 || this.#query === '';
    this.#more.hidden = found.length <= this.#shown;
  }

  /** How many watch each as HLS. */
  #count(): void {
    const counts = new Map(this.store.snapshot?.recordings.map(({ path, viewers }) => [path, viewers.total]));
    for (const [path, tag] of this.#viewers) {
      const count = counts.get(path) ?? 0;
      setText(tag, counted(count, 'viewer'));
      tag.hidden = count === 0;
    }
  }

  #row(recording: ArchivedRecording): HTMLTableRowElement {
    const { id, app, name, path, type, isComplete } = recording;
    const viewers = type === HLS_TYPE && h('span', { class: 'tag idle', hidden: true });
    if (viewers !== false) this.#viewers.set(path, viewers);
    const begun = new Date(recording.startedAt ?? recording.modifiedAt);
    const when = begun.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
    const spoken = `${app}/${name}, ${when}`;
    const play = h(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `Watch ${spoken}` },
      icon('play'),
      'Watch',
    );
    play.addEventListener('click', () => {
      this.#mark(id);
      void this.player.play({ type, path: this.#pathOf(recording) }, spoken);
    });
    const row = h(
      'tr',
      { 'data-id': id },
      h(
        'th',
        { scope: 'row' },
        h('span', { class: 'app' }, `${app}/`),
        name,
        !isComplete && h('span', { class: 'tag rec' }, 'not finished'),
        viewers,
      ),
      h('td', {}, h('time', { datetime: begun.toISOString() }, when)),
      h('td', {}, `${bytes(recording.bytes)} `, h('span', { class: 'kind' }, KINDS[type] ?? '')),
      // HLS is no single file.
      h('td', {}, play, type !== HLS_TYPE && downloadLink(recording, spoken)),
    );
    row.classList.toggle('playing', id === this.#playing);
    return row;
  }

  /** With the play key that lets in to one as HLS. */
  #pathOf({ path, name, type }: ArchivedRecording): string {
    const { server } = this.store;
    const query = type !== HLS_TYPE || server === undefined ? '' : playQuery(server, name);
    return query === '' ? path : `${path}?${query}`;
  }

  #mark(id: string | undefined): void {
    this.#playing = id;
    for (const row of this.#body.rows) row.classList.toggle('playing', row.dataset['id'] === id);
  }
}
