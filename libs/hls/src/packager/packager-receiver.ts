import type { HlsInit, HlsSegment } from '../playlist/segment.js';
import type { Rendition } from './rendition.js';

/** Why playlists can not go on: there are other tracks than players know of, or an event has more than is kept of it. */
export type OutgrownReason = 'tracks' | 'bytes';

/** Told about what a packager makes. */
export interface PackagerReceiver {
  /** An init segment is needed: its tracks. It is in playlists at once. */
  onInit?(init: HlsInit): void;
  /** A playlist has something new in it. */
  onPart?(rendition: Rendition): void;
  /**
   * A segment is complete, or there is none of its number: a gap.
   *
   * @param rest the last of all, which goes on where that ends and may have no key frame
   */
  onSegment?(rendition: Rendition, segment: HlsSegment, rest?: HlsSegment): void;
  /** A segment is in no playlist any more and need not be kept. */
  onRemove?(rendition: Rendition, segment: HlsSegment): void;
  /**
   * The playlists can not go on: nothing more is taken, and `end()` of the packager is to be called. Another packager makes playlists
   * of what follows.
   */
  onOutgrown?(reason: OutgrownReason): void;
  /** Something of the stream can be in no playlist: `audio in speex`. Told once. */
  onLeftOut?(what: string): void;
}
