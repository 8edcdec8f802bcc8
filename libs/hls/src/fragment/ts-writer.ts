import type { FragmentWriter } from './fragment-writer.js';
import type { FragmentTrack } from './sample-run.js';

export class TsWriter implements FragmentWriter {
  readonly extension = 'ts';
  constructor(_tracks: readonly unknown[]) {}
  beginSegment(): void {}
  write(_tracks: readonly FragmentTrack[]): Uint8Array {
    return new Uint8Array(0);
  }
}
