import type { FragmentTrack } from './sample-run.js';
import { writeFragment } from './write-fragment.js';

/** Writes what lies in the runs of some tracks. */
export interface FragmentWriter {
  readonly extension: 'm4s' | 'ts';
  /** What is written next begins a segment. */
  beginSegment(): void;
  write(tracks: readonly FragmentTrack[]): Uint8Array;
}

/** Movie fragments. */
export class Fmp4Writer implements FragmentWriter {
  readonly extension = 'm4s';
  #sequence = 0;

  beginSegment(): void {}

  write(tracks: readonly FragmentTrack[]): Uint8Array {
    return writeFragment(++this.#sequence, tracks);
  }
}
