import type { AdminStream } from '../../admin/admin-api.js';
import { endStream } from './api.js';
import { adviceFor } from './advice.js';
import { Chart } from './chart.js';
import { confirmDialog } from './confirm-dialog.js';
import { announce, copyButton, h, icon, setText } from './dom.js';
import { bitrate, bytes, counted, duration, rate, seconds, shortBitrate } from './format.js';
import { PLAYER_LABELS, playerKinds, playUrl } from './live-player.js';
import { PlayerBox } from './player-box.js';
import { serverUrls } from './publish-lines.js';
import type { Store } from './store.js';
import { encodePath, playQuery } from './stream-address.js';
import { audioText, videoText } from './track-text.js';
import type { View, ViewContext } from './view.js';

/** One stream: player, figures, charts, addresses. */
export function streamView({ store, signal }: ViewContext, app: string, name: string): View {
  const path = `${app}/${name}`;
  const player = new PlayerBox(store, path, signal);
  const facts = new Facts();
  const problem = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  const state = h('span', { class: 'live' });
  const end = h(
    'button',
    { type: 'button', class: 'danger', onclick: () => void confirmEnd(app, name, problem) },
    icon('stop'),
    'End stream',
  );
  const charts = {
    bitrate: new Chart(
      { height: 130, label: 'Bitrate', format: bitrate, formatShort: shortBitrate, isLarge: true },
      signal,
    ),
    fps: new Chart({ height: 130, label: 'Pictures per second', format: rate, isLarge: true }, signal),
    viewers: new Chart({ height: 130, label: 'Viewers', format: rate, isCount: true, isLarge: true }, signal),
  };
  const update = () => {
    const stream = store.find(path);
    state.classList.toggle('off', stream === undefined);
    setText(state, stream === undefined ? 'Not live' : 'Live');
    end.hidden = stream === undefined;
    player.update(stream);
    facts.update(stream);
    if (stream === undefined) return;
    const history = store.historyOf(stream);
    charts.bitrate.update(history.times, history.bitrate);
    charts.fps.update(history.times, history.fps);
    charts.viewers.update(history.times, history.viewers);
  };
  store.onChange(update, signal);
  // The view has to be in the page before it plays.
  queueMicrotask(update);
  const element = h(
    'div',
    {},
    h('p', { class: 'crumb' }, h('a', { href: '#/' }, icon('back'), 'All streams')),
    h(
      'div',
      { class: 'title-row' },
      h('h1', { tabindex: -1 }, h('span', { class: 'app' }, `${app}/`), name),
      state,
      end,
    ),
    problem,
    h(
      'div',
      { class: 'columns' },
      h(
        'div',
        {},
        player.element,
        h(
          'div',
          { class: 'charts' },
          figure('Bitrate', charts.bitrate),
          figure('Pictures per second', charts.fps),
          figure('Viewers', charts.viewers),
        ),
      ),
      h('div', {}, facts.element, addresses(store, path, name)),
    ),
  );
  return { title: path, element };
}

function figure(title: string, chart: Chart): HTMLElement {
  return h('section', { class: 'panel' }, h('h2', {}, title), chart.element);
}

async function confirmEnd(app: string, name: string, problem: HTMLElement): Promise<void> {
  const isSure = await confirmDialog({
    title: `End ${app}/${name}?`,
    text: 'The encoder is told that its publish was ended. Many encoders connect again by themselves.',
    action: 'End stream',
  });
  if (!isSure) return;
  try {
    await endStream(app, name);
    problem.hidden = true;
    announce(`${app}/${name} was ended`);
  } catch (error) {
    setText(problem, `${app}/${name} was not ended: ${(error as Error).message}`);
    problem.hidden = false;
  }
}

/** What there is to know about a stream, in words. */
class Facts {
  readonly element: HTMLElement;
  readonly #values = new Map<string, HTMLElement>();
  readonly #list = h('dl', { class: 'facts' });
  /** Read out when it changes. */
  readonly #advice = h('div', { role: 'status' });
  #advised = '';

  constructor() {
    this.element = h('section', { class: 'panel' }, h('h2', {}, 'Figures'), this.#advice, this.#list);
  }

  update(stream: AdminStream | undefined): void {
    if (stream === undefined) return; // the last ones stay
    const { incoming, outgoing, publisher, tracks } = stream;
    this.#advise(adviceFor(stream));
    this.#set('Live for', duration(stream.age));
    this.#set('Incoming', `${bitrate(incoming.bitrate)}, ${rate(incoming.fps)} fps`);
    this.#set('GOP', seconds(incoming.gop));
    for (const track of tracks) {
      const label = `${track.kind === 'video' ? 'Video' : 'Audio'}${track.id === 0 ? '' : ` ${track.id}`}`;
      this.#set(label, track.kind === 'video' ? videoText(track) : audioText(track), track.codec);
    }
    this.#set(
      'Received',
      `${bytes(incoming.bytes)}${incoming.invalid > 0 ? `, ${counted(incoming.invalid, 'invalid message')}` : ''}`,
    );
    this.#set('Viewers', viewersText(stream));
    this.#set('Sent', sentText(stream));
    this.#set(
      'Drops',
      outgoing.skips === 0 ? 'None' : `${counted(outgoing.skips, 'skip')}, ${bytes(outgoing.skippedBytes)}`,
    );
    this.#set('Recording', stream.isRecording ? 'Yes' : 'No');
    this.#set(
      'Publisher',
      `${publisher.address}, ${publisher.transport.toUpperCase()}${publisher.isSecure ? ' (encrypted)' : ''}`,
    );
    this.#set('Encoder', publisher.client || 'Does not say');
  }

  #advise(sentences: readonly string[]): void {
    const text = sentences.join(' ');
    if (text === this.#advised) return;
    this.#advised = text;
    this.#advice.replaceChildren(...sentences.map((sentence) => h('p', { class: 'hint bad' }, sentence)));
  }

  #set(label: string, text: string, title = ''): void {
    let value = this.#values.get(label);
    if (value === undefined) {
      value = h('dd', {});
      this.#values.set(label, value);
      this.#list.append(h('div', {}, h('dt', {}, label), value));
    }
    setText(value, text);
    value.title = title;
  }
}

function viewersText({ viewers: { total, byProtocol } }: AdminStream): string {
  const parts = Object.entries(byProtocol).map(([protocol, count]) => `${count} ${protocol.toUpperCase()}`);
  return total === 0 ? 'Nobody' : `${total} (${parts.join(', ')})`;
}

/** What HLS serves may come from a cache in between: it is not counted. */
function sentText({ outgoing, viewers }: AdminStream): string {
  const text = `${bytes(outgoing.bytes)}, ${bitrate(outgoing.bitrate)}`;
  return (viewers.byProtocol['hls'] ?? 0) > 0 ? `${text}, without HLS` : text;
}

/** Where else to watch it. */
function addresses(store: Store, path: string, name: string): HTMLElement {
  const server = store.server!;
  const query = playQuery(server, name);
  const rtmp = serverUrls(server, location.hostname)
    .slice(0, 1)
    .map((url) => ['RTMP', `${url.replace(/\/live$/u, '')}/${encodePath(path)}${query === '' ? '' : `?${query}`}`]);
  const http = playerKinds(server.features)
    .filter((kind) => kind !== 'll-hls')
    .map((kind) => [PLAYER_LABELS[kind], playUrl(kind, path, query)]);
  const lines = [...rtmp, ...http].map(([label = '', url = '']) =>
    h(
      'div',
      { class: 'line' },
      h('span', { class: 'label' }, label),
      h('code', {}, url),
      copyButton(`${label} address`, () => url),
    ),
  );
  return h('section', { class: 'panel' }, h('h2', {}, 'Addresses'), ...lines);
}
