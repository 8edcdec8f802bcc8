import type { Batch } from './batch.js';
import type { LiveSubscriber } from './subscriber.js';
import type { SinkShortcut } from './subscriber-sink.js';

/** Where somebody is in step. */
export interface Step {
  readonly ranks: Ranks;
  readonly shortcut: SinkShortcut;
  /** What {@link Ranks.bytes} was when it joined. */
  readonly joinedAt: number;
}

/**
 * The subscribers of a feed, in two ranks. Those in step have been sent all there is, by ways that take all they are given:
 * a flush is one write for each of them, by a list of numbers. It looks at nothing else, since of hundreds of players no
 * object is in a cache by then. Those apart are asked one by one.
 */
export class Ranks {
  /** Those who are asked one by one. */
  readonly apart = new Set<LiveSubscriber>();
  readonly #places = new Map<LiveSubscriber, number>();
  readonly #members: LiveSubscriber[] = [];
  readonly #handles: number[] = [];
  readonly #writes: Array<SinkShortcut['write']> = [];
  #bytes = 0;
  #tail: Batch | undefined;

  /** Bytes sent to each of those in step so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The batch those in step were sent last; undefined while there is nobody. */
  get tail(): Batch | undefined {
    return this.#tail;
  }

  /**
   * Puts one of those apart in step.
   *
   * @param tail what those in step have been sent last
   */
  join(member: LiveSubscriber, shortcut: SinkShortcut, tail: Batch): Step {
    this.#tail = tail;
    this.apart.delete(member);
    this.#places.set(member, this.#members.length);
    this.#members.push(member);
    this.#handles.push(shortcut.handle);
    this.#writes.push(shortcut.write);
    return { ranks: this, shortcut, joinedAt: this.#bytes };
  }

  /** It is apart from now on. */
  leave(member: LiveSubscriber): void {
    const place = this.#places.get(member);
    if (place === undefined) return;
    this.#places.delete(member);
    this.apart.add(member);
    const last = this.#members.pop()!;
    const handle = this.#handles.pop()!;
    const write = this.#writes.pop()!;
    if (last !== member) {
      this.#members[place] = last;
      this.#handles[place] = handle;
      this.#writes[place] = write;
      this.#places.set(last, place);
    }
    if (this.#members.length === 0) this.#tail = undefined;
  }

  /** Sends those in step what has come. Whose way did not take all of it is apart from then on. @returns bytes for all of them */
  send(batch: Batch): number {
    const count = this.#handles.length;
    if (count === 0) return 0;
    const { bytes } = batch;
    let short: Array<[LiveSubscriber, number]> | undefined;
    for (let i = 0; i < count; i++) {
      const left = this.#writes[i]!(this.#handles[i]!, bytes);
      if (left !== 0) (short ??= []).push([this.#members[i]!, left]);
    }
    this.#bytes += bytes.length;
    this.#tail = batch;
    // Not before: who leaves changes places with another one.
    for (const [member, left] of short ?? []) member.fallOut(bytes, left);
    return bytes.length * count;
  }
}
