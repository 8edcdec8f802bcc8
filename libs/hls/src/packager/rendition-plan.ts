import type { TrackFormat } from '../track/track-format.js';
import { AUDIO } from '../playlist/playlist-names.js';
import { isAudioKey } from '../track/track-reader.js';

/** A media playlist that is to be: its name and tracks. */
export interface PlannedRendition {
  readonly name: string;
  readonly tracks: ReadonlyArray<readonly [key: number, format: TrackFormat]>;
  /** The one whose key frames say where all are cut. */
  readonly isLeading: boolean;
}

const TS_CODECS: ReadonlySet<string> = new Set(['avc', 'hevc', 'aac', 'mp3', 'ac3', 'eac3']);

/** Whether MPEG-TS can have a track: of AAC, what ADTS can say. */
export function isTsFormat(format: TrackFormat): boolean {
  return TS_CODECS.has(format.codec) && (format.codec !== 'aac' || format.adtsHeader !== undefined);
}

/**
 * Which tracks go into which playlist: one video and one audio track together, as that is half the requests; of more
 * tracks each one alone, so that players can choose. No Chromium takes MP3 in fMP4, and would not show the picture that is
 * with it: it is alone there.
 */
export function planRenditions(
  tracks: ReadonlyArray<readonly [number, TrackFormat]>,
  container: 'fmp4' | 'ts',
): PlannedRendition[] {
  if (tracks.length === 0) return [];
  const sorted = tracks.toSorted(([a], [b]) => a - b);
  const video = sorted.filter(([key]) => !isAudioKey(key));
  const audio = sorted.filter(([key]) => isAudioKey(key));
  const isApart = container === 'fmp4' && video.length > 0 && audio.some(([, { codec }]) => codec === 'mp3');
  if (video.length <= 1 && audio.length <= 1 && !isApart) {
    return [{ name: video.length === 0 ? AUDIO : 'main', tracks: sorted, isLeading: true }];
  }
  const alone =
    (name: string, isLeading: (index: number) => boolean) => (track: (typeof sorted)[0], index: number) => ({
      name: `${name}${index}`,
      tracks: [track],
      isLeading: isLeading(index),
    });
  return [
    ...video.map(alone('video', (index) => index === 0)),
    ...audio.map(alone(AUDIO, (index) => index === 0 && video.length === 0)),
  ];
}
