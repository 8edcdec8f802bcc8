import { CONFIGURATION_FLAGS, trackIdOf } from '../tag/media-flags.js';
import type { FlvMessage } from './flv-reader.js';

/** Changes of configuration remembered of one file; one that has more is not a real one. */
const MAX_CHANGES = 256;

/** The configurations that were come across, and where: what a decoder needs before it starts anywhere in the file. */
export class ReaderConfigurations {
  /** In the order of the file. */
  #changes: FlvMessage[] = [];

  /** The newest of every track before a position, in the order of first appearance. */
  before(position: number): FlvMessage[] {
    const byKey = new Map<number, FlvMessage>();
    for (const message of this.#changes) {
      if (message.position < position) byKey.set(keyOf(message), message);
    }
    return [...byKey.values()];
  }

  /** Keeps a copy of one that says something new: payloads are views of far longer pieces of the file. */
  put(message: FlvMessage): void {
    const { position, payload } = message;
    const key = keyOf(message);
    const known = this.#changes.findLast((other) => other.position <= position && keyOf(other) === key);
    if (known !== undefined && Buffer.compare(known.payload, payload) === 0) return;
    if (this.#changes.length >= MAX_CHANGES) return;
    this.#changes.push({ ...message, payload: payload.slice() });
    this.#changes.sort((a, b) => a.position - b.position);
  }
}

function keyOf({ tagType, flags }: FlvMessage): number {
  return ((flags & CONFIGURATION_FLAGS) << 8) | (tagType << 24) | trackIdOf(flags);
}
