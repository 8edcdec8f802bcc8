import type { HlsBroadcast } from './hls-broadcast.js';

/** Complete segments that playlists keep while there is anything else to give up (RFC 8216 §6.2.2). */
const LEAST_SEGMENTS = 3;
/** What is left when there is not. */
const LAST_SEGMENT = 1;

/**
 * Bytes that all broadcasts hold together. When it is too much the largest gives up its oldest segment, again and again: first
 * those that players can do without; then all but the newest; then it is given up itself.
 */
export class HlsMemory {
  readonly #held = new Map<HlsBroadcast, number>();
  /** Given up, and not gone yet. */
  readonly #going = new WeakSet<HlsBroadcast>();
  #bytes = 0;
  #droppedSegments = 0;
  #refused = 0;

  /** @param onGiveUp a broadcast has to go, as soon as nothing of it is being written */
  constructor(
    readonly maxBytes: number,
    private readonly onGiveUp: (broadcast: HlsBroadcast) => void,
  ) {}

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Segments that were given up before their time. */
  get droppedSegments(): number {
    return this.#droppedSegments;
  }

  /** Broadcasts that were not begun, or given up. */
  get refused(): number {
    return this.#refused;
  }

  /** A broadcast holds another amount than before. */
  update(broadcast: HlsBroadcast): void {
    if (this.#going.has(broadcast)) return;
    this.#count(broadcast);
    while (this.#bytes > this.maxBytes) {
      if (this.#giveUpSegment(LEAST_SEGMENTS) || this.#giveUpSegment(LAST_SEGMENT)) continue;
      const largest = this.#largest(() => true);
      if (largest === undefined) return;
      this.#refused++;
      this.#going.add(largest);
      this.remove(largest);
      this.onGiveUp(largest);
    }
  }

  remove(broadcast: HlsBroadcast): void {
    this.#bytes -= this.#held.get(broadcast) ?? 0;
    this.#held.delete(broadcast);
  }

  /** Whether another broadcast may begin: not when all together, and one more like them, need more than there is. */
  admit(): boolean {
    let needed = 0;
    for (const { packager } of this.#held.keys()) needed += packager.neededBytes(LEAST_SEGMENTS);
    const count = this.#held.size;
    if (count === 0 || needed * (1 + 1 / count) <= this.maxBytes) return true;
    this.#refused++;
    return false;
  }

  #count(broadcast: HlsBroadcast): void {
    const { byteLength } = broadcast;
    this.#bytes += byteLength - (this.#held.get(broadcast) ?? 0);
    this.#held.set(broadcast, byteLength);
  }

  #giveUpSegment(least: number): boolean {
    const largest = this.#largest(({ packager }) => packager.canDrop(least));
    if (largest === undefined) return false;
    largest.packager.dropOldest(least);
    this.#droppedSegments++;
    this.#count(largest);
    return true;
  }

  #largest(isWanted: (broadcast: HlsBroadcast) => boolean): HlsBroadcast | undefined {
    let most = 0;
    let found: HlsBroadcast | undefined;
    for (const [broadcast, bytes] of this.#held) {
      if (bytes > most && isWanted(broadcast)) [most, found] = [bytes, broadcast];
    }
    return found;
  }
}
