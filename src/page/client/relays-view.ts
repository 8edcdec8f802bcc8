import type { AdminRelays } from '../../admin/admin-api.js';
import { request } from './api.js';
import { confirmDialog } from './confirm-dialog.js';
import { announce, h, setAttribute, setText } from './dom.js';
import { bytes, counted, spokenDuration } from './format.js';
import { relayForm } from './relay-form.js';
import type { View, ViewContext } from './view.js';

type Relay = AdminRelays['relays'][number];
type Rule = AdminRelays['rules'][number];

/** How often relays are asked for, in milliseconds. */
const REFRESH_INTERVAL = 2000;

const STATES: Readonly<Record<Relay['state'], readonly [text: string, tag: string]>> = {
  waiting: ['Waiting', 'idle'],
  connecting: ['Connecting', 'idle'],
  live: ['Live', 'good'],
  'backing-off': ['Trying again', 'warn'],
  refused: ['Refused', 'rec'],
  stopped: ['Stopped', 'idle'],
};

/** Streams that are sent on to other servers, and taken from them. */
export function relaysView({ signal }: ViewContext): View {
  const problem = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  const none = h(
    'p',
    { class: 'hint' },
    'None now: a relay begins when a stream that a rule is for is published, or asked for.',
  );
  const relays = new KeyedList<Relay>((relay) => new RelayItem(relay));
  const notRemoved = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  const removed = (failure: string) => {
    setText(notRemoved, failure);
    notRemoved.hidden = failure === '';
    void refresh();
  };
  const rules = new KeyedList<Rule>((rule) => new RuleItem(rule, removed));
  const rulePanel = h('section', { class: 'panel' }, h('h2', {}, 'Rules'), notRemoved, rules.element);
  const refresh = async () => {
    try {
      const answer = await request<AdminRelays>('/api/relays');
      if (signal.aborted) return;
      problem.hidden = true;
      now = answer.time;
      relays.update(answer.relays);
      rules.update(answer.rules);
      none.hidden = answer.relays.length > 0;
      rulePanel.hidden = answer.rules.length === 0;
    } catch (error) {
      if (signal.aborted) return;
      setText(problem, (error as Error).message);
      problem.hidden = false;
    }
  };
  void refresh();
  const timer = setInterval(() => void refresh(), REFRESH_INTERVAL);
  signal.addEventListener('abort', () => clearInterval(timer));
  const element = h(
    'div',
    { class: 'narrow' },
    h('h1', { tabindex: -1 }, 'Relays'),
    h('p', { class: 'lead' }, 'Streams that are sent on to other servers, and taken from them.'),
    problem,
    h(
      'div',
      { class: 'publish' },
      h('section', { class: 'panel' }, h('h2', {}, 'At work'), none, relays.element),
      rulePanel,
      relayForm(() => void refresh()),
    ),
  );
  return { title: 'Relays', element };
}

/** Of the server's clock, when relays were asked for last. */
let now = 0;

interface Item<T> {
  readonly element: HTMLLIElement;
  update(value: T): void;
}

/** A list that is kept in step: items stay as long as what they show, so that the focus stays too. */
class KeyedList<T extends { readonly id: string }> {
  readonly element = h('ul', { class: 'rows' });
  readonly #items = new Map<string, Item<T>>();

  constructor(private readonly make: (value: T) => Item<T>) {}

  update(values: readonly T[]): void {
    const ids = new Set(values.map(({ id }) => id));
    for (const [id, item] of this.#items) {
      if (ids.has(id)) continue;
      item.element.remove();
      this.#items.delete(id);
    }
    for (const value of values) {
      let item = this.#items.get(value.id);
      if (item === undefined) {
        item = this.make(value);
        this.#items.set(value.id, item);
        this.element.append(item.element);
      }
      item.update(value);
    }
  }
}

class RelayItem implements Item<Relay> {
  readonly element: HTMLLIElement;
  readonly #state = h('span', { class: 'tag' });
  readonly #figures = h('p', { class: 'hint' });
  readonly #problem = h('p', { class: 'hint bad', hidden: true });

  constructor({ app, name, url, direction }: Relay) {
    this.element = h(
      'li',
      {},
      h('div', {}, wayOf(direction, `${app}/${name}`, url), this.#figures, this.#problem),
      h('div', {}, this.#state),
    );
  }

  update({ state, bytes: sum, failures, skips, lag, queuedBytes, problem, retryAt, since }: Relay): void {
    const [text, tag] = STATES[state];
    setText(this.#state, text);
    setAttribute(this.#state, 'class', `tag ${tag}`);
    const parts = [`for ${spokenDuration(now - since)}`, bytes(sum)];
    if (failures > 0) parts.push(counted(failures, 'failure'));
    if (skips > 0) parts.push(counted(skips, 'skip'));
    if (lag + queuedBytes > 500_000) parts.push(`${bytes(lag + queuedBytes)} behind`);
    setText(this.#figures, parts.join(' · '));
    const retry = retryAt === undefined ? '' : ` Next attempt in ${spokenDuration(retryAt - now)}.`;
    setText(this.#problem, problem === undefined ? '' : `${sentence(problem.message)}${retry}`);
    this.#problem.hidden = problem === undefined;
  }
}

class RuleItem implements Item<Rule> {
  readonly element: HTMLLIElement;

  constructor(rule: Rule, onRemoved: (failure: string) => void) {
    const { app = '*', name = '*', url, direction, isTemporary } = rule;
    const remove = h(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `Remove the rule for ${app}/${name}` },
      'Remove',
    );
    remove.addEventListener('click', () => void removeRule(rule, onRemoved));
    this.element = h(
      'li',
      {},
      h(
        'div',
        {},
        wayOf(direction, `${app}/${name}`, url),
        h('p', { class: 'hint' }, isTemporary ? 'Until the server is started again' : 'Of the configuration'),
      ),
      remove,
    );
  }

  update(): void {}
}

/** Where from and where to. */
function wayOf(direction: Relay['direction'], stream: string, url: string): HTMLElement {
  const [from, to] = direction === 'push' ? [stream, url] : [url, stream];
  return h('p', { class: 'way' }, from, h('span', { class: 'app', 'aria-label': 'to' }, ' → '), to);
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?…]$/u.test(text) ? '' : '.'}`;
}

/** Removes a rule when one is sure, and says what went wrong, or ''. */
async function removeRule({ id, url, isTemporary }: Rule, onRemoved: (failure: string) => void): Promise<void> {
  const isSure = await confirmDialog({
    title: 'Remove this rule?',
    text: `${url}: its relays end. ${isTemporary ? '' : 'With the next start of the server it is there again.'}`,
    action: 'Remove',
  });
  if (!isSure) return;
  try {
    await request(`/api/relays/${encodeURIComponent(id)}`, { method: 'DELETE' });
    announce('The rule was removed');
    onRemoved('');
  } catch (error) {
    onRemoved(`The rule was not removed: ${(error as Error).message}`);
  }
}
