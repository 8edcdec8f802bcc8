import type { AdminStream } from '../../admin/admin-api.js';

/** What a player is given, to tell whether it has become something else: the publish, and its codecs. */
export function mediaOf({ id, tracks }: AdminStream): string {
  return [id, ...tracks.map(({ codec }) => codec)].join(' ');
}

/** Whether there is something of a kind of media: browsers show nothing of a stream that lacks what they were told of. */
export function hasKind({ tracks, incoming }: AdminStream, kind: 'audio' | 'video'): boolean {
  return tracks.some((track) => track.kind === kind) && !incoming.missing.includes(kind);
}

/** Kinds of media that come of a stream, e.g. `audio video`. */
export function kindsOf(stream: AdminStream): string {
  return (['audio', 'video'] as const).filter((kind) => hasKind(stream, kind)).join(' ');
}

/** What the browser says that it cannot decode, of the tracks that are played. */
export function withoutDecoder({ tracks }: AdminStream): string[] {
  // iPhones have none, and play by other means.
  if (typeof MediaSource === 'undefined') return [];
  return tracks
    .filter(({ id, kind, codec }) => id === 0 && !MediaSource.isTypeSupported(`${kind}/mp4; codecs="${codec}"`))
    .map(({ label }) => label);
}
