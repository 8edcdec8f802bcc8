import { CONFIGURATION_FLAGS, MediaFlags, trackIdOf } from '#lib/flv';
import type { MediaMessage } from './media-message.js';

/** A configuration message that was kept: what a decoder needs before it can start. */
export interface StoredConfiguration {
  readonly tagType: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** Tracks and kinds of configuration kept of one stream; one that names more is not a real one. */
const MAX_CONFIGURATIONS = 64;

/** The newest configuration of every track of a stream: sequence headers, colour information, channel layout. */
export class ConfigurationStore {
  readonly #byKey = new Map<number, StoredConfiguration>();
  #version = 0;

  /** Goes up whenever a configuration changes its bytes. */
  get version(): number {
    return this.#version;
  }

  /** Sequence headers first, each kind in the order of its first appearance. */
  values(): StoredConfiguration[] {
    const all = [...this.#byKey.values()];
    return [...all.filter(isSequenceHeader), ...all.filter((stored) => !isSequenceHeader(stored))];
  }

  /** Keeps a copy; false when the same bytes were here already, as with encoders that repeat their headers. */
  put(message: MediaMessage): boolean {
    const { tagType, flags, payload } = message;
    const key = ((flags & CONFIGURATION_FLAGS) << 8) | (tagType << 24) | trackIdOf(flags);
    const known = this.#byKey.get(key);
    if (known !== undefined && Buffer.compare(known.payload, payload) === 0) return false;
    if (known === undefined && this.#byKey.size >= MAX_CONFIGURATIONS) return false;
    this.#byKey.set(key, { tagType, flags, payload: payload.slice() });
    this.#version++;
    return true;
  }
}

function isSequenceHeader(stored: StoredConfiguration): boolean {
  return (stored.flags & MediaFlags.SequenceHeader) !== 0;
}
