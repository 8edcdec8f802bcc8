import { BYTES_PER_KEYFRAME, finishedMetadata } from './file-metadata.js';
import type { KeyframePlace } from './keyframe-index.js';
import type { PublisherMetadata } from './publisher-metadata.js';
import type { RecordingBook } from './recording-book.js';
import { paddedLength, padOnMetaData, writeOnMetaData } from '../script/write-on-meta-data.js';

/**
 * The final onMetaData in the room that was left for it. When it is too much, as with many further tracks, the index
 * of key frames thins out, then the tracks go undescribed. Undefined when it does not fit even so.
 */
export function fitMetadata(
  book: RecordingBook,
  publisher: PublisherMetadata,
  creator: string,
  fileSize: number,
  room: number,
): Uint8Array | undefined {
  let keyframes = indexOf(book, Infinity);
  let trackMaps = true;
  for (;;) {
    const encoded = writeOnMetaData(finishedMetadata(book, publisher, creator, { fileSize, keyframes, trackMaps }));
    const excess = paddedLength(encoded) - room;
    if (excess <= 0) return padOnMetaData(encoded, room);
    if (keyframes.length > 0) keyframes = indexOf(book, keyframes.length - Math.ceil(excess / BYTES_PER_KEYFRAME));
    else if (trackMaps) trackMaps = false;
    else return undefined;
  }
}

/**
 * At the head stands the sequence header, where there is one: yamdi and flvtool write it so, and mpegts.js skips the
 * first entry because of it.
 */
function indexOf({ configuration, keyframes }: RecordingBook, limit: number): readonly KeyframePlace[] {
  const head = configuration === undefined ? [] : [configuration];
  const places = keyframes.places(limit - head.length);
  return places.length === 0 ? [] : [...head, ...places];
}
