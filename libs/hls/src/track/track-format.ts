import type { PixelAspect } from '#lib/codecs';

/** Video codecs that HLS players can be given, by their names in mediabunny. */
export type VideoCodec = 'avc' | 'hevc' | 'av1' | 'vp9';
/** Audio codecs that HLS players can be given, by their names in mediabunny. */
export type AudioCodec = 'aac' | 'mp3' | 'opus' | 'flac' | 'ac3' | 'eac3';

interface TrackFormatBase {
  /** As CODECS of RFC 6381 says it, e.g. `avc1.64001f`. */
  readonly codecs: string;
  /** Units a second that times of its samples are counted in. */
  readonly timescale: number;
  /** The decoder configuration for the sample entry; undefined for codecs without one. */
  readonly description: Uint8Array | undefined;
}

/** How bright a picture is meant to be, as VIDEO-RANGE says it. */
export type VideoRange = 'SDR' | 'HLG' | 'PQ';

/** What has to be known of a video track before its first sample can be written. */
export interface VideoFormat extends TrackFormatBase {
  readonly kind: 'video';
  readonly codec: VideoCodec;
  /** Pixels that are coded. */
  readonly width: number;
  readonly height: number;
  /** Undefined when pixels are square, or nobody says. */
  readonly pixelAspect: PixelAspect | undefined;
  readonly range: VideoRange;
  /** Pictures per second; undefined when nobody says. */
  readonly frameRate: number | undefined;
  /** Bytes of length before each NAL unit; 0 for codecs without NAL units. */
  readonly nalLengthSize: number;
  /** Parameter sets as NAL units, for MPEG-TS. */
  readonly parameterSets: readonly Uint8Array[];
  /** Samples come with start codes instead of lengths. */
  readonly isAnnexB: boolean;
}

/** What has to be known of an audio track before its first sample can be written. */
export interface AudioFormat extends TrackFormatBase {
  readonly kind: 'audio';
  readonly codec: AudioCodec;
  readonly channels: number;
  readonly sampleRate: number;
  /** Length of every frame in samples; 0 when frames differ. */
  readonly frameLength: number;
  /** Makes what stands before a frame of so many bytes in ADTS; undefined where ADTS cannot say what it is. */
  readonly adtsHeader: ((frameLength: number) => Uint8Array) | undefined;
  /** The first frame, where the sample entry is made from it. */
  readonly firstFrame: Uint8Array | undefined;
}

/** What has to be known of a track before its first sample can be written. */
export type TrackFormat = VideoFormat | AudioFormat;

/** Columns of square pixels that a picture is shown in; its rows are those that are coded. */
export function shownWidth({ width, pixelAspect }: VideoFormat): number {
  if (pixelAspect === undefined) return width;
  return Math.max(1, Math.round((width * pixelAspect.horizontal) / pixelAspect.vertical));
}

/** Whether two formats need the same init segment. */
export function isSameFormat(a: TrackFormat, b: TrackFormat): boolean {
  if (a.codecs !== b.codecs || a.timescale !== b.timescale) return false;
  if (a.description === undefined || b.description === undefined) return a.description === b.description;
  return Buffer.compare(a.description, b.description) === 0;
}
