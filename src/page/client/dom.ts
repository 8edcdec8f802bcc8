/** What an attribute can be: listeners stand under `onclick` and the like, false and undefined leave it out. */
type AttributeValue = string | number | boolean | undefined | ((event: Event) => void);

/** What can be put into an element. Text is text, never markup. */
export type Child = Node | string | false | null | undefined;

/** Makes an element. */
export function h<TName extends keyof HTMLElementTagNameMap>(
  name: TName,
  attributes: Readonly<Record<string, AttributeValue>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[TName] {
  const element = document.createElement(name);
  setAttributes(element, attributes);
  element.append(...children.filter((child) => child !== false && child !== null && child !== undefined));
  return element;
}

/** Writes text if it is another: the browser has nothing to do otherwise. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Writes an attribute if it is another. */
export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** An input with its label. */
export function field(label: string, input: HTMLElement): HTMLElement {
  return h('div', { class: 'field' }, h('label', { for: input.id }, label), input);
}

/** Shapes of 16 × 16, drawn as lines. */
const ICONS = {
  back: 'M10 3 5 8l5 5',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  done: 'm3 8.5 3.5 3.5L13 4.5',
  download: 'M8 2v8m-3.5-3L8 10.5 11.5 7M2.5 13.5h11',
  eye: 'M1 8s2.5-4.5 7-4.5S15 8 15 8s-2.5 4.5-7 4.5S1 8 1 8zm7 2a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  play: 'M5 3v10l8-5z',
  stop: 'M4 4h8v8H4z',
  warn: 'M8 2 1.5 13.5h13zM8 6.5v3M8 11.5v.1',
} as const;

/** Name of an icon. */
export type IconName = keyof typeof ICONS;

/** An icon, which says nothing to screen readers. */
export function icon(name: IconName): SVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  setAttributes(svg, { viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true' });
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

const announcer = () => document.querySelector('#announcer')!;

/** Says something to screen readers, when they have a moment. */
export function announce(text: string): void {
  setText(announcer(), text);
}

/** A button that copies what a function returns, and says so. */
export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const face = h('span', {}, 'Copy');
  const button = h(
    'button',
    { type: 'button', class: 'quiet copy', 'aria-label': `Copy ${label}` },
    icon('copy'),
    face,
  );
  button.addEventListener('click', () => {
    void copy(text()).then((isDone) => {
      face.textContent = isDone ? 'Copied' : 'Press Ctrl+C';
      announce(isDone ? `Copied ${label}` : `Could not copy ${label}`);
      setTimeout(() => (face.textContent = 'Copy'), 1600);
    });
  });
  return button;
}

async function copy(text: string): Promise<boolean> {
  try {
    // Undefined on pages that are neither HTTPS nor of this machine.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = h('textarea', { class: 'unseen', 'aria-hidden': 'true', tabindex: -1 });
  area.value = text;
  document.body.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } finally {
    area.remove();
  }
}

function setAttributes(element: Element, attributes: Readonly<Record<string, AttributeValue>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/u, ''), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}
