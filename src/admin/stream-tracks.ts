import { MediaFlags } from '#lib/flv';
import type { LiveStream, MediaMessage } from '#lib/live';
import { announcedPicture, describeTracks } from '../tracks/describe-tracks.js';
import type { AdminTrack } from './admin-api.js';

/** The tracks of a live stream, as far as it has said what they are. A configuration that cannot be read names its codec. */
export function tracksOf(stream: LiveStream): AdminTrack[] {
  const tracks = new Map<string, AdminTrack>();
  const add = (found: readonly AdminTrack[]) => {
    for (const track of found) {
      const key = `${track.kind} ${track.id}`;
      if (!tracks.has(key)) tracks.set(key, track);
    }
  };
  const metadata = announcedPicture(stream.metadata);
  for (const { flags, payload } of stream.configurations) {
    if (flags & MediaFlags.SequenceHeader) add(describeTracks(flags, payload, metadata));
  }
  // Old codecs have no configuration: their messages say what they are.
  if (needsMessages(stream, tracks)) {
    stream.gopCache.forEach(({ flags, payload }: MediaMessage) => {
      if (flags & MediaFlags.Coded && !(flags & MediaFlags.Empty)) add(describeTracks(flags, payload, metadata));
    });
  }
  return [...tracks.values()].sort((a, b) => b.kind.localeCompare(a.kind) || a.id - b.id);
}

function needsMessages({ counters }: LiveStream, tracks: ReadonlyMap<string, AdminTrack>): boolean {
  const kinds = new Set([...tracks.values()].map(({ kind }) => kind));
  return (counters.videoMessages > 0 && !kinds.has('video')) || (counters.audioMessages > 0 && !kinds.has('audio'));
}
