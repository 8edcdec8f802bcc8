import { type CodecName, isAudioKey } from './track-reader.js';

/** Codecs that MP4 can hold once their sequence header has come. */
const CONFIGURED: ReadonlySet<string> = new Set(['h264', 'hevc', 'av1', 'vp9', 'aac', 'opus', 'flac']);

/** Whether a track without a format may get one, by a sequence header. */
export function mayBeConfigured(codec: CodecName): boolean {
  return CONFIGURED.has(codec);
}

/** A track in words for the log: `audio in opus`. */
export function describeTrack(key: number, codec: string): string {
  return `${isAudioKey(key) ? 'audio' : 'video'} in ${codec}`;
}

/** A track without a format, and why it has none. */
export function describeUnknownTrack(key: number, codec: CodecName): string {
  const what = describeTrack(key, codec);
  return mayBeConfigured(codec) ? `${what} whose configuration is missing or cannot be used` : what;
}
