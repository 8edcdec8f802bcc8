import type { RecordingBook } from './recording-book.js';
import type { TrackBook } from './track-book.js';

/** Bytes to overwrite in a file. */
export interface FlvPatch {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** What a track of a file is. */
export interface FlvTrackSummary {
  readonly kind: 'audio' | 'video';
  /** 0 for the default track. */
  readonly trackId: number;
  /** Legacy CodecID or SoundFormat, or FourCC as a number; undefined when nothing could be read. */
  readonly codecId: number | undefined;
  readonly frames: number;
  /** Bytes of its tags. */
  readonly bytes: number;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly sampleRate?: number | undefined;
  readonly channels?: number | undefined;
}

/** What a file has in it. */
export interface FlvFigures {
  /** From the first frame to the end of the last one, in milliseconds. */
  readonly duration: number;
  /** In bytes. */
  readonly fileSize: number;
  /** Latest timestamp, in milliseconds. */
  readonly lastTimestamp: number;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** All key frames of the default track, whether the index has room for them or not. */
  readonly keyframes: number;
  readonly tracks: readonly FlvTrackSummary[];
}

/** What a file has in it, and how to make its head say so. */
export interface FlvSummary extends FlvFigures {
  readonly patches: readonly FlvPatch[];
}

/** The figures of a file from its books. */
export function summarize(book: RecordingBook, fileSize: number): FlvFigures {
  const { duration, lastTimestamp, hasAudio, hasVideo, keyframes } = book;
  const tracks = [
    ...[book.video, ...book.moreVideo.values()].map((track) => describe('video', track)),
    ...[book.audio, ...book.moreAudio.values()].map((track) => describe('audio', track)),
  ].filter(({ frames }) => frames > 0);
  return { duration, fileSize, lastTimestamp, hasAudio, hasVideo, keyframes: keyframes.seen, tracks };
}

function describe(kind: 'audio' | 'video', { trackId, codecId, frames, bytes, details }: TrackBook): FlvTrackSummary {
  const { width, height, sampleRate, channels } = details;
  const format = kind === 'video' ? { width, height } : { sampleRate, channels };
  return { kind, trackId, codecId, frames, bytes, ...format };
}
