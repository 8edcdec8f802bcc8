import type { HlsSegment, Rendition } from '#lib/hls';

/** Where complete segments of a broadcast go. */
export interface HlsSegmentKeeper {
  /** Bytes that wait to be written. */
  readonly pendingBytes: number;
  /**
   * A segment is complete, or a gap.
   *
   * @param rest the last of all, which goes on where that ends and may have no key frame
   */
  put(rendition: Rendition, segment: HlsSegment, rest?: HlsSegment): void;
  /** The bytes of a segment that is not in memory; undefined when it is not kept. */
  get(rendition: Rendition, segment: HlsSegment): Promise<readonly Uint8Array[] | undefined>;
  /** No playlist has it any more. */
  remove(rendition: Rendition, segment: HlsSegment): void;
  /** Nothing follows. */
  end(): void;
  /** Nobody sees the broadcast any more. Resolves when everything is written. */
  dispose(): Promise<void>;
}

/** Target durations a segment stays in memory, for as long as playlists have its parts. */
const TARGET_DURATIONS_IN_MEMORY = 4;

/** Takes segments out of memory that are kept elsewhere and whose parts are not listed any more. */
export function releaseKept({ window, targetDuration }: Rendition, isKept: (segment: HlsSegment) => boolean): void {
  let behind = 0;
  for (let i = window.segments.length - 1; i >= 0; i--) {
    const segment = window.segments[i]!;
    const isOld = behind > TARGET_DURATIONS_IN_MEMORY * targetDuration;
    if (isOld && segment.parts.length > 0 && isKept(segment)) window.release(segment.number);
    behind += segment.duration;
  }
}
