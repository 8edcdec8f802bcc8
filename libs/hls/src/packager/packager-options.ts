/** How streams are cut. */
export interface PackagerOptions {
  /** Length of segments in milliseconds; they end at the first key frame behind it. Defaults to 2000. */
  segmentDuration: number;
  /**
   * Longest segment in milliseconds: one is cut without a key frame when none comes, and players have to wait for the
   * next to begin. Defaults to 10,000.
   */
  maxSegmentDuration: number;
  /** Length of the parts of Low-Latency HLS in milliseconds, rounded up to whole frames; 0 for none. Defaults to 500. */
  partDuration: number;
  /** Milliseconds of complete segments that playlists list, at least; never less than three target durations. Defaults to 12,000. */
  window: number;
  /** 'live' takes segments out of playlists, 'event' never does. Defaults to 'live'. */
  playlist: 'live' | 'event';
  /** fMP4 takes all codecs; MPEG-TS has no parts and takes H.264, HEVC, AAC, MP3 and AC-3. Defaults to 'fmp4'. */
  container: 'fmp4' | 'ts';
  /** Bytes of segments of each rendition kept in memory; beyond, the oldest go, and an event ends. Defaults to 128 MiB. */
  maxBytes: number;
}

/** Defaults of {@link PackagerOptions}. */
export const DEFAULT_PACKAGER_OPTIONS: Readonly<PackagerOptions> = Object.freeze({
  segmentDuration: 2000,
  maxSegmentDuration: 10_000,
  partDuration: 500,
  window: 12_000,
  playlist: 'live',
  container: 'fmp4',
  maxBytes: 128 * 1024 * 1024,
});
