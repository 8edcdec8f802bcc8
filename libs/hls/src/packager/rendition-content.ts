import type { RenditionSummary } from '../playlist/multivariant-playlist.js';
import { SeenFormats } from '../playlist/seen-formats.js';
import type { SegmentWindow } from '../playlist/segment-window.js';
import type { MetadataHints } from '../track/metadata-hints.js';
import type { TrackFormat } from '../track/track-format.js';
import { audioKey } from '../track/track-reader.js';
import type { BitRateMeter } from './bit-rate-meter.js';
import type { PackagerOptions } from './packager-options.js';

const MILLISECONDS = 1000;
/** Target durations a playlist lists at least. */
const LEAST_LISTED = 3;

/** What is listed of a rendition. */
interface ListedRendition {
  readonly name: string;
  /** That which leads first. */
  readonly tracks: readonly KeyedTrack[];
  readonly isLeading: boolean;
  readonly window: SegmentWindow;
}

/** A track of a rendition, by its key among all of the stream. */
interface KeyedTrack {
  readonly key: number;
  readonly format: TrackFormat;
}

/**
 * What the multivariant playlist says of a rendition.
 *
 * @param measured pictures per second, as far as known
 * @param hints what the publisher says of its tracks
 */
export function summaryOf(
  { name, tracks, isLeading, window }: ListedRendition,
  bitRates: BitRateMeter,
  measured: number | undefined,
  hints: MetadataHints | undefined,
): RenditionSummary {
  const { format } = tracks[0]!;
  const announced = window.isEnded ? 0 : announcedRate(tracks, hints, bitRates.isEmpty);
  const { peak, average } = bitRates.rates(announced);
  return {
    name,
    formats: listedFormats(window, tracks),
    isAlternative: format.kind === 'audio' && !isLeading,
    frameRate: format.kind === 'video' ? (format.frameRate ?? measured) : undefined,
    peakBitRate: peak,
    averageBitRate: average,
  };
}

/** Seconds of complete segments that are listed: never less than three target durations (RFC 8216 §6.2.2). */
export function listedSeconds({ playlist, window }: PackagerOptions, targetDuration: number): number {
  return playlist === 'event' ? Infinity : Math.max(window / MILLISECONDS, LEAST_LISTED * targetDuration);
}

/** Formats of all segments a player may come to, and of what comes next. */
function listedFormats({ segments }: SegmentWindow, tracks: readonly KeyedTrack[]): readonly TrackFormat[] {
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
function announcedRate(tracks: readonly KeyedTrack[], hints: MetadataHints | undefined, isUnmeasured: boolean): number {
  if (hints === undefined) return 0;
  const { videoBitRate, audioBitRate } = hints;
  const rates = tracks.map(({ key, format }) => {
    if (format.kind === 'audio') return key === audioKey(0) ? audioBitRate : 0;
    return key === 0 || isUnmeasured ? videoBitRate : 0;
  });
  return rates.reduce((sum, rate) => sum + rate, 0);
}
