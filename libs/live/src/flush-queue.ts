import type { FlushProfile } from './flush-profile.js';
import type { StreamFeed } from './stream-feed.js';
import type { Urgency } from './urgency.js';

/**
 * The feeds of one server that have something to send, and when they are due.
 * It has no clock: call flushDue() after bytes were received, and again when
 * it says.
 */
export class FlushQueue {
  readonly #profile: FlushProfile;
  readonly #dirty = new Set<StreamFeed>();
  #now: number;
  #arrival: number;

  constructor(profile: FlushProfile, now = 0) {
    this.#profile = profile;
    this.#now = this.#arrival = now;
  }

  /** The time of the newest call, in milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** Whether any feed waits. */
  get isEmpty(): boolean {
    return this.#dirty.size === 0;
  }

  /** The time that messages are taken to have come at. */
  get arrival(): number {
    return this.#arrival;
  }

  /**
   * Sets the time.
   *
   * @param waited how long the oldest message that follows may have waited to be read, in milliseconds
   */
  setNow(now: number, waited = 0): void {
    this.#now = now;
    this.#arrival = now - waited;
  }

  /** What a feed is flushed for whenever it came, so that it matters when that is read. */
  urgencyOf({ subscriberCount }: StreamFeed): Urgency {
    if (subscriberCount <= this.#profile.flushAtOnce) return 'all';
    return this.#profile.isPictureUrgent ? 'pictures' : 'none';
  }

  add(feed: StreamFeed): void {
    this.#dirty.add(feed);
  }

  delete(feed: StreamFeed): void {
    this.#dirty.delete(feed);
  }

  /** Flushes what is due; when to come back, or undefined when nothing waits. */
  flushDue(now: number): number | undefined {
    this.#now = this.#arrival = now;
    let next: number | undefined;
    for (const feed of this.#dirty) {
      const due = this.#dueAt(feed);
      if (due <= now) {
        this.#dirty.delete(feed);
        feed.flush(now);
      } else if (next === undefined || due < next) {
        next = due;
      }
    }
    return next;
  }

  #dueAt(feed: StreamFeed): number {
    const { flushAtOnce, isPictureUrgent, interval } = this.#profile;
    const since = feed.dirtySince ?? 0;
    if (feed.subscriberCount <= flushAtOnce || (isPictureUrgent && feed.hasPicture)) return since;
    return since + interval;
  }
}
