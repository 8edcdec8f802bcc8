import type { AdminHistories, AdminHistory, AdminServer, AdminSnapshot, AdminStream } from '../../admin/admin-api.js';

/** Samples kept of a stream: five minutes. */
const MAX_SAMPLES = 300;

/** What charts show of one publish, a sample a second. */
class History {
  /** Seconds since 1970. */
  readonly times: number[] = [];
  readonly bitrate: Array<number | null> = [];
  readonly fps: Array<number | null> = [];
  readonly viewers: number[] = [];

  /** Puts what was before the page was opened in front. */
  seed({ times, bitrate, fps, viewers }: AdminHistory): void {
    const first = this.times[0] ?? Infinity;
    const count = times.filter((time) => time / 1000 < first).length;
    this.times.unshift(...times.slice(0, count).map((time) => time / 1000));
    this.bitrate.unshift(...bitrate.slice(0, count));
    this.fps.unshift(...fps.slice(0, count));
    this.viewers.unshift(...viewers.slice(0, count));
  }

  add(time: number, { incoming, viewers }: AdminStream): void {
    this.times.push(time / 1000);
    this.bitrate.push(incoming.bitrate);
    this.fps.push(incoming.fps);
    this.viewers.push(viewers.total);
    if (this.times.length <= MAX_SAMPLES) return;
    for (const samples of [this.times, this.bitrate, this.fps, this.viewers]) samples.shift();
  }
}

/** What the page knows, and who wants to hear of it. */
export class Store {
  server: AdminServer | undefined;
  snapshot: AdminSnapshot | undefined;
  readonly #histories = new Map<string, History>();
  readonly #listeners = new Set<() => void>();
  /** Server's clock minus this one's, in milliseconds, the delay of the network included. */
  #clockOffset = 0;

  /** Streams that are live; none before the first snapshot. */
  get streams(): readonly AdminStream[] {
    return this.snapshot?.streams ?? [];
  }

  /** The server's clock, milliseconds since 1970. */
  get serverNow(): number {
    return Date.now() + this.#clockOffset;
  }

  find(path: string): AdminStream | undefined {
    return this.streams.find((stream) => stream.path === path);
  }

  historyOf({ path }: Pick<AdminStream, 'path'>): History {
    let history = this.#histories.get(path);
    if (history === undefined) this.#histories.set(path, (history = new History()));
    return history;
  }

  seed(histories: AdminHistories): void {
    for (const [path, history] of Object.entries(histories)) this.historyOf({ path }).seed(history);
  }

  /** Takes histories in place of those it has, which miss something. */
  replaceHistories(histories: AdminHistories): void {
    for (const path of Object.keys(histories)) this.#histories.delete(path);
    this.seed(histories);
  }

  take(snapshot: AdminSnapshot): void {
    if (this.snapshot?.time === snapshot.time) return;
    this.snapshot = snapshot;
    this.#clockOffset = snapshot.time - Date.now();
    for (const stream of snapshot.streams) this.historyOf(stream).add(snapshot.time, stream);
    const paths = new Set(snapshot.streams.map(({ path }) => path));
    for (const path of this.#histories.keys()) if (!paths.has(path)) this.#histories.delete(path);
    for (const listener of this.#listeners) listener();
  }

  /** Calls on every snapshot, until the signal is aborted. */
  onChange(listener: () => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }
}
