import { type ListedSegment, type MediaPlaylist, parseMediaPlaylist, playlistLines } from './playlist-tags.js';

/*
 * What RFC 8216 and its second edition (bis) ask of playlists, over a series of them as a player got them. It knows nothing of how ours are made.
 */

/** Tags a media playlist has at most once (RFC 8216 §4.3). */
const ONCE = [
  'EXTM3U',
  'EXT-X-VERSION',
  'EXT-X-TARGETDURATION',
  'EXT-X-MEDIA-SEQUENCE',
  'EXT-X-DISCONTINUITY-SEQUENCE',
  'EXT-X-ENDLIST',
  'EXT-X-PLAYLIST-TYPE',
  'EXT-X-INDEPENDENT-SEGMENTS',
  'EXT-X-SERVER-CONTROL',
  'EXT-X-PART-INF',
  'EXT-X-SKIP',
];
const KNOWN = new Set([
  ...ONCE,
  '',
  'EXTINF',
  'EXT-X-MAP',
  'EXT-X-DISCONTINUITY',
  'EXT-X-GAP',
  'EXT-X-PROGRAM-DATE-TIME',
  'EXT-X-PART',
  'EXT-X-PRELOAD-HINT',
  'EXT-X-RENDITION-REPORT',
]);
/** What rounding to five digits can do to the sum of a few parts. */
const ROUNDING = 0.0002;
/** Seconds the wall clock of a playlist may differ from its durations. */
const CLOCK_TOLERANCE = 0.05;

/** Checks media playlists of one rendition as they come; `problems` says what is wrong with them. */
export class PlaylistChecker {
  readonly problems: string[] = [];
  readonly #segments = new Map<number, ListedSegment>();
  #last: MediaPlaylist | undefined;
  #count = 0;

  /** Looks at the next playlist; not to be older than the one before. */
  add(text: string): MediaPlaylist {
    const playlist = parseMediaPlaylist(text);
    this.#count++;
    this.#checkForm(text, playlist);
    this.#checkSegments(playlist);
    this.#checkParts(playlist);
    this.#checkControl(playlist);
    if (this.#last !== undefined) this.#checkChange(this.#last, playlist);
    for (const segment of playlist.segments) this.#remember(segment);
    this.#last = playlist;
    return playlist;
  }

  #fail(rule: string, what: string): void {
    this.problems.push(`playlist ${this.#count}: ${what} (${rule})`);
  }

  #checkForm(text: string, playlist: MediaPlaylist): void {
    const { lines, version, targetDuration, segments } = playlist;
    if (!text.startsWith('#EXTM3U\n')) this.#fail('§4.3.1.1', 'does not begin with #EXTM3U');
    if (!text.endsWith('\n')) this.#fail('§4.1', 'does not end with a line');
    for (const { tag } of lines) if (!KNOWN.has(tag)) this.#fail('§4.1', `has the tag ${tag}`);
    for (const once of ONCE) {
      if (lines.filter(({ tag }) => tag === once).length > 1) this.#fail('§4.3.3', `has ${once} more than once`);
    }
    if (!Number.isSafeInteger(targetDuration)) this.#fail('§4.3.3.1', 'has no whole target duration');
    const needs = (least: number, why: string) => {
      if (version < least) this.#fail('§7', `has version ${version}, ${why} needs ${least}`);
    };
    if (lines.some(({ tag }) => tag === 'EXT-X-MAP')) needs(6, 'EXT-X-MAP');
    if (playlist.skipped > 0) needs(9, 'EXT-X-SKIP');
    if (segments.some(({ duration = 1 }) => !Number.isInteger(duration))) needs(3, 'a decimal EXTINF');
    const firstSegment = lines.findIndex(({ tag }) => tag === 'EXTINF' || tag === 'EXT-X-PART');
    for (const tag of ['EXT-X-MEDIA-SEQUENCE', 'EXT-X-DISCONTINUITY-SEQUENCE']) {
      const at = lines.findIndex((line) => line.tag === tag);
      if (firstSegment >= 0 && at > firstSegment) this.#fail('§4.3.3.2', `has ${tag} behind the first segment`);
    }
    const isOrphan = (tag: string, index: number) => tag === 'EXTINF' && lines[index + 1]?.tag !== '';
    if (lines.some(({ tag }, index) => isOrphan(tag, index))) this.#fail('§4.3.2.1', 'has an EXTINF without a URI');
  }

  #checkSegments({ segments, targetDuration, mediaSequence, isEnded, lines }: MediaPlaylist): void {
    const complete = segments.filter(({ uri }) => uri !== undefined);
    for (const { duration, number } of complete) {
      if (duration === undefined || !(duration > 0)) this.#fail('§4.3.2.1', `segment ${number} has no duration`);
      else if (Math.round(duration) > targetDuration) {
        this.#fail('§4.3.3.1', `segment ${number} has ${duration} s, the target duration is ${targetDuration}`);
      }
    }
    const uris = complete.map(({ uri }) => uri);
    if (new Set(uris).size !== uris.length) this.#fail('§3', 'lists a URI twice');
    const listed = complete.reduce((sum, { duration = 0 }) => sum + duration, 0);
    const isSliding = mediaSequence > 0 && !isEnded && lines.every(({ tag }) => tag !== 'EXT-X-SKIP');
    if (isSliding && listed < 3 * targetDuration) {
      this.#fail('§6.2.2', `lists ${listed.toFixed(3)} s, less than three target durations`);
    }
    let clock: number | undefined;
    for (const { programDateTime, duration, isDiscontinuity, number } of segments) {
      if (programDateTime !== undefined && clock !== undefined && !isDiscontinuity) {
        const off = (programDateTime - clock) / 1000;
        if (Math.abs(off) > CLOCK_TOLERANCE)
          this.#fail('bis §4.4.4.6', `the clock of segment ${number} is off by ${off} s`);
      }
      const begin = programDateTime ?? clock;
      clock = begin === undefined ? undefined : begin + (duration ?? 0) * 1000;
    }
  }

  #checkParts({ segments, partTarget, isEnded, preloadHint, lines }: MediaPlaylist): void {
    const hints = lines.filter(({ tag }) => tag === 'EXT-X-PRELOAD-HINT');
    if (partTarget === undefined) {
      if (segments.some(({ parts }) => parts.length > 0)) this.#fail('bis §4.4.3.7', 'has parts but no PART-TARGET');
      return;
    }
    if (hints.filter(({ attributes }) => attributes.get('TYPE') === 'PART').length > 1) {
      this.#fail('bis §4.4.5.3', 'has more than one hint of a part');
    }
    if (isEnded && hints.length > 0) this.#fail('bis §4.4.5.3', 'has a hint behind its end');
    segments.forEach((segment, index) => {
      const { parts, duration, uri, number } = segment;
      const next = segments[index + 1];
      parts.forEach((part, at) => {
        const isLast = at === parts.length - 1;
        if (part.duration > partTarget + 1e-9) {
          this.#fail('bis §4.4.3.7', `part ${number}.${at} has ${part.duration} s, PART-TARGET is ${partTarget}`);
        }
        const mayBeShort =
          part.isIndependent ||
          part.isGap ||
          parts[at + 1]?.isGap === true ||
          (isLast && (uri !== undefined || next !== undefined));
        if (!mayBeShort && !isLast && part.duration < partTarget * 0.85) {
          this.#fail('bis §4.4.3.7', `part ${number}.${at} has ${part.duration} s, less than 85 % of ${partTarget}`);
        }
      });
      const sum = parts.reduce((total, part) => total + part.duration, 0);
      if (uri !== undefined && parts.length > 0 && Math.abs(sum - duration!) > ROUNDING) {
        this.#fail('bis §4.4.4.9', `the parts of segment ${number} have ${sum} s, it has ${duration}`);
      }
      if (uri === undefined && index !== segments.length - 1)
        this.#fail('bis §4.4.4.9', `segment ${number} is never ended`);
    });
    const uris = segments.flatMap(({ parts }) => parts.map(({ uri }) => uri));
    if (new Set(uris).size !== uris.length) this.#fail('bis §4.4.4.9', 'lists a part twice');
    if (preloadHint !== undefined && uris.includes(preloadHint))
      this.#fail('bis §4.4.5.3', 'hints at a part that is there');
  }

  #checkControl({ control, partTarget, targetDuration }: MediaPlaylist): void {
    const value = (name: string) => (control.has(name) ? Number(control.get(name)) : undefined);
    const hold = value('PART-HOLD-BACK');
    if (partTarget !== undefined && control.size > 0 && (hold === undefined || hold < 2 * partTarget)) {
      this.#fail('bis §4.4.3.8', `PART-HOLD-BACK is ${hold}, PART-TARGET ${partTarget}`);
    }
    if ((value('HOLD-BACK') ?? Infinity) < 3 * targetDuration) this.#fail('bis §4.4.3.8', 'HOLD-BACK is too small');
    if ((value('CAN-SKIP-UNTIL') ?? Infinity) < 6 * targetDuration)
      this.#fail('bis §4.4.3.8', 'CAN-SKIP-UNTIL is too small');
  }

  #checkChange(before: MediaPlaylist, now: MediaPlaylist): void {
    if (before.isEnded && now.segments.length !== before.segments.length) this.#fail('§6.2.1', 'changes after its end');
    if (now.targetDuration !== before.targetDuration) this.#fail('§6.2.1', 'changes its target duration');
    if (before.partTarget !== undefined && now.partTarget !== before.partTarget)
      this.#fail('bis §4.4.3.7', 'changes PART-TARGET');
    if (now.mediaSequence < before.mediaSequence) this.#fail('§6.2.2', 'goes back in its media sequence');
    const gone = before.segments.filter(({ number, isDiscontinuity }) => isDiscontinuity && number < now.mediaSequence);
    const expected = before.discontinuitySequence + gone.length;
    if (before.skipped === 0 && now.discontinuitySequence !== expected) {
      this.#fail('§6.2.2', `has discontinuity sequence ${now.discontinuitySequence}, not ${expected}`);
    }
    const end = before.segments.findLast(({ uri }) => uri !== undefined)?.number;
    const first = now.mediaSequence;
    if (end !== undefined && first > end + 1)
      this.#fail('§6.2.2', `begins at ${first}, ${end} was the last: some were never listed`);
    const lastNow = now.segments.at(-1)?.number ?? now.mediaSequence;
    if (lastNow < (before.segments.at(-1)?.number ?? 0)) this.#fail('§6.2.1', 'has lost its newest segments');
  }

  /** What has been listed stays as it was (§6.2.1). */
  #remember(segment: ListedSegment): void {
    const known = this.#segments.get(segment.number);
    this.#segments.set(segment.number, segment);
    if (known === undefined) return;
    const { number } = segment;
    if (known.uri !== undefined) {
      for (const name of ['uri', 'duration', 'isDiscontinuity', 'isGap', 'programDateTime'] as const) {
        if (segment[name] !== known[name]) this.#fail('§6.2.1', `${name} of segment ${number} changes`);
      }
    }
    known.parts.forEach((part, index) => {
      const now = segment.parts[index];
      // Parts of older segments may be left out, all of them.
      if (now === undefined && segment.parts.length === 0 && segment.uri !== undefined) return;
      if (JSON.stringify(now) !== JSON.stringify(part)) this.#fail('§6.2.1', `part ${number}.${index} changes`);
    });
  }
}

/** What is wrong with a multivariant playlist (RFC 8216 §4.3.4). */
export function multivariantProblems(text: string): string[] {
  const lines = playlistLines(text);
  const problems: string[] = [];
  if (!text.startsWith('#EXTM3U\n')) problems.push('does not begin with #EXTM3U');
  const groups = new Set(
    lines.filter(({ tag }) => tag === 'EXT-X-MEDIA').map(({ attributes }) => attributes.get('GROUP-ID')),
  );
  const variants = lines.filter(({ tag }) => tag === 'EXT-X-STREAM-INF');
  if (variants.length === 0) problems.push('has no variant');
  for (const variant of variants) {
    const get = (name: string) => variant.attributes.get(name);
    if (!/^[1-9][0-9]*$/u.test(get('BANDWIDTH') ?? '')) problems.push('a variant has no BANDWIDTH');
    if (Number(get('AVERAGE-BANDWIDTH') ?? 0) > Number(get('BANDWIDTH')))
      problems.push('AVERAGE-BANDWIDTH is above BANDWIDTH');
    if ((get('CODECS') ?? '') === '') problems.push('a variant has no CODECS');
    if (get('RESOLUTION') !== undefined && !/^[1-9]\d*x[1-9]\d*$/u.test(get('RESOLUTION')!))
      problems.push('RESOLUTION is none');
    if (get('FRAME-RATE') !== undefined && !/^\d+\.\d{3}$/u.test(get('FRAME-RATE')!))
      problems.push('FRAME-RATE is none');
    if (get('AUDIO') !== undefined && !groups.has(get('AUDIO'))) problems.push('AUDIO names a group that is not there');
    if (lines[lines.indexOf(variant) + 1]?.tag !== '') problems.push('a variant has no URI');
  }
  const isDefault = lines.filter(({ attributes }) => attributes.get('DEFAULT') === 'YES');
  if (isDefault.length > groups.size) problems.push('a group has more than one default');
  return problems;
}
