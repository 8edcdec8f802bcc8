import type { RecordingRequest } from './recording-storage.js';

/** A file name has at most 255 bytes on all common file systems; the time and the suffixes need the rest. */
const MAX_SEGMENT_BYTES = 120;

/** The folders and the base name, without extension, of a recording: all safe to join to a directory. */
export function recordingPathSegments(request: RecordingRequest): string[] {
  const segments = [request.app, ...request.name.split('/')].map(safeSegment);
  segments.push(`${segments.pop()}-${fileTime(request.startedAt)}`);
  return segments;
}

/**
 * One part of a stream's path as one part of a file's. Everything that some
 * file system or shell reads as more than a name becomes `_`; two names that
 * become one are told apart by the storage, which never overwrites.
 */
export function safeSegment(text: string): string {
  const safe = Array.from(text.normalize('NFC'), (character) => (isSafe(character) ? character : '_')).join('');
  const cut = cutBytes(safe, MAX_SEGMENT_BYTES).replace(/[. ]+$/u, '');
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
function fileTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replaceAll(':', '-');
}
