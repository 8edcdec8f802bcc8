import { SeenFormats } from '../playlist/seen-formats.js';
import type { SegmentWindow } from '../playlist/segment-window.js';
import type { MetadataHints } from '../track/metadata-hints.js';
import type { TrackFormat } from '../track/track-format.js';
import { audioKey } from '../track/track-reader.js';

/** A track of a rendition, by its key among all of the stream. */
interface KeyedTrack {
  readonly key: number;
  readonly format: TrackFormat;
}

/** Formats of all segments a player may come to, and of what comes next. */
export function listedFormats({ segments }: SegmentWindow, tracks: readonly KeyedTrack[]): readonly TrackFormat[] {
  const seen = new SeenFormats();
  for (const { formats } of segments) seen.add(formats);
  seen.add(tracks.map(({ format }) => format));
  return seen.all;
}

/**
 * Bits per second that the publisher says tracks have; 0 for those it says nothing of. It says it of the first of each
 * kind, which is better than nothing for another video track.
 *
 * @param isUnmeasured nothing has come of the tracks
 */
export function announcedRate(
  tracks: readonly KeyedTrack[],
  hints: MetadataHints | undefined,
  isUnmeasured: boolean,
): number {
  if (hints === undefined) return 0;
  const { videoBitRate, audioBitRate } = hints;
  const rates = tracks.map(({ key, format }) => {
    if (format.kind === 'audio') return key === audioKey(0) ? audioBitRate : 0;
    return key === 0 || isUnmeasured ? videoBitRate : 0;
  });
  return rates.reduce((sum, rate) => sum + rate, 0);
}
