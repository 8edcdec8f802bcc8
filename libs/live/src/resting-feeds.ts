import type { StreamFeed } from './stream-feed.js';

/** More formats than one player can ask for in turn by leaving out audio and video; each takes as much memory as the group. */
const MAX_RESTING = 4;

/**
 * Feeds of a stream that nobody is subscribed to, with what they have encoded of its newest group: for one who comes and
 * goes all the time it is not to be encoded each time. They cost no time, and none outlives that group.
 */
export class RestingFeeds {
  readonly #byKey = new Map<string, StreamFeed>();

  put(feed: StreamFeed): void {
    this.#byKey.set(feed.format.key, feed);
    if (this.#byKey.size <= MAX_RESTING) return;
    const [oldest] = this.#byKey.keys();
    this.#byKey.delete(oldest!);
  }

  /** The one of a format, which rests no longer. */
  take(key: string): StreamFeed | undefined {
    const feed = this.#byKey.get(key);
    if (feed !== undefined) this.#byKey.delete(key);
    return feed;
  }

  clear(): void {
    if (this.#byKey.size > 0) this.#byKey.clear();
  }
}
