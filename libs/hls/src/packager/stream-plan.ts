import type { HlsInit, HlsSegment } from '../playlist/segment.js';
import type { PackagerOptions } from './packager-options.js';
import type { Rendition } from './rendition.js';
import type { TrackWriter } from './track-writer.js';

/** What the renditions of a stream have in common. */
export interface StreamPlan {
  readonly options: Readonly<PackagerOptions>;
  /** Seconds; undefined until a playlist has been shown. */
  readonly targetDuration: number | undefined;
  /** When a moment of the stream was, milliseconds since 1970. */
  wallTime(milliseconds: number): number;
  newInit(tracks: readonly TrackWriter[]): HlsInit | undefined;
  onPart(rendition: Rendition): void;
  onSegment(rendition: Rendition, segment: HlsSegment, rest?: HlsSegment): void;
  onRemove(rendition: Rendition, segment: HlsSegment): void;
  /** The leading rendition began a segment there. */
  onBoundary(milliseconds: number): void;
}
