import type { RecordingRequest } from './recording-storage.js';

/** A file name has at most 255 bytes on all common file systems; the time and the suffixes need the rest. */
const MAX_SEGMENT_BYTES = 120;

/** What Windows takes for a device whatever stands behind a dot; and what programs take for an option or a home. */
const MISREAD = /^(?:[-~]|(?:con|prn|aux|nul|(?:com|lpt)[\d¹²³])(?:\.|$))/iu;

/** Suffix of a file that is being written: who writes it. */
const PART_OWNER = /\.(\d+)@([^@]*)\.part$/u;
/** Behind the name of the stream: the time of {@link fileTime}, and a number when the name was taken. */
const TIME = /-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)(?:-\d+)?$/u;

/** The folders and the base name, without extension, of a recording: all safe to join to a directory. */
export function recordingPathSegments(request: RecordingRequest): string[] {
  const segments = [request.app, ...request.name.split('/')].map(safeSegment);
  segments.push(`${segments.pop()}-${fileTime(request.startedAt)}`);
  return segments;
}

/** The parts of a stream's path as those of a file's, joined by slashes. */
export function recordingFolder(parts: readonly string[]): string {
  return parts.map(safeSegment).join('/');
}

/** What the path of a recording says about it: the other way round than {@link recordingPathSegments}. */
export function parseRecordingId(id: string): { app: string; name: string; startedAt: number | undefined } {
  const slash = id.indexOf('/');
  const stem = id.slice(slash + 1).replace(/\.[^./]*$/u, '');
  const app = slash < 0 ? '' : id.slice(0, slash);
  const time = TIME.exec(stem);
  if (time === null) return { app, name: stem, startedAt: undefined };
  return { app, name: stem.slice(0, time.index), startedAt: parseFileTime(time[1]!) };
}

/** The other way round than {@link fileTime}; undefined when it is no time. */
export function parseFileTime(text: string): number | undefined {
  const time = Date.parse(text.replace(/^([^T]*T\d\d)-(\d\d)-/u, '$1:$2:'));
  return Number.isNaN(time) || fileTime(time) !== text ? undefined : time;
}

/** Who writes a file whose name ends so: a process and its host. */
export function partOwner(name: string): { pid: number; host: string } | undefined {
  const owner = PART_OWNER.exec(name);
  return owner === null ? undefined : { pid: Number(owner[1]), host: owner[2]! };
}

/** The name that a file has when it is complete; undefined for a part of unknown origin. */
export function withoutPartSuffix(name: string): string | undefined {
  if (!name.endsWith('.part')) return name;
  return PART_OWNER.test(name) ? name.replace(PART_OWNER, '') : undefined;
}

/**
 * One part of a stream's path as one part of a file's. Everything that some
 * file system or shell reads as more than a name becomes `_`, or has one in
 * front where it is a whole name (`con`) or its beginning (`-`, `~`); two names
 * that become one are told apart by the storage, which never overwrites.
 */
export function safeSegment(text: string): string {
  const safe = Array.from(text.normalize('NFC'), (character) => (isSafe(character) ? character : '_')).join('');
  const cut = cutBytes(safe, MAX_SEGMENT_BYTES).replace(/[. ]+$/u, '');
  if (MISREAD.test(cut)) return `_${cut}`;
  return cut === '' || cut.startsWith('.') ? `_${cut.replace(/^\.+/u, '')}` : cut;
}

function isSafe(character: string): boolean {
  return /^[\p{L}\p{N}\p{M}._~@+=-]$/u.test(character);
}

function cutBytes(text: string, limit: number): string {
  let bytes = 0;
  let result = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > limit) break;
    result += character;
  }
  return result;
}

/** ISO 8601 in UTC without the colons that Windows forbids. */
export function fileTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replaceAll(':', '-');
}
