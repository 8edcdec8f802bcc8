import { CONFIGURATION_FLAGS, MediaFlags, trackIdOf } from '#lib/flv';
import type { MediaMessage } from './media-message.js';

/** A configuration message that was kept: what a decoder needs before it can start. */
export interface StoredConfiguration {
  readonly tagType: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** What a configuration message is to those before it: the first of its track and kind, another, or nothing new. */
export type ConfigurationChange = 'first' | 'changed' | 'none';

/** Tracks and kinds of configuration kept of one stream; one that names more is not a real one. */
const MAX_CONFIGURATIONS = 64;
/** Longest configuration kept, in bytes: it is sent to every player. Real ones have a few hundred. */
const MAX_CONFIGURATION_BYTES = 64 * 1024;

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

  /** Keeps a copy, unless the same bytes are here already, as with encoders that repeat their headers. */
  put(message: MediaMessage): ConfigurationChange {
    const { tagType, flags, payload } = message;
    const key = ((flags & CONFIGURATION_FLAGS) << 8) | (tagType << 24) | trackIdOf(flags);
    const known = this.#byKey.get(key);
    if (known === undefined && this.#byKey.size >= MAX_CONFIGURATIONS) return 'none';
    if (known !== undefined && Buffer.compare(known.payload, payload) === 0) return 'none';
    this.#version++;
    // What is too long to be kept still makes the one before wrong.
    if (payload.length > MAX_CONFIGURATION_BYTES) this.#byKey.delete(key);
    else this.#byKey.set(key, { tagType, flags, payload: payload.slice() });
    return known === undefined ? 'first' : 'changed';
  }
}

function isSequenceHeader(stored: StoredConfiguration): boolean {
  return (stored.flags & MediaFlags.SequenceHeader) !== 0;
}
