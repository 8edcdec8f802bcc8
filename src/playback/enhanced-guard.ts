import { fourCcName, MediaFlags, parseAudioTag, parseVideoTag, trackIdOf } from '#lib/flv';
import type { MediaMessage, MediaSelection, MediaSink } from '#lib/live';
import { CapsEx, type ClientCapabilities, takesFourCc } from '#lib/rtmp';

const { Audio, Coded, Enhanced, Multitrack, SequenceHeader, Video } = MediaFlags;

/** What a player that announced so much can be sent: with nothing announced, what RTMP 1.0 knows. */
export function announcedSelection(
  selection: MediaSelection,
  capabilities: ClientCapabilities | undefined,
): MediaSelection {
  const capsEx = capabilities?.capsEx ?? 0;
  return {
    ...selection,
    enhanced: capabilities !== undefined,
    multitrack: (capsEx & CapsEx.Multitrack) !== 0,
  };
}

/**
 * Looks whether a player announced what the first tracks of a stream are in,
 * at the start and whenever that changes. A player would show nothing, or
 * noise, of a codec it does not know, without a word why.
 */
export class EnhancedGuard implements MediaSink {
  #isRefused = false;
  /** Kinds of media that have been looked at: there are codecs without sequence headers. */
  #checked = 0;

  /** @param onRefused called once, at most: what the stream has that the player did not announce */
  constructor(
    private readonly selection: MediaSelection,
    private readonly capabilities: ClientCapabilities | undefined,
    private readonly onRefused: (what: string) => void,
  ) {}

  get isRefused(): boolean {
    return this.#isRefused;
  }

  onMessage({ flags, payload }: MediaMessage): void {
    if ((flags & Enhanced) === 0 || (flags & (SequenceHeader | Coded)) === 0 || trackIdOf(flags) > 0) return;
    const kind = flags & (Audio | Video);
    if ((flags & Coded && this.#checked & kind) || this.#isRefused || !this.#isWanted(kind)) return;
    this.#checked |= kind;
    const name = kind === Audio ? 'audio' : 'video';
    const { tracks } = kind === Audio ? parseAudioTag(payload) : parseVideoTag(payload);
    const fourCc = fourCcName(tracks.find(({ trackId }) => trackId === 0)?.fourCc ?? 0);
    if (this.capabilities === undefined || !takesFourCc(this.capabilities, name, fourCc)) {
      this.#refuse(`${name} in ${fourCc}`);
    } else if (flags & Multitrack && this.selection.multitrack === false) {
      this.#refuse(`${name} in multitrack messages`);
    }
  }

  onEnd(): void {}

  #isWanted(kind: number): boolean {
    return kind === Audio ? this.selection.audio : this.selection.video;
  }

  #refuse(what: string): void {
    this.#isRefused = true;
    this.onRefused(what);
  }
}
