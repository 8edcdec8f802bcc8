import type { AdminKey } from '../../admin/admin-api.js';
import { copyButton, field, h, setText } from './dom.js';
import { publishLines, serverUrls } from './publish-lines.js';
import type { Store } from './store.js';
import type { View, ViewContext } from './view.js';

/** How to publish: what to type into an encoder. */
export function publishView({ store }: ViewContext): View {
  const element = h(
    'div',
    { class: 'narrow' },
    h('h1', { tabindex: -1 }, 'Publish'),
    h('p', { class: 'lead' }, 'Send a stream with any encoder that speaks RTMP. These lines are ready to copy.'),
    publishPanel(store),
  );
  return { title: 'Publish', element };
}

/** The lines, and what they are made for. */
export function publishPanel(store: Store): HTMLElement {
  const server = store.server!;
  const urls = serverUrls(server, location.hostname);
  const { keys, isNeeded } = server.publish;
  const name = h('input', { id: 'publish-name', value: 'cam1', spellcheck: 'false', autocomplete: 'off' });
  const address = h('select', { id: 'publish-server' }, ...urls.map((url) => h('option', { value: url }, url)));
  const key = h(
    'select',
    { id: 'publish-key' },
    ...(keys ?? []).map((one, index) => h('option', { value: String(index) }, nameOf(one))),
  );
  const lines = {
    server: line('Server', 'server'),
    streamKey: line('Stream key', 'stream key'),
    ffmpeg: line('A file', 'FFmpeg line for a file'),
    test: line('A test picture', 'FFmpeg line for a test picture'),
  };
  const update = () => {
    const chosen = isNeeded ? (keys === null ? null : keys[Number(key.value)]) : undefined;
    const fixed = chosen?.name;
    name.disabled = fixed !== undefined;
    if (fixed !== undefined) name.value = fixed;
    const made = publishLines(address.value, name.value.trim() || 'cam1', chosen);
    for (const [part, text] of Object.entries(made)) setText(lines[part as keyof typeof lines].value, text as string);
  };
  for (const input of [name, address, key]) input.addEventListener('input', update);
  update();
  return h(
    'div',
    { class: 'publish' },
    h(
      'div',
      { class: 'fields' },
      urls.length > 1 && field('Server', address),
      (keys?.length ?? 0) > 1 && field('Key', key),
      field('Stream name', name),
    ),
    keys === null &&
      h(
        'p',
        { class: 'notice' },
        'This server has publish keys. They are shown when it has an admin token as well: set ',
        code('RTMP_ADMIN_TOKEN'),
        '. Put yours in place of KEY.',
      ),
    urls.length === 0 &&
      h('p', { class: 'notice' }, 'This server listens on Unix sockets alone: a proxy has its address.'),
    panel('OBS Studio', 'Settings › Stream, service “Custom…”', lines.server.element, lines.streamKey.element),
    panel('FFmpeg', 'In a terminal', lines.ffmpeg.element, lines.test.element),
  );
}

function nameOf({ name }: AdminKey): string {
  return name === undefined ? 'Good for any name' : `For ${name}`;
}

function panel(title: string, hint: string, ...lines: HTMLElement[]): HTMLElement {
  return h('section', { class: 'panel' }, h('h2', {}, title), h('p', { class: 'hint' }, hint), ...lines);
}

function line(label: string, spoken: string): { element: HTMLElement; value: HTMLElement } {
  const value = h('code', { tabindex: 0, role: 'textbox', 'aria-readonly': 'true', 'aria-label': spoken });
  const copy = copyButton(spoken, () => value.textContent ?? '');
  return { value, element: h('div', { class: 'line' }, h('span', { class: 'label' }, label), value, copy) };
}

function code(text: string): HTMLElement {
  return h('code', {}, text);
}
