import type { AdminHistories, AdminProblem, AdminServer } from '../../admin/admin-api.js';
import { ApiError, followSnapshots, getHistories, getServer, getSession, logOut, onLogInWanted } from './api.js';
import { announce, h, setText } from './dom.js';
import { counted } from './format.js';
import { liveView } from './live-view.js';
import { loginView, problemView } from './login-view.js';
import { publishView } from './publish-view.js';
import { relaysView } from './relays-view.js';
import { recordingsView } from './recordings-view.js';
import { Store } from './store.js';
import { streamView } from './stream-view.js';
import { missingLibraries } from './vendor.js';
import type { View, ViewContext } from './view.js';

const main = document.querySelector<HTMLElement>('#main')!;
const nav = document.querySelector<HTMLElement>('#nav')!;
const status = document.querySelector<HTMLElement>('#status')!;
const foot = document.querySelector<HTMLElement>('#foot')!;

let store = new Store();
let view = new AbortController();
let endSession: (() => void) | undefined;
/** Counts starts, so that one that took long does not begin beside the next. */
let starts = 0;

/** Shows a view in place of the one before. */
function show(make: (context: ViewContext) => View, moveFocus: boolean): void {
  view.abort();
  view = new AbortController();
  const { title, element } = make({ store, signal: view.signal });
  document.title = `${title} · nest-rtmp`;
  main.replaceChildren(element);
  if (!moveFocus) return;
  // Whoever does not see that the page is another one hears its heading.
  main.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

function route(moveFocus = true): void {
  const [, first = '', ...rest] = location.hash.split('/');
  const [app, name] = rest.map(decode);
  markCurrent(first);
  if (first === 'streams' && app !== undefined && name !== undefined) {
    show((context) => streamView(context, app, name), moveFocus);
  } else if (first === 'recordings' && store.server?.features.recordings === true) {
    show(recordingsView, moveFocus);
  } else if (first === 'relays' && store.server?.features.relays === true) {
    show(relaysView, moveFocus);
  } else if (first === 'publish') {
    show(publishView, moveFocus);
  } else {
    show(liveView, moveFocus);
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function markCurrent(first: string): void {
  for (const link of nav.querySelectorAll('a')) {
    const target = link.hash.split('/')[1] ?? '';
    const isCurrent = target === first || (target === '' && first === 'streams');
    if (isCurrent) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** Asks the server who it is, and shows the page, or what stands in its way. */
async function start(moveFocus = false): Promise<void> {
  endSession?.();
  endSession = undefined;
  const run = ++starts;
  try {
    const { isOpen, problem } = await getSession();
    if (run !== starts) return;
    if (!isOpen) {
      showClosed(problem!);
      return;
    }
    const [server, histories] = await Promise.all([getServer(), getHistories()]);
    if (run === starts) begin(server, histories, moveFocus);
  } catch (error) {
    if (run !== starts) return;
    const text = error instanceof ApiError ? error.message : 'The server does not answer.';
    show(() => problemView(text, () => void start(true)), moveFocus);
  }
}

function showClosed({ code, description }: AdminProblem): void {
  nav.replaceChildren();
  status.replaceChildren();
  if (code === 'ADMIN_ERR_CREDENTIAL') show(() => loginView(() => void start(true)), true);
  else show(() => problemView(description, () => void start(true)), false);
}

function begin(server: AdminServer, histories: AdminHistories, moveFocus: boolean): void {
  store = new Store();
  store.seed(histories);
  store.server = server;
  const session = new AbortController();
  const count = h('span', { class: 'count' });
  nav.replaceChildren(
    h('a', { href: '#/' }, 'Live', count),
    ...(server.features.recordings ? [h('a', { href: '#/recordings' }, 'Recordings')] : []),
    ...(server.features.relays ? [h('a', { href: '#/relays' }, 'Relays')] : []),
    h('a', { href: '#/publish' }, 'Publish'),
  );
  const connection = h('span', { class: 'connection', role: 'status' });
  const leave = h('button', { type: 'button', class: 'quiet' }, 'Log out');
  leave.addEventListener('click', () => void logOut().finally(() => void start(true)));
  status.replaceChildren(connection, ...(server.hasSession ? [leave] : []));
  describeServer(server);

  let live: Set<string> | undefined;
  store.onChange(() => {
    const paths = new Set(store.streams.map(({ path }) => path));
    setText(count, paths.size > 0 ? String(paths.size) : '');
    count.setAttribute('aria-label', counted(paths.size, 'stream'));
    const news = live === undefined ? '' : newsOf(live, paths);
    if (news !== '') announce(news);
    live = paths;
  }, session.signal);
  const unfollow = followSnapshots({
    onSnapshot: (snapshot) => store.take(snapshot),
    onConnection: (isOpen) => {
      connection.classList.toggle('lost', !isOpen);
      setText(connection, isOpen ? '' : 'Connection lost, trying again…');
    },
    onResumed: () => void getHistories().then((newer) => session.signal.aborted || store.replaceHistories(newer)),
    onRefused: () => void start(true),
  });
  onLogInWanted(() => void start(true), session.signal);
  const onHashChange = () => route();
  addEventListener('hashchange', onHashChange);
  endSession = () => {
    unfollow();
    session.abort();
    view.abort();
    removeEventListener('hashchange', onHashChange);
  };
  route(moveFocus);
}

function newsOf(before: ReadonlySet<string>, now: ReadonlySet<string>): string {
  const begun = [...now].filter((path) => !before.has(path)).map((path) => `${path} is live`);
  const ended = [...before].filter((path) => !now.has(path)).map((path) => `${path} has ended`);
  const news = [...begun, ...ended];
  return news.length > 3 ? `${begun.length} streams began, ${ended.length} ended` : news.join(', ');
}

function describeServer({ version, node }: AdminServer): void {
  foot.replaceChildren(h('span', {}, `nest-rtmp ${version}`), h('span', {}, `Node ${node.replace('v', '')}`));
  void missingLibraries().then((missing) => {
    if (missing.length === 0) return;
    const names = missing.join(' ');
    foot.append(h('span', { class: 'bad' }, `Not installed beside the server: ${names} (npm install ${names})`));
  });
}

void start();
