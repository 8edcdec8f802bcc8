import { constants, gzipSync } from 'node:zlib';

/** A playlist as it is sent: its text, and the same in gzip when that is worth it. */
export interface PlaylistText {
  readonly plain: Uint8Array;
  /** Packs it for the first who asks, and keeps it. */
  readonly gzip: (() => Uint8Array) | undefined;
}

/** Shorter ones fit into one packet as they are. */
const LEAST_PACKED = 1024;
/** Playlists repeat themselves so much that more does not make them shorter. */
const LEVEL = constants.Z_BEST_SPEED;

/** A playlist that many will ask for. */
export function sharedPlaylist(plain: Uint8Array): PlaylistText {
  let packed: Uint8Array | undefined;
  const gzip = (): Uint8Array => (packed ??= gzipSync(plain, { level: LEVEL }));
  return { plain, gzip: plain.length < LEAST_PACKED ? undefined : gzip };
}

/** A playlist that one viewer asks for: packing it would cost more than it saves. */
export function ownPlaylist(plain: Uint8Array): PlaylistText {
  return { plain, gzip: undefined };
}
