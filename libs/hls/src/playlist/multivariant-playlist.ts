import { shownWidth, type TrackFormat, type VideoFormat, type VideoRange } from '../track/track-format.js';
import { playlistName } from './playlist-names.js';

/** A media playlist as the multivariant playlist speaks of it. */
export interface RenditionSummary {
  readonly name: string;
  /** What its segments have between them: more than one of a kind where the publisher changed it on the way. */
  readonly formats: readonly TrackFormat[];
  /** An audio track beside the video: no variant of its own. */
  readonly isAlternative: boolean;
  /** Pictures per second, as far as known. */
  readonly frameRate: number | undefined;
  /** Bits per second: the most of any segment, and of all of them. */
  readonly peakBitRate: number;
  readonly averageBitRate: number;
}

const AUDIO_GROUP = 'audio';
/** What has some of one of them is said to be of it, whatever else it has (RFC 8216bis §4.4.6.2). */
const RANGES: readonly VideoRange[] = ['PQ', 'HLG', 'SDR'];

/**
 * Renders the multivariant playlist (RFC 8216 §4.3.4). VIDEO-RANGE is left out where all is SDR, which is what players take
 * it for then.
 *
 * @param base put in front of every URI, with its `/` at the end
 * @param query appended to every URI, with its `?`
 */
export function renderMultivariantPlaylist(renditions: readonly RenditionSummary[], base: string, query = ''): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7'];
  const variants = renditions.filter(({ isAlternative }) => !isAlternative);
  const alternatives = renditions.filter(({ isAlternative }) => isAlternative);
  alternatives.forEach(({ name, formats }, index) => {
    const most = Math.max(0, ...formats.map((format) => (format.kind === 'audio' ? format.channels : 0)));
    const channels = most > 0 ? `,CHANNELS="${most}"` : '';
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${AUDIO_GROUP}",NAME="Audio ${index + 1}",DEFAULT=${yesNo(index === 0)},` +
        `AUTOSELECT=YES${channels},URI="${base}${playlistName(name)}${query}"`,
    );
  });
  const loudest = (of: 'peakBitRate' | 'averageBitRate') => Math.max(0, ...alternatives.map((one) => one[of]));
  const audioCodecs = alternatives.flatMap(({ formats }) => formats.map(({ codecs }) => codecs));
  const isSdr = variants.every(({ formats }) => rangeOf(formats) === 'SDR');
  for (const { name, formats, frameRate, peakBitRate, averageBitRate } of variants) {
    const codecs = [...new Set([...formats.map((format) => format.codecs), ...audioCodecs])];
    const attributes = [
      `BANDWIDTH=${Math.ceil(peakBitRate + loudest('peakBitRate'))}`,
      `AVERAGE-BANDWIDTH=${Math.ceil(averageBitRate + loudest('averageBitRate'))}`,
      `CODECS="${codecs.join(',')}"`,
    ];
    const videos = videoOf(formats);
    if (videos.length > 0) {
      const largest = videos.reduce((one, other) => (areaOf(other) > areaOf(one) ? other : one));
      const rates = [frameRate, ...videos.map((video) => video.frameRate)].filter((rate) => rate !== undefined);
      attributes.push(`RESOLUTION=${shownWidth(largest)}x${largest.height}`);
      if (rates.length > 0) attributes.push(`FRAME-RATE=${Math.max(...rates).toFixed(3)}`);
      if (!isSdr) attributes.push(`VIDEO-RANGE=${rangeOf(formats)}`);
    }
    if (alternatives.length > 0) attributes.push(`AUDIO="${AUDIO_GROUP}"`);
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, `${base}${playlistName(name)}${query}`);
  }
  lines.push('');
  return lines.join('\n');
}

function videoOf(formats: readonly TrackFormat[]): VideoFormat[] {
  return formats.filter((format) => format.kind === 'video');
}

function areaOf(format: VideoFormat): number {
  return shownWidth(format) * format.height;
}

function rangeOf(formats: readonly TrackFormat[]): VideoRange {
  const found = videoOf(formats).map(({ range }) => range);
  return RANGES.find((range) => found.includes(range)) ?? 'SDR';
}

function yesNo(value: boolean): string {
  return value ? 'YES' : 'NO';
}
