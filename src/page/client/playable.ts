import type { AdminStream } from '../../admin/admin-api.js';

/** What a player is given, to tell whether it has become something else: the publish, and its codecs. */
export function mediaOf({ id, tracks }: AdminStream): string {
  return [id, ...tracks.map(({ codec }) => codec)].join(' ');
}

/** Kinds of media a stream has, e.g. `audio video`. */
export function kindsOf({ tracks }: AdminStream): string {
  return [...new Set(tracks.map(({ kind }) => kind))].sort().join(' ');
}

/** What the browser says that it cannot decode, of the tracks that are played. */
export function withoutDecoder({ tracks }: AdminStream): string[] {
  // iPhones have none, and play by other means.
  if (typeof MediaSource === 'undefined') return [];
  return tracks
    .filter(({ id, kind, codec }) => id === 0 && !MediaSource.isTypeSupported(`${kind}/mp4; codecs="${codec}"`))
    .map(({ label }) => label);
}
