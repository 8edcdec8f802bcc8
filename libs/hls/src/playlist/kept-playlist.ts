import { initName, segmentName } from './playlist-names.js';
import type { HlsInit, HlsSegment } from './segment.js';

/*
 * Playlists of a broadcast that is kept. While it goes on its media playlists are of type EVENT and only grow at their
 * end, so that what a crash leaves is one that plays; when it has ended they become VOD. What the end needs to know is
 * in comments, so that it can be reached from the text alone, by another process too.
 */

/** A kept playlist that has been finished. */
export interface FinishedPlaylist {
  readonly text: string;
  /** Seconds of its segments. */
  readonly duration: number;
  /** Bytes of its segments, as far as known. */
  readonly bytes: number;
}

const FACTS = /^## bytes=([0-9]{1,15}) independent=([01])$/u;
const TARGET_DURATION = '#EXT-X-TARGETDURATION:';
const TYPE = '#EXT-X-PLAYLIST-TYPE:';
const DURATION = '#EXTINF:';
const GAP = '#EXT-X-GAP';
const INDEPENDENT = '#EXT-X-INDEPENDENT-SEGMENTS';
const END = '#EXT-X-ENDLIST';

/**
 * The beginning of a media playlist that is to grow.
 *
 * @param longest seconds that no segment exceeds, rounded
 * @param first number of its first segment
 */
export function keptPlaylistHead(extension: 'm4s' | 'ts', longest: number, first: number): string {
  const version = extension === 'ts' ? 6 : 7;
  return `#EXTM3U\n#EXT-X-VERSION:${version}\n${TARGET_DURATION}${longest}\n#EXT-X-MEDIA-SEQUENCE:${first}\n${TYPE}EVENT\n`;
}

/**
 * What is added to a media playlist for a complete segment.
 *
 * @param before the segment in front of it; undefined for the first one of the playlist
 */
export function keptPlaylistEntry(
  { name, extension }: { readonly name: string; readonly extension: string },
  segment: HlsSegment,
  before: { readonly init: HlsInit | undefined } | undefined,
): string {
  const { init, isDiscontinuity, isIndependent, isGap } = segment;
  const lines = [`## bytes=${segment.byteLength} independent=${Number(isIndependent)}`];
  if (isDiscontinuity && before !== undefined) lines.push('#EXT-X-DISCONTINUITY');
  if (init !== undefined && (init !== before?.init || isDiscontinuity)) {
    lines.push(`#EXT-X-MAP:URI="${initName(name, init.id)}"`);
  }
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateTime).toISOString()}`);
  if (isGap) lines.push(GAP);
  lines.push(`#EXTINF:${segment.duration.toFixed(5)},`, segmentName(name, segment.number, extension), '');
  return lines.join('\n');
}

/**
 * Makes a playlist of type VOD of one that grew; what stands behind its last whole segment is left out.
 *
 * @returns undefined when it has no segment, or is none of ours
 */
export function finishPlaylist(text: string): FinishedPlaylist | undefined {
  const kept: string[] = [];
  /** Of a segment whose name has not come yet. */
  let entry: string[] = [];
  let [duration, bytes, longest, media] = [0, 0, 1, 0];
  let [seconds, size, isKey, isGap, isIndependent] = [0, 0, true, false, true];
  for (let from = 0, to = text.indexOf('\n'); to >= 0; from = to + 1, to = text.indexOf('\n', from)) {
    const line = text.slice(from, to);
    if (line === END) return media === 0 ? undefined : { text, duration, bytes };
    if (line.startsWith('## ')) {
      const facts = FACTS.exec(line);
      [size, isKey] = [Number(facts?.[1] ?? 0), facts?.[2] !== '0'];
      continue;
    }
    entry.push(line);
    if (line.startsWith(DURATION)) seconds = Number.parseFloat(line.slice(DURATION.length));
    else if (line === GAP) isGap = true;
    if (line.startsWith('#')) continue;
    kept.push(...entry);
    entry = [];
    duration += seconds;
    bytes += size;
    longest = Math.max(longest, Math.round(seconds));
    isIndependent &&= isKey;
    if (!isGap) media++;
    [seconds, size, isKey, isGap] = [0, 0, true, false];
  }
  if (media === 0) return undefined;
  const head = kept.findIndex((line) => line.startsWith(TYPE));
  const target = kept.findIndex((line) => line.startsWith(TARGET_DURATION));
  if (head < 0 || target < 0) return undefined;
  kept[target] = `${TARGET_DURATION}${longest}`;
  kept[head] = isIndependent ? `${TYPE}VOD\n${INDEPENDENT}` : `${TYPE}VOD`;
  return { text: `${kept.join('\n')}\n${END}\n`, duration, bytes };
}

/** Which stream a broadcast was of; the names of a storage may not say it exactly. */
export interface KeptStream {
  readonly app: string;
  readonly name: string;
}

const STREAM = /^#EXT-X-SESSION-DATA:DATA-ID="nest-rtmp\.stream",VALUE="app=([^&"]*)&name=([^&"]*)"$/mu;

/** The multivariant playlist of a broadcast that is to be kept. */
export function keptMultivariant(text: string, { app, name }: KeptStream): string {
  const value = `app=${encodeURIComponent(app)}&name=${encodeURIComponent(name)}`;
  return `${text}#EXT-X-SESSION-DATA:DATA-ID="nest-rtmp.stream",VALUE="${value}"\n`;
}

/** The stream that a multivariant playlist was of; undefined when it does not say. */
export function keptStream(multivariant: string): KeptStream | undefined {
  const [, app, name] = STREAM.exec(multivariant) ?? [];
  if (app === undefined || name === undefined) return undefined;
  try {
    return { app: decodeURIComponent(app), name: decodeURIComponent(name) };
  } catch {
    return undefined;
  }
}

/** What a broadcast that is kept has in all. */
export interface KeptTotals {
  /** Seconds. */
  readonly duration: number;
  /** Bytes of its segments. */
  readonly bytes: number;
}

const TOTALS = /^#EXT-X-SESSION-DATA:DATA-ID="nest-rtmp\.recording",VALUE="duration=([0-9.]+),bytes=([0-9]+)"$/mu;

/**
 * Finishes the multivariant playlist of a broadcast that is kept: its totals say that it is whole.
 *
 * @param playlists the media playlists there are; others are left out
 */
export function finishMultivariant(text: string, playlists: ReadonlySet<string>, totals: KeptTotals): string {
  const lines = text.split('\n').filter((line) => line !== '' && !TOTALS.test(line));
  const kept = lines.filter((line, index) => {
    const alternative = /^#EXT-X-MEDIA:.*URI="([^"]*)"$/u.exec(line)?.[1];
    if (alternative !== undefined) return playlists.has(alternative);
    if (line.startsWith('#EXT-X-STREAM-INF:')) return playlists.has(lines[index + 1] ?? '');
    return line.startsWith('#') || playlists.has(line);
  });
  const hasAlternatives = kept.some((line) => line.startsWith('#EXT-X-MEDIA:'));
  const whole = hasAlternatives ? kept : kept.map((line) => line.replace(/,AUDIO="[^"]*"$/u, ''));
  const value = `duration=${totals.duration.toFixed(3)},bytes=${totals.bytes}`;
  return [...whole, `#EXT-X-SESSION-DATA:DATA-ID="nest-rtmp.recording",VALUE="${value}"`, ''].join('\n');
}

/** What a multivariant playlist says about the broadcast; undefined when that was not finished. */
export function keptTotals(multivariant: string): KeptTotals | undefined {
  const totals = TOTALS.exec(multivariant);
  return totals === null ? undefined : { duration: Number(totals[1]), bytes: Number(totals[2]) };
}

/** The media playlists that a multivariant playlist names. */
export function playlistsOf(multivariant: string): string[] {
  return multivariant.split('\n').flatMap((line) => {
    if (line !== '' && !line.startsWith('#')) return [line];
    return /^#EXT-X-MEDIA:.*URI="([^"]*)"$/u.exec(line)?.[1] ?? [];
  });
}

/**
 * A playlist of a broadcast that is kept, for one viewer.
 *
 * @param base put in front of every URI
 * @param query appended to every URI, with its `?`
 */
export function addressUris(text: string, base: string, query: string): string {
  if (base === '' && query === '') return text;
  const address = (uri: string): string => `${base}${uri}${query}`;
  return text
    .split('\n')
    .map((line) => {
      if (line === '') return line;
      if (!line.startsWith('#')) return address(line);
      if (!/^#EXT-X-(?:MAP|MEDIA):/u.test(line)) return line;
      return line.replace(/URI="([^"]*)"/u, (_all, uri: string) => `URI="${address(uri)}"`);
    })
    .join('\n');
}
