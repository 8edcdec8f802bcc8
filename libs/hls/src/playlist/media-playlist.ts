import { initName, playlistName, segmentName } from './playlist-names.js';
import type { HlsSegment } from './segment.js';
import type { SegmentWindow } from './segment-window.js';

/** What a media playlist is made of. */
export interface MediaPlaylistSource {
  readonly name: string;
  readonly window: SegmentWindow;
  readonly extension: 'm4s' | 'ts';
  /** Seconds, a whole number. */
  readonly targetDuration: number;
  /** Seconds; undefined without Low-Latency HLS. */
  readonly partTarget: number | undefined;
  /** Segments before are never taken out. */
  readonly isEvent: boolean;
  /** Every segment began with a key frame so far. */
  readonly isIndependent: boolean;
  /** Whether so much is listed that clients may leave out the older part. */
  readonly canSkip: boolean;
  /** The other media playlists of the stream. */
  readonly others: readonly MediaPlaylistSource[];
}

/** How a playlist is asked for. */
export interface RenderOptions {
  /** A delta update (`_HLS_skip`). Defaults to false. */
  readonly isDelta?: boolean;
  /** What is appended to every URI, with its `?`. Defaults to ''. */
  readonly query?: string;
}

/** Target durations behind the end that parts are listed for (bis §6.2.2). */
const PARTS_LISTED = 3;
/** CAN-SKIP-UNTIL in target durations (bis §4.4.3.8). */
export const SKIP_BOUNDARY = 6;
/** PART-HOLD-BACK in part targets: two are a must, three are good (bis §4.4.3.8). */
const PART_HOLD_BACK = 3;

/** Renders a media playlist (RFC 8216 §4.3, bis §4.4). */
export function renderMediaPlaylist(source: MediaPlaylistSource, options: RenderOptions = {}): string {
  const { window, partTarget, extension } = source;
  const { segments } = window;
  const { query = '' } = options;
  const skipped = options.isDelta === true ? skippableSegments(source) : 0;
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${version(extension, partTarget !== undefined || skipped > 0)}`];
  lines.push(`#EXT-X-TARGETDURATION:${source.targetDuration}`);
  if (!window.isEnded) lines.push(`#EXT-X-SERVER-CONTROL:${serverControl(source)}`);
  if (partTarget !== undefined) lines.push(`#EXT-X-PART-INF:PART-TARGET=${decimal(partTarget)}`);
  lines.push(`#EXT-X-MEDIA-SEQUENCE:${window.mediaSequence}`);
  lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${window.discontinuitySequence}`);
  if (source.isEvent) lines.push('#EXT-X-PLAYLIST-TYPE:EVENT');
  if (source.isIndependent) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
  const firstWithParts = partTarget === undefined ? Infinity : firstSegmentWithParts(source);
  let init: HlsSegment['init'];
  for (let i = skipped; i < segments.length; i++) {
    const segment = segments[i]!;
    // Without anything to list it must not leave a tag behind.
    if (!segment.isComplete && (partTarget === undefined || segment.parts.length === 0)) continue;
    if (segment.isDiscontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.init !== undefined && (segment.init !== init || segment.isDiscontinuity)) {
      init = segment.init;
      lines.push(`#EXT-X-MAP:URI="${initName(source.name, init.id)}${query}"`);
    }
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateTime).toISOString()}`);
    if (i >= firstWithParts && !segment.isFolded) addParts(lines, source, segment, query);
    if (!segment.isComplete) continue;
    if (segment.isGap) lines.push('#EXT-X-GAP');
    lines.push(
      `#EXTINF:${decimal(segment.duration)},`,
      `${segmentName(source.name, segment.number, extension)}${query}`,
    );
  }
  if (window.isEnded) lines.push('#EXT-X-ENDLIST');
  else addLiveEdge(lines, source, query);
  lines.push('');
  return lines.join('\n');
}

/** Segments that a delta update leaves out. */
export function skippableSegments({ window, targetDuration, canSkip }: MediaPlaylistSource): number {
  if (!canSkip || window.isEnded) return 0;
  const { segments } = window;
  let behind = 0;
  let index = segments.length;
  while (index > 0 && behind < SKIP_BOUNDARY * targetDuration) behind += segments[--index]!.duration;
  return index;
}

function version(extension: string, isLowLatency: boolean): number {
  if (isLowLatency) return 9;
  return extension === 'ts' ? 6 : 7;
}

function serverControl({ partTarget, canSkip, targetDuration }: MediaPlaylistSource): string {
  const attributes = ['CAN-BLOCK-RELOAD=YES'];
  if (partTarget !== undefined) attributes.push(`PART-HOLD-BACK=${decimal(partTarget * PART_HOLD_BACK)}`);
  if (canSkip) attributes.push(`CAN-SKIP-UNTIL=${decimal(SKIP_BOUNDARY * targetDuration)}`);
  return attributes.join(',');
}

function firstSegmentWithParts({ window, targetDuration }: MediaPlaylistSource): number {
  const { segments } = window;
  let behind = 0;
  let index = segments.length;
  while (index > 0 && behind < PARTS_LISTED * targetDuration) behind += segments[--index]!.duration;
  return index;
}

function addParts(lines: string[], source: MediaPlaylistSource, segment: HlsSegment, query: string): void {
  segment.parts.forEach(({ duration, isIndependent }, index) => {
    const name = segmentName(source.name, segment.number, source.extension, index);
    const independent = isIndependent ? ',INDEPENDENT=YES' : '';
    lines.push(`#EXT-X-PART:DURATION=${decimal(duration)},URI="${name}${query}"${independent}`);
  });
}

function addLiveEdge(lines: string[], source: MediaPlaylistSource, query: string): void {
  const { window, partTarget, extension } = source;
  if (partTarget !== undefined) {
    const hint = segmentName(source.name, window.nextNumber, extension, window.open?.parts.length ?? 0);
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${hint}${query}"`);
  }
  for (const { name, window: other, partTarget: otherParts } of source.others) {
    const { number, part } = lastPosition(other);
    if (number < 0) continue;
    const last = otherParts === undefined || part < 0 ? '' : `,LAST-PART=${part}`;
    const lastNumber = otherParts === undefined ? other.lastNumber : number;
    lines.push(`#EXT-X-RENDITION-REPORT:URI="${playlistName(name)}${query}",LAST-MSN=${lastNumber}${last}`);
  }
}

/** The newest part there is; -1 where there is none. */
export function lastPosition(window: SegmentWindow): { number: number; part: number } {
  const { open } = window;
  if (open !== undefined && open.parts.length > 0) return { number: open.number, part: open.parts.length - 1 };
  const number = window.lastNumber;
  return { number, part: (window.find(number)?.parts.length ?? 0) - 1 };
}

function decimal(seconds: number): string {
  return seconds.toFixed(5);
}
