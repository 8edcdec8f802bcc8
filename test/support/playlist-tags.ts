/** A line of a playlist that is not blank: a tag with its attributes, or a URI. */
export interface PlaylistLine {
  /** `EXT-X-PART` and the like; '' for a URI. */
  readonly tag: string;
  /** What stands behind the colon, or the URI. */
  readonly value: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** Takes a playlist apart (RFC 8216 §4.1, §4.2); comments are left out. */
export function playlistLines(text: string): PlaylistLine[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\r$/u, ''))
    .filter((line) => line !== '' && !/^#(?!EXT)/u.test(line))
    .map((line) => {
      if (!line.startsWith('#')) return { tag: '', value: line, attributes: new Map() };
      const [, tag = '', value = ''] = /^#([^:]+):?(.*)$/u.exec(line)!;
      return { tag, value, attributes: attributesOf(value) };
    });
}

function attributesOf(value: string): Map<string, string> {
  const pairs = value.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)/gu);
  return new Map([...pairs].map(([, name = '', text = '']) => [name, text.replaceAll('"', '')]));
}

/** A part as a playlist lists it. */
export interface ListedPart {
  readonly uri: string;
  readonly duration: number;
  readonly isIndependent: boolean;
  readonly isGap: boolean;
}

/** A segment as a playlist lists it; the last may be one of which there are only parts. */
export interface ListedSegment {
  readonly number: number;
  /** Undefined while it is not complete. */
  readonly uri: string | undefined;
  readonly duration: number | undefined;
  readonly parts: readonly ListedPart[];
  readonly isDiscontinuity: boolean;
  readonly isGap: boolean;
  /** The EXT-X-MAP that holds for it; '' without one. */
  readonly map: string;
  /** Milliseconds; undefined where it is not said. */
  readonly programDateTime: number | undefined;
}

/** A media playlist, taken apart. */
export interface MediaPlaylist {
  readonly lines: readonly PlaylistLine[];
  readonly version: number;
  readonly targetDuration: number;
  readonly partTarget: number | undefined;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly skipped: number;
  readonly segments: readonly ListedSegment[];
  readonly preloadHint: string | undefined;
  readonly control: ReadonlyMap<string, string>;
  readonly reports: ReadonlyArray<ReadonlyMap<string, string>>;
  readonly isEnded: boolean;
}

/** Takes a media playlist apart; what it lacks is NaN or undefined. */
export function parseMediaPlaylist(text: string): MediaPlaylist {
  const lines = playlistLines(text);
  const find = (tag: string) => lines.find((line) => line.tag === tag);
  const number = (tag: string, otherwise = Number.NaN) => Number(find(tag)?.value ?? otherwise);
  const attribute = (tag: string, name: string) => find(tag)?.attributes.get(name);
  const skipped = Number(attribute('EXT-X-SKIP', 'SKIPPED-SEGMENTS') ?? 0);
  const partTarget = attribute('EXT-X-PART-INF', 'PART-TARGET');
  const mediaSequence = number('EXT-X-MEDIA-SEQUENCE', 0);
  return {
    lines,
    version: number('EXT-X-VERSION', 1),
    targetDuration: number('EXT-X-TARGETDURATION'),
    partTarget: partTarget === undefined ? undefined : Number(partTarget),
    mediaSequence,
    discontinuitySequence: number('EXT-X-DISCONTINUITY-SEQUENCE', 0),
    skipped,
    segments: segmentsOf(lines, mediaSequence + skipped),
    preloadHint: attribute('EXT-X-PRELOAD-HINT', 'URI'),
    control: find('EXT-X-SERVER-CONTROL')?.attributes ?? new Map(),
    reports: lines.filter(({ tag }) => tag === 'EXT-X-RENDITION-REPORT').map(({ attributes }) => attributes),
    isEnded: find('EXT-X-ENDLIST') !== undefined,
  };
}

type OpenSegment = { -readonly [K in keyof ListedSegment]: ListedSegment[K] };

function segmentsOf(lines: readonly PlaylistLine[], first: number): ListedSegment[] {
  const segments: ListedSegment[] = [];
  let map = '';
  let parts: ListedPart[] = [];
  const blank = (): OpenSegment => ({
    number: first + segments.length,
    uri: undefined,
    duration: undefined,
    parts,
    isDiscontinuity: false,
    isGap: false,
    map,
    programDateTime: undefined,
  });
  let open = blank();
  for (const { tag, value, attributes } of lines) {
    if (tag === 'EXT-X-MAP') open.map = map = attributes.get('URI') ?? '';
    else if (tag === 'EXT-X-DISCONTINUITY') open.isDiscontinuity = true;
    else if (tag === 'EXT-X-GAP') open.isGap = true;
    else if (tag === 'EXT-X-PROGRAM-DATE-TIME') open.programDateTime = Date.parse(value);
    else if (tag === 'EXTINF') open.duration = Number.parseFloat(value);
    else if (tag === 'EXT-X-PART') parts.push(partOf(attributes));
    else if (tag === '') {
      segments.push({ ...open, uri: value });
      parts = [];
      open = blank();
    }
  }
  if (parts.length > 0) segments.push(open);
  return segments;
}

function partOf(attributes: ReadonlyMap<string, string>): ListedPart {
  return {
    uri: attributes.get('URI') ?? '',
    duration: Number(attributes.get('DURATION')),
    isIndependent: attributes.get('INDEPENDENT') === 'YES',
    isGap: attributes.get('GAP') === 'YES',
  };
}
