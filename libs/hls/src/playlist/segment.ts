import type { TrackFormat } from '../track/track-format.js';

/** What players need before the first segment of some configuration: one init segment. */
export interface HlsInit {
  /** Unique among those of a stream. */
  readonly id: number;
  readonly formats: readonly TrackFormat[];
}

/** Part of a segment: of Low-Latency HLS, or a step in which a segment is written. */
export interface HlsPart {
  /** Seconds. */
  readonly duration: number;
  readonly bytes: Uint8Array;
  /** A player can begin to decode somewhere in it. */
  readonly isIndependent: boolean;
}

/** A segment of a media playlist, or what there is of it. */
export interface HlsSegment {
  /** Media sequence number. */
  readonly number: number;
  /** Undefined for MPEG-TS. */
  readonly init: HlsInit | undefined;
  /** Those of the tracks in it. */
  readonly formats: readonly TrackFormat[];
  readonly isDiscontinuity: boolean;
  /** Its first sample is one a player can begin at. */
  readonly isIndependent: boolean;
  /** When its first sample was published, milliseconds since 1970. */
  readonly programDateTime: number;
  /** The parts it consists of, in order; none of a gap. */
  readonly parts: readonly HlsPart[];
  /** Seconds, of all parts so far. */
  readonly duration: number;
  readonly byteLength: number;
  readonly isComplete: boolean;
  /** It was lost, or there was nothing: players are to leave it out. */
  readonly isGap: boolean;
  /** Its parts are not listed: it was complete when the first playlist was shown. */
  readonly isFolded: boolean;
}

/** What is known of a segment when it begins. */
export type SegmentStart = Pick<
  HlsSegment,
  'init' | 'formats' | 'isDiscontinuity' | 'isIndependent' | 'programDateTime'
>;
